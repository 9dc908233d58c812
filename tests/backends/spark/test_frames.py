"""Relations of DuckDB as frames: the same rows, in as many partitions as the learners expect."""

from __future__ import annotations

from pathlib import Path

from recsys.backends.duckdb.database import Writer
from recsys.backends.spark import session as spark_session
from recsys.project.contract import Context
from tests.backends.numbers import ROWS


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
