"""Every SQL model gives the same rows on Spark as on DuckDB, and what people ask of a warehouse is answered."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

import recsys
from recsys.engine import record
from recsys.engine.duckdb import reading
from tests.engine.spark.compared import differences
from tests.given import build_sql
from tests.sources.test_parquet import converted


def test_every_model_is_the_same_on_both_engines(on_duckdb: Path, on_spark: Path) -> None:
    assert differences(on_duckdb, on_spark) == []
    ran = {name: one.row_count for name, one in record.read(on_spark).items()}
    assert ran == {name: one.row_count for name, one in record.read(on_duckdb).items()}


def test_a_directory_of_parquet_is_staged_on_spark(
    cluster: str, small_warehouse: Path, tmp_path: Path
) -> None:
    data = converted(small_warehouse, tmp_path / "data")
    selected = "+staging.audit", "staging.*"
    for engine, given in {"duckdb": {}, "spark": {"engine": "spark", "spark_master": cluster}}.items():
        build_sql(data, tmp_path / f"{engine}.duckdb", selected=selected, **given)
    assert differences(tmp_path / "duckdb.duckdb", tmp_path / "spark.duckdb") == []


def test_the_warehouse_answers(on_duckdb: Path, on_spark: Path) -> None:
    """Lists from the catalogue, explanations, submissions: the library is what the commands call."""
    answers = []
    for path in (on_duckdb, on_spark):
        with recsys.open(path) as warehouse:
            user, track = warehouse.sql(
                "select user_id, track_id from staging.candidates limit 1"
            ).fetchall()[0]
            answers.append(
                [
                    warehouse.leaderboard().fetchall(),
                    warehouse.explain(user, track).fetchall(),
                    warehouse.recommend([user], k=5).fetchall(),
                    warehouse.sql("from submission('adaptive')").fetchall(),
                ]
            )
    assert answers[0] == answers[1]


def test_a_guarded_reader_sees_the_store_and_nothing_else(on_spark: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")
    with recsys.open(on_spark) as warehouse:
        expected = warehouse.sql("select count(*) from staging.ratings").fetchall()
    with reading(on_spark, guarded=True) as connection:
        assert connection.sql("select count(*) from staging.ratings").fetchall() == expected
        with pytest.raises(duckdb.PermissionException):
            connection.sql(f"from read_csv('{tmp_path}/secret.csv')").fetchall()
