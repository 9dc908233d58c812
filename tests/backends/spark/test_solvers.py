"""``make build CLASSIFIERS=spark``: Spark ML trains the classifiers and ALS on this machine, and rows say so."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys.backends.duckdb.connection import reading
from recsys.serving.leaderboard import leaderboard, trained_by_spark
from tests.given import build_sql, write_directory
from tests.learners import world
from tests.learners.pipeline import QUICK

SPARK = ("classifiers.solver=spark", "als.solver=spark")
TRAINED = {
    *("als_raw_blend", "als_rank_blend", "als_normalized_blend"),
    *("decision_tree", "logistic_regression", "gradient_boosted_trees", "random_forest"),
}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("solvers")
    data = write_directory(folder / "data", world.planted())
    options = {"sql_only": False, "paper": True, "overrides": (*QUICK, *SPARK)}
    reporter = build_sql(data, folder / "w.duckdb", **options)
    assert not reporter.missing
    return folder / "w.duckdb"


def test_the_leaderboard_has_the_paper_and_says_what_spark_trained(warehouse: Path) -> None:
    with reading(warehouse) as connection:
        rows = leaderboard(connection)
    assert len(rows) == 14
    assert {row["model"] for row in rows if row["solver"] == "spark"} == TRAINED
    assert {row["solver"] for row in rows if row["model"] not in TRAINED} == {None}
    sentence = trained_by_spark(rows)
    assert sentence is not None
    assert all(model in sentence for model in TRAINED)


def test_models_of_spark_are_as_good_as_the_planted_world_allows(warehouse: Path) -> None:
    with reading(warehouse) as connection:
        accuracies = {row["model"]: row["accuracy"] for row in leaderboard(connection)}
    assert min(accuracies[model] for model in TRAINED) >= 0.95
