"""What every learned model must do, whatever it learns."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from recsys.project import Project
from recsys.project.contract import Context
from recsys.sources.directory import OPTIONAL
from tests.learners import world
from tests.learners.pipeline import CLASSIFIERS, LEARNED, learned
from tests.relations import held

Warehouse = duckdb.DuckDBPyConnection

# EASE takes a rating of any height for a sign that the user met the item; here low ones say the opposite.
MISTAKES = {"ease": 40}

every_model = pytest.mark.parametrize("model", LEARNED)


@every_model
def test_one_finite_score_for_each_candidate(planted: Warehouse, model: str) -> None:
    assert_scores_every_candidate(planted, model)


@every_model
def test_ranks_the_planted_world_as_its_labels_say(planted: Warehouse, model: str) -> None:
    (mistakes,) = planted.execute(
        f"""
        with ranked as (
            select *, row_number() over (partition by user_id order by score desc) as rank from scores.{model}
        )
        select count(*) from ranked
        inner join staging.truth using (user_id, track_id)
        where (rank <= 3) <> (label = 1)
        """
    ).fetchall()[0]
    assert mistakes <= MISTAKES.get(model, 0)


@every_model
def test_neither_truth_nor_held_out_labels_change_a_score(
    planted: Warehouse, poisoned: Warehouse, model: str
) -> None:
    """The second run also shows that the same seed gives the same scores."""
    held_out = "where user_id in (select user_id from features.folds where fold = 0)"
    judged = held_out if model in CLASSIFIERS else ""
    query = f"select score from scores.{model} {judged} order by user_id, track_id"
    before, after = (connection.execute(query).fetchnumpy()["score"] for connection in (planted, poisoned))
    assert len(before)
    assert after == pytest.approx(before, abs=1e-6)


@pytest.mark.parametrize("model", CLASSIFIERS)
def test_other_labels_do_change_a_score(planted: Warehouse, poisoned: Warehouse, model: str) -> None:
    """Else the test above would pass for a model that reads no label at all."""
    query = f"select score from scores.{model} order by user_id, track_id"
    before, after = (connection.execute(query).fetchnumpy()["score"] for connection in (planted, poisoned))
    assert abs(before - after).max() > 1e-3


def test_models_that_promise_to_tune_within_folds_do_so() -> None:
    """The ensembles are in tests/learners/ensembles: their labels are turned round there."""
    promising = {m.name for m in Project.load().models.values() if m.header.get("labels")}
    proven = {*CLASSIFIERS, "stacked_ensemble", "ensemble"}
    assert promising == {f"scores.{model}" for model in proven}


def test_no_learned_model_descends_from_the_truth() -> None:
    project = Project.load(present=OPTIONAL)
    graph = project.graph()
    reached = {"staging.truth"}
    for name, rendered in graph.items():
        if reached & set(project.parents(rendered)):
            reached.add(name)
    assert not reached & {
        name for name, rendered in graph.items() if rendered.call and rendered.call.is_learner
    }


@pytest.fixture(scope="module")
def odd(context: Context, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Five users and a few ratings, none of an album; user 5 rated nothing, candidate 99 is on no list."""
    files = {
        "trackData2.txt": "1|10|20|30\n2|10|20\n3|None|None\n4|11|21|30\n",
        "albumData2.txt": "10|20\n11|21\n",
        "artistData2.txt": "20\n21\n",
        "genreData2.txt": "30\n",
        "trainItem2.txt": "1|2\n2\t90\n20\t80\n2|1\n3\t50\n3|2\n21\t0\n30\t100\n4|1\n20\t100\n5|0\n",
        "testItem2.txt": "".join(f"{user}|2\n{first}\n{second}\n" for user, first, second in ODD_CANDIDATES),
        "test2_new.txt": "".join(
            f"{user}|{first}|1\n{user}|{second}|0\n" for user, first, second in ODD_CANDIDATES[:3]
        ),
    }
    return learned(files, tmp_path_factory.mktemp("odd"), context)


ODD_CANDIDATES = [(1, 1, 4), (2, 1, 2), (3, 4, 1), (4, 1, 99), (5, 3, 4)]


@pytest.mark.parametrize("model", [name for name in LEARNED if name != "ranker"])  # no validation users
def test_tiny_data_a_user_without_ratings_and_a_level_without_ratings(odd: Warehouse, model: str) -> None:
    assert_scores_every_candidate(odd, model)


def assert_scores_every_candidate(connection: Warehouse, model: str) -> None:
    counts = connection.execute(
        f"""
        select
            count(*), count(distinct (user_id, track_id)), count(score) filter (isfinite(score)),
            (select count(*) from staging.candidates),
            (select count(*) from staging.candidates semi join scores.{model} using (user_id, track_id))
        from scores.{model}
        """
    ).fetchall()[0]
    assert counts is not None
    assert len(set(counts)) == 1


def test_too_few_labels_leave_the_classifiers_out(
    planted: Warehouse, context: Context, tmp_path: Path
) -> None:
    from recsys.errors import UnavailableError
    from recsys.learners.classifiers import learner as classifiers

    examples = planted.sql("from features.examples").to_arrow_table()
    labels = planted.sql("from staging.labels where user_id <= 2").to_arrow_table()
    folds = planted.sql("select user_id, fold from features.folds where user_id <= 2").to_arrow_table()
    with pytest.raises(UnavailableError, match="at least three folds"):
        inputs = held({"examples": examples, "labels": labels, "folds": folds})
        classifiers.decision_tree(inputs, {"grid": {}, "solver": "local"}, context)


def test_world_flips_labels() -> None:
    assert world.flipped("1|2|0\n3|4|1\n", {3}) == "1|2|0\n3|4|0\n"
