"""A warehouse that is none, is damaged, or is another's: one line that says what to do, and a build replaces it."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import duckdb
import pytest

from recsys.engine import queries
from recsys.engine.duckdb import query, reading
from recsys.errors import RecsysError
from tests.conftest import SMALL
from tests.given import build_sql, write_directory
from tests.torture.programs import answers

BLOCK = 1 << 18  # bytes of a block of a DuckDB file


def empty(path: Path) -> None:
    path.write_bytes(b"")


def text(path: Path) -> None:
    path.write_text("user,item,rating\n" * 1000)


def without_its_second_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def without_its_last_block(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-BLOCK])


def without_its_last_byte(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def headers_of_zeros(path: Path) -> None:
    path.write_bytes(b"\0" * 12288 + path.read_bytes()[12288:])


def another_duckdb(path: Path) -> None:
    path.unlink()
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table sales as select 1 as amount")


def a_newer_storage(path: Path) -> None:
    """As a later DuckDB writes it: the version number of the file's header, after checksum and magic bytes."""
    data = bytearray(path.read_bytes())
    data[12] = 200
    path.write_bytes(data)


def another_format(path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("update marts.build set value = '99' where name = 'format_version'")


def sqlite(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("create table sales (amount)")
    connection.close()


DAMAGES = (
    *(empty, text, without_its_second_half, without_its_last_block, without_its_last_byte, headers_of_zeros),
    *(another_duckdb, a_newer_storage, another_format, sqlite),
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_directory(tmp_path_factory.mktemp("data"), SMALL)


@pytest.fixture
def damaged(tmp_path, small_warehouse, request):
    warehouse = Path(shutil.copy(small_warehouse, tmp_path / "w.duckdb"))
    request.param(warehouse)
    return warehouse


@pytest.mark.parametrize("damaged", DAMAGES, indirect=True, ids=lambda damage: damage.__name__)
def test_it_is_refused_in_one_line_and_replaced(damaged, data):
    with pytest.raises(RecsysError) as caught:
        with reading(damaged) as connection:
            queries.leaderboard(connection)
    message = str(caught.value)
    assert message.startswith(f"{damaged}: ")
    assert message.endswith("`recsys build` replaces it")
    assert "\n" not in message
    build_sql(data, damaged, selected=("+staging.genres",))
    with reading(damaged) as connection:
        assert len(query(connection, "from staging.genres")) == 2


def test_a_warehouse_with_free_blocks_is_whole(data, small_warehouse, tmp_path):
    """Building upon a warehouse leaves blocks free, and the engine does not write those at its end."""
    warehouse = Path(shutil.copy(small_warehouse, tmp_path / "w.duckdb"))
    for weight in ("0.6", "0.7", "0.8", "0.5"):
        build_sql(data, warehouse, overrides=(f"adaptive.album={weight}",), selected=("scores.adaptive",))
        with reading(warehouse) as connection:
            assert len(query(connection, "from scores.adaptive")) == 6


def test_a_damaged_block_is_found_when_it_is_read(small_warehouse, data, tmp_path):
    """Each block in turn has a byte flipped: the rows are right, or one line says what to do about them."""
    whole, expected = small_warehouse.read_bytes(), answers(small_warehouse)
    warehouse = tmp_path / "w.duckdb"
    for place in range(12288, len(whole), 8 * BLOCK):
        warehouse.write_bytes(flipped(whole, place + 1000))
        with pytest.raises(RecsysError) as caught:
            with reading(warehouse) as connection:
                for statement in expected:
                    query(connection, statement)
        assert "`recsys build" in str(caught.value)
        assert "\n" not in str(caught.value)
    build_sql(data, warehouse, full_refresh=True)
    assert answers(warehouse).keys() == expected.keys()


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 0x20]) + data[place + 1 :]
