"""A warehouse that is damaged is replaced by a build, one that is none never is; one line says what to do."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from recsys.backends.duckdb.connection import query, reading
from recsys.errors import RecsysError, UsageError
from recsys.serving.leaderboard import leaderboard
from tests.conftest import SMALL
from tests.given import build_sql, write_directory
from tests.torture.programs import answers

BLOCK = 1 << 18  # bytes of a block of a DuckDB file


def empty(path: Path) -> None:
    path.write_bytes(b"")


def text(path: Path) -> None:
    path.write_text("user,item,rating\n" * 1000)


def without_all_but_its_headers(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:12288])


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


def a_duckdb_without_its_end(path: Path) -> None:
    """Somebody else's file, cut off: it opens, and says that it is no warehouse."""
    another_duckdb(path)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table more as from range(200000)")
    without_its_last_block(path)


OURS = (empty, without_its_last_block, without_its_last_byte, another_format)
PERHAPS_OURS = (without_all_but_its_headers, a_newer_storage)
FOREIGN = (text, headers_of_zeros, another_duckdb, sqlite)
ON_REQUEST = "replace it with recsys build --full-refresh"
REMEDIES = {
    **dict.fromkeys(OURS, "replace it with recsys build"),
    **dict.fromkeys(PERHAPS_OURS, ON_REQUEST),
    **dict.fromkeys(FOREIGN, "choose another file with --warehouse"),
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_directory(tmp_path_factory.mktemp("data"), SMALL)


@pytest.fixture
def damaged(tmp_path, small_warehouse, request):
    warehouse = Path(shutil.copy(small_warehouse, tmp_path / "w.duckdb"))
    request.param(warehouse)
    return warehouse


def named(damage: object) -> str:
    return getattr(damage, "__name__", "")


@pytest.mark.parametrize(("damaged", "remedy"), REMEDIES.items(), indirect=["damaged"], ids=named)
def test_it_is_refused_in_one_line_that_says_what_to_do(damaged, remedy):
    with pytest.raises(RecsysError) as caught:
        with reading(damaged) as connection:
            leaderboard(connection)
    message = str(caught.value)
    assert message.startswith(f"{damaged}: ")
    assert message.endswith(remedy)
    assert "\n" not in message


@pytest.mark.parametrize("damaged", OURS, indirect=True, ids=named)
def test_a_build_replaces_what_is_left_of_a_warehouse(damaged, data):
    build_sql(data, damaged, selected=("+staging.genres",))
    with reading(damaged) as connection:
        assert len(query(connection, "from staging.genres")) == 2


@pytest.mark.parametrize("damaged", PERHAPS_OURS, indirect=True, ids=named)
def test_a_build_replaces_what_may_have_been_a_warehouse_on_request(damaged, data):
    before = damaged.read_bytes()
    with pytest.raises(UsageError, match="full-refresh"):
        build_sql(data, damaged, selected=("+staging.genres",))
    assert damaged.read_bytes() == before
    build_sql(data, damaged, selected=("+staging.genres",), full_refresh=True)
    with reading(damaged) as connection:
        assert len(query(connection, "from staging.genres")) == 2


@pytest.mark.parametrize("full_refresh", [False, True], ids=["", "full_refresh"])
@pytest.mark.parametrize("damaged", (*FOREIGN, a_duckdb_without_its_end), indirect=True, ids=named)
def test_no_build_replaces_what_is_no_warehouse(damaged, data, full_refresh):
    before, siblings = damaged.read_bytes(), set(damaged.parent.iterdir())
    with pytest.raises(UsageError) as caught:
        build_sql(data, damaged, selected=("+staging.genres",), full_refresh=full_refresh)
    assert str(caught.value).startswith(f"{damaged}: ") and "\n" not in str(caught.value)
    assert damaged.read_bytes() == before
    assert set(damaged.parent.iterdir()) == siblings


def test_no_build_replaces_what_another_program_writes_to(small_warehouse, data, tmp_path):
    warehouse = Path(shutil.copy(small_warehouse, tmp_path / "w.duckdb"))
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(flush=True); sys.stdin.read()"
    words = [sys.executable, "-c", script, str(warehouse)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        writer.stdout.readline()
        with pytest.raises(UsageError, match="close that first"):
            build_sql(data, warehouse)
        writer.stdin.close()


def test_no_build_replaces_a_device(data):
    with pytest.raises(UsageError, match="is a device"):
        build_sql(data, Path("/dev/null"))


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
    warehouse, refused = tmp_path / "w.duckdb", 0
    for place in range(12288, len(whole), 8 * BLOCK):
        warehouse.write_bytes(flipped(whole, place + 1000))
        try:
            with reading(warehouse) as connection:
                for statement in expected:
                    query(connection, statement)
        except RecsysError as error:
            refused += 1
            assert "recsys build" in str(error)
            assert "\n" not in str(error)
        else:  # a block that no query reads, as those of an index
            assert answers(warehouse) == expected
    assert refused > 1
    build_sql(data, warehouse, full_refresh=True)
    assert answers(warehouse).keys() == expected.keys()


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 0x20]) + data[place + 1 :]
