"""Labels that a learner does not see of the users whom it scores, and what is judged of one that saw them."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from types import ModuleType

import duckdb
import pyarrow as pa
import pytest

from recsys.engine.folds import cross_validate
from recsys.errors import BuildError
from recsys.project.contract import Context
from tests.given import build_sql, headed

SQL = Path(__file__).parents[2] / "sql"
SCORES = {"key": "user_id, track_id", "rows": "staging.candidates"}
CANDIDATES = pa.table({"user_id": [1, 1, 2, 2, 3, 3], "track_id": [1, 2, 1, 2, 1, 2]})
LABELS = pa.table({"user_id": [1, 1, 2, 2], "track_id": [1, 2, 1, 2], "label": [1, 0, 1, 0]})
FOLDS = pa.table({"user_id": [1, 2], "fold": [0, 1]})


def memorise(inputs, settings, context):
    """Scores a candidate by its label where that is known, and says how many labels it saw."""
    labels = inputs["labels"].arrow().to_pylist()
    known = {(row["user_id"], row["track_id"]): row["label"] for row in labels}
    candidates = inputs["candidates"].arrow().select(["user_id", "track_id"])
    score = [float(known.get(tuple(row.values()), 0.5)) for row in candidates.to_pylist()]
    return {
        "scores.made": candidates.append_column("score", [score]),
        "features.seen": pa.table({"n": [len(labels)]}),
    }


class Table:
    def __init__(self, table):
        self.table = table

    def arrow(self):
        return self.table


def made(learner, tmp_path):
    inputs, labels = {"candidates": Table(CANDIDATES)}, ("labels", LABELS)
    return cross_validate(learner, inputs, labels, FOLDS, {}, Context(scratch=tmp_path), "scores.made")


def test_no_user_is_scored_by_labels_of_the_own_fold(tmp_path):
    tables = made(memorise, tmp_path)
    assert tables["scores.made"].to_pydict() == {**CANDIDATES.to_pydict(), "score": [0.5] * 6}
    assert tables["features.seen"].to_pydict() == {"n": [4]}


def test_labels_of_other_folds_are_seen(tmp_path):
    def average(inputs, settings, context):
        labels = inputs["labels"].arrow()["user_id"].to_pylist()
        return {"scores.made": CANDIDATES.append_column("score", [[float(sum(labels))] * 6])}

    assert made(average, tmp_path)["scores.made"]["score"].to_pylist() == [4.0, 4.0, 2.0, 2.0, 6.0, 6.0]


def test_a_learner_without_scores_is_refused(tmp_path):
    with pytest.raises(BuildError, match="wrote no scores.made with the columns user_id, track_id, score"):
        made(lambda inputs, settings, context: {"scores.made": LABELS.select(["label"])}, tmp_path)


@pytest.fixture
def build(tmp_path, small_data, small_warehouse, monkeypatch):
    """Builds a model of scores/ of one's own, and answers a query of the warehouse."""
    module = ModuleType("recsys.learners.made")
    module.memorise = lambda *arguments: {"scores.made": memorise(*arguments)["scores.made"]}
    monkeypatch.setitem(sys.modules, module.__name__, module)
    sql = Path(shutil.copytree(SQL, tmp_path / "sql"))
    warehouse = Path(shutil.copy(small_warehouse, tmp_path / "w.duckdb"))

    def run(text, query, **options):
        (sql / "scores" / "made.sql").write_text(headed(text, **SCORES))
        build_sql(small_data, warehouse, sql=sql, **options)
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            return connection.execute(query).fetchall()

    return run


def test_a_learner_gets_labels_cross_validate(build):
    call = "{{ learner('made.memorise', candidates=ref('staging.candidates'), labels=cross_validated(ref('staging.labels'))) }}"
    selected = {"sql_only": False, "selected": ("+scores.made",)}
    query = "select distinct score from scores.made"
    assert build(f"-- materialized: table\n{call}", query, **selected) == [(0.5,)]


def test_who_saw_all_labels_is_judged_by_users_without(build):
    text = (
        "select c.user_id, c.track_id, coalesce(l.label, 0.5) as score from {{ ref('staging.candidates') }} as c "
        "left join {{ ref('staging.labels') }} as l on c.user_id = l.user_id and c.track_id = l.track_id"
    )
    query = "select users, evaluated_on from marts.leaderboard where model = 'made'"
    assert build(text, query) == [(1, "truth2.txt, users without labels")]
    judged = "select distinct user_id from marts.user_accuracy where model = 'made'"
    assert build(text, judged) == [(101,)]
