"""Every SQL model gives the same rows on Spark as on DuckDB."""

from __future__ import annotations

from pathlib import Path

from recsys.engine import manifest
from tests.backends.spark.compared import differences
from tests.given import build_sql
from tests.parquet import converted


def test_every_model_is_the_same_on_both_engines(on_duckdb: Path, on_spark: Path) -> None:
    assert differences(on_duckdb, on_spark) == []
    ran = {name: one.row_count for name, one in manifest.read(on_spark).items()}
    assert ran == {name: one.row_count for name, one in manifest.read(on_duckdb).items()}


def test_a_directory_of_parquet_is_staged_on_spark(
    cluster: str, small_warehouse: Path, tmp_path: Path
) -> None:
    data = converted(small_warehouse, tmp_path / "data")
    for engine, given in {"duckdb": {}, "spark": {"engine": "spark", "spark_master": cluster}}.items():
        build_sql(data, tmp_path / f"{engine}.duckdb", selected=("staging.*",), **given)
    assert differences(tmp_path / "duckdb.duckdb", tmp_path / "spark.duckdb") == []
