"""The database of a build: what Python models read from it, and that nothing else opens DuckDB."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

import recsys
from recsys.backends.database import EngineError
from recsys.backends.duckdb.connection import opened, reading
from recsys.backends.duckdb.database import Writer
from tests.backends.numbers import ROWS

Reader = Callable[[Path], AbstractContextManager[Any]]


def test_a_relation_is_the_same_as_a_table_and_in_batches(writer: Writer) -> None:
    relation = writer.relation("features.numbers", ["n"])
    table = relation.arrow()
    assert table["n"].to_pylist() == list(range(1, ROWS + 1))
    pieces = list(relation.batches(rows=1000))
    assert pa.Table.from_batches(pieces).equals(table)
    assert len(pieces) > 1


def test_an_empty_relation_travels_too(writer: Writer) -> None:
    writer.create("features.none", "table", "select n from features.numbers where n < 0")
    relation = writer.relation("features.none", ["n"])
    assert relation.arrow().num_rows == 0
    assert list(relation.batches()) == []


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
    assert writer.duplicate_key("features.a", ["x", "y"]) == (1, 5, 2)
    assert writer.duplicate_key("features.numbers", ["n"]) is None


def test_an_offset_is_one_in_the_text_of_the_model(writer: Writer) -> None:
    sql = "select n, nothing from features.numbers"
    with pytest.raises(EngineError, match="nothing") as failed:
        writer.create("features.bad", "table", sql)
    assert failed.value.offset == sql.index("nothing")


READERS: list[Reader] = [
    reading,
    lambda path: reading(path, guarded=True),
    opened,
    lambda path: opened(path, guarded=True),
    recsys.open,
    lambda path: duckdb.connect(str(path), read_only=True),
]


@pytest.mark.parametrize("second", READERS)
@pytest.mark.parametrize("first", READERS)
def test_no_reader_is_in_the_way_of_another(small_warehouse: Path, first: Reader, second: Reader) -> None:
    """One whose settings are locked neither locks another's nor is changed by it."""
    count = "select count(*) as n from marts.leaderboard"
    with first(small_warehouse) as one, second(small_warehouse) as other:
        assert one.sql(count).fetchall() == other.sql(count).fetchall()
        assert other.sql(count).fetchall() != [(0,)]


def test_a_guarded_reader_reaches_nothing_else_and_stays_guarded(small_warehouse: Path) -> None:
    away = "from read_text('/etc/hostname')"
    with reading(small_warehouse) as free, reading(small_warehouse, guarded=True) as guarded:
        assert free.execute(away).fetchall()
        for sql in (away, "set threads = 1", "reset lock_configuration", "attach '/tmp/x.duckdb'"):
            with pytest.raises(duckdb.Error):
                guarded.execute(sql)
        free.execute("set threads = 1")


def test_what_a_reader_leaves_unread_holds_no_file(small_warehouse: Path) -> None:
    """Its batches outlive it, and the next reader has settings of its own all the same."""
    with reading(small_warehouse, guarded=True) as connection:
        unread = connection.sql("from marts.predictions").to_arrow_reader(1)
    with reading(small_warehouse, guarded=True) as connection:
        assert connection.execute("from marts.predictions").fetchone()
    del unread


def test_only_these_files_open_a_connection() -> None:
    """A second engine takes the place of a few files; imports and the parser work in memory."""
    package = Path(recsys.__file__).parent
    sources = {
        path.relative_to(package).as_posix(): path.read_text("utf-8") for path in package.rglob("*.py")
    }
    connecting = {name: text for name, text in sources.items() if "duckdb.connect(" in text}
    on_disk = {name for name, text in connecting.items() if "duckdb.connect(config=" not in text}
    assert on_disk == {"backends/duckdb/database.py"}
    assert connecting.keys() - on_disk == {
        "backends/duckdb/connection.py",
        "project/parsing.py",
        "sources/importing/engine.py",
    }
