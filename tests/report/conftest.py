"""A warehouse with everything that a section of the report can be made from."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from tests.browser import browser

__all__ = ["browser"]

TRICKY = "</script><b>.csv"

IMPORTANCE = "model varchar, feature varchar, importance double"
WEIGHTS = "name varchar, kind varchar, weight double, accuracy double, origin varchar"
COVERAGE = "level varchar, source varchar, candidates bigint, share double"
LISTS = (
    "model varchar, ndcg double, lower double, upper double, recall double, recall_50 double, coverage double, "
    "users integer, group_letter varchar, is_chosen boolean"
)
LEARNED = {
    f"marts.list_leaderboard ({LISTS})": [
        ("ease", 0.31, 0.29, 0.33, 0.2, 0.4, 0.5, 40, "A", True),
        ("ials", 0.305, 0.28, 0.32, 0.2, 0.4, 0.6, 40, "A", False),
        ("popularity", 0.1, 0.08, 0.12, 0.1, 0.2, 0.05, 40, "B", False),
        ("trending", None, None, None, None, None, None, 40, None, False),
    ],
    f"marts.feature_importance ({IMPORTANCE})": [
        ("random_forest", "genre_mean", 0.7),
        ("random_forest", "album_score", 0.3),
    ],
    f"marts.ensemble_weights ({WEIGHTS})": [
        ("adaptive", "model", 0.8, 0.75, "estimated"),
        (TRICKY, "submission", -0.1, 0.7, "published"),
        ("again.csv", "submission", None, 0.7, "published"),
    ],
    f"features.als_coverage ({COVERAGE})": [("album", "als", 3, 0.75), ("album", "global", 1, 0.25)],
}


@pytest.fixture(scope="session")
def plain_warehouse(small_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the small warehouse: DuckDB opens a file once in a process, and others have that one open.

    It has no ensemble, and classifiers that have learned nothing.
    """
    warehouse = tmp_path_factory.mktemp("plain") / "plain.duckdb"
    shutil.copyfile(small_warehouse, warehouse)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("drop table if exists marts.ensemble_weights")
        connection.execute(f"create or replace table marts.feature_importance ({IMPORTANCE})")
    return warehouse


@pytest.fixture(scope="session")
def learned_warehouse(small_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small warehouse, with stand-ins for what learners and ensembles write."""
    warehouse = tmp_path_factory.mktemp("learned") / "learned.duckdb"
    shutil.copyfile(small_warehouse, warehouse)
    with duckdb.connect(str(warehouse)) as connection:
        for table, rows in LEARNED.items():
            connection.execute(f"create or replace table {table}")
            marks = ", ".join("?" for _ in rows[0])
            connection.executemany(f"insert into {table.split()[0]} values ({marks})", rows)
    return warehouse
