"""The database of a build: what Python models read from it, and that nothing else opens DuckDB."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

import recsys.engine
from recsys import spark
from recsys.engine.database import EngineError, Limits
from recsys.engine.duckdb import Writer
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


def test_a_relation_is_the_same_as_a_table_in_batches_and_on_spark(writer: Writer, tmp_path: Path) -> None:
    relation = writer.relation("features.numbers", ["n"])
    table = relation.arrow()
    assert table["n"].to_pylist() == list(range(1, ROWS + 1))
    pieces = list(relation.batches(rows=1000))
    assert pa.Table.from_batches(pieces).equals(table)
    assert len(pieces) > 1
    frame = relation.frame(Context(scratch=tmp_path, memory_bytes=1 << 30))
    assert frame.rdd.getNumPartitions() == spark.PARTITIONS
    assert spark.collect(frame).sort_by("n").equals(table)


def test_an_empty_relation_travels_too(writer: Writer, tmp_path: Path) -> None:
    writer.create("features.none", "table", "select n from features.numbers where n < 0")
    relation = writer.relation("features.none", ["n"])
    assert relation.arrow().num_rows == 0
    assert list(relation.batches()) == []
    assert relation.frame(Context(scratch=tmp_path, memory_bytes=1 << 30)).count() == 0


def test_a_measure_counts_rows_and_gaps_and_tells_content_apart(writer: Writer) -> None:
    writer.create("features.a", "table", "select * from (values (1, null), (2, 3)) as t(x, y)")
    writer.create("features.b", "view", "select * from (values (2, 3), (1, null)) as t(x, y)")
    writer.create("features.c", "temp", "select * from (values (2, 3), (1, 4)) as t(x, y)")
    a, b, c = (writer.measure(f"features.{name}", ["x", "y"]) for name in "abc")
    assert (a.row_count, dict(a.missing)) == (2, {"y": 1})
    assert a.digest == b.digest != c.digest
    assert dict(c.missing) == {}
    assert writer.measure("features.a", digested=False).digest == ""


def test_a_repeated_key_is_found_with_its_number_of_rows(writer: Writer) -> None:
    writer.create("features.a", "table", "select * from (values (1, 5), (2, 6), (1, 5)) as t(x, y)")
    assert writer.repeated("features.a", ["x", "y"]) == (1, 5, 2)
    assert writer.repeated("features.numbers", ["n"]) is None


def test_an_offset_is_one_in_the_text_of_the_model(writer: Writer) -> None:
    sql = "select n, nothing from features.numbers"
    with pytest.raises(EngineError, match="nothing") as failed:
        writer.create("features.bad", "table", sql)
    assert failed.value.offset == sql.index("nothing")


def test_one_file_of_the_engine_opens_duckdb() -> None:
    """A second engine takes the place of one file."""
    found = {
        path.name for path in Path(recsys.engine.__file__).parent.glob("*.py") if "duckdb" in _imported(path)
    }
    assert found == {"duckdb.py"}


def _imported(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
