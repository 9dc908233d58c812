"""Relations of DuckDB as frames: the same rows, in as many partitions as the learners expect."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from recsys.backends.database import Limits
from recsys.backends.duckdb.database import Writer
from recsys.backends.spark import session as spark_session
from recsys.project.contract import Context

ROWS = 3000


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    writer = Writer(tmp_path / "w.duckdb", Limits(2, "500MB"), tmp_path / "spill")
    writer.prepare(["features"])
    writer.create(
        "features.numbers", "table", f"select {ROWS} - n as n, n * 0.5 as half from range({ROWS}) as t(n)"
    )
    yield writer
    writer.close()


def test_a_relation_is_the_same_on_spark(cluster: str, writer: Writer, tmp_path: Path) -> None:
    relation = writer.relation("features.numbers", ["n"])
    frame = relation.frame(Context(scratch=tmp_path))
    assert frame.rdd.getNumPartitions() == spark_session.PARTITIONS
    table = relation.arrow()
    assert table.num_rows == ROWS
    assert spark_session.collect(frame).sort_by("n").equals(table)


def test_an_empty_relation_travels_to_spark(cluster: str, writer: Writer, tmp_path: Path) -> None:
    writer.create("features.none", "table", "select n from features.numbers where n < 0")
    assert writer.relation("features.none", ["n"]).frame(Context(scratch=tmp_path)).count() == 0
