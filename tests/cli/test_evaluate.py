"""``recsys evaluate``: what it prints and keeps, until a build changes what it judged."""

from __future__ import annotations

import json
import shutil

import duckdb
import pytest

from recsys.backends.database import Limits
from recsys.cli.commands.evaluate import evaluate
from recsys.engine.additions import add
from recsys.errors import UsageError
from tests.given import build_sql, write_directory


@pytest.fixture
def warehouse(small_warehouse, tmp_path):
    return shutil.copy(small_warehouse, tmp_path / "warehouse.duckdb")


def test_it_judges_each_model_and_keeps_the_figures(warehouse, capsys):
    evaluate.main(["-k", "5", "--warehouse", str(warehouse), "--json"], standalone_mode=False)
    printed = json.loads(capsys.readouterr().out)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        kept = connection.execute("from marts.ranking_quality").fetchall()
        liked = connection.execute(
            "select count(distinct user_id) from staging.truth where label = 1"
        ).fetchone()
    assert [tuple(row.values()) for row in printed] == kept
    assert "affinity" in {row["model"] for row in printed}
    assert {row["k"] for row in printed} == {5}
    assert {row["users"] for row in printed} == {liked[0]}
    for row in printed:
        assert 0 <= row["value"] <= 1
        if row["metric"] != "coverage":
            assert row["lower"] <= row["value"] <= row["upper"]


def test_without_a_truth_there_is_nothing_to_judge_by(tmp_path):
    data = write_directory(tmp_path / "data", {
        "trackData2.txt": "1|None|None\n2|None|None\n",
        "trainItem2.txt": "1|1\n1\t90\n",
        "testItem2.txt": "1|2\n1\n2\n",
    })  # fmt: skip
    build_sql(data, tmp_path / "none.duckdb")
    with pytest.raises(
        UsageError, match="no held-out likes to evaluate on; import the ratings with --holdout 3"
    ):
        evaluate.main(["--warehouse", str(tmp_path / "none.duckdb")], standalone_mode=False)


def test_a_model_that_cannot_score_any_pair_is_refused(warehouse):
    before = warehouse.read_bytes()
    with pytest.raises(UsageError, match="ease: no such model; choose from adaptive, affinity"):
        evaluate.main(["--warehouse", str(warehouse), "--model", "ease"], standalone_mode=False)
    assert warehouse.read_bytes() == before


def test_nothing_but_what_is_measured_is_added(warehouse):
    with pytest.raises(ValueError, match="expected one of marts.ranking_quality"):
        add(warehouse, "marts.leaderboard", None, Limits())


def test_a_build_that_changes_something_drops_what_was_measured(tmp_path):
    data = write_directory(tmp_path / "data", {
        "trackData2.txt": "1|None|None\n2|None|None\n3|None|None\n",
        "trainItem2.txt": "1|1\n3\t90\n2|2\n3\t90\n1\t80\n",
        "testItem2.txt": "1|2\n1\n2\n",
        "truth2.txt": "1|1|1\n1|2|0\n",
    })  # fmt: skip
    warehouse = tmp_path / "one.duckdb"

    def kept():
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            return connection.execute(
                "select count(*) from duckdb_tables() where table_name = 'ranking_quality'"
            ).fetchone()[0]

    build_sql(data, warehouse)
    evaluate.main(["--warehouse", str(warehouse), "--json"], standalone_mode=False)
    build_sql(data, warehouse)  # nothing changed
    assert kept() == 1
    build_sql(data, warehouse, overrides=("bayes.confidence=20.0",))
    assert kept() == 0
