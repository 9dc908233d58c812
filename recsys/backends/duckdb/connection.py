"""Opens published warehouses, as no other module does: readers' connections, and what may ail a file."""

from __future__ import annotations

import contextlib
import os
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb

from recsys.backends.duckdb.statements import CORRUPT, OFFLINE, Connection, first_line
from recsys.errors import DamagedFileError, ForeignFileError, RecsysError, UsageError

FORMAT_VERSION = 1  # of what a build leaves in a warehouse; another one is rebuilt from scratch
FILE_HEADERS = 3 * 4096  # bytes of a DuckDB file before its blocks
MAGIC = b"DUCK"  # after the checksum of a DuckDB file
ELSEWHERE = "name another file with --warehouse"
SELECT = "refused: expected one SELECT statement (or FROM, VALUES, DESCRIBE, SUMMARIZE, SHOW)"
GUARDED = {"enable_external_access": False}  # no file but what is attached, no network


@contextlib.contextmanager
def reading(warehouse: Path, guarded: bool = False) -> Iterator[Connection]:
    """A read-only connection; with ``guarded`` it can reach nothing but the warehouse, nor be told otherwise.

    UsageError with a line that says what to do where there is no warehouse, or something else.
    """
    connection = _checked(warehouse, {**GUARDED, "lock_configuration": True} if guarded else {})
    try:
        with telling_of_damage(warehouse):
            yield connection
    finally:
        connection.close()


@contextlib.contextmanager
def telling_of_damage(warehouse: Path) -> Iterator[None]:
    """RecsysError with what to do where a query meets a damaged block; other errors pass."""
    try:
        yield
    except duckdb.Error as error:
        if not CORRUPT.search(str(error)):
            raise
        raise RecsysError(damaged(warehouse, str(error))) from None


def opened(warehouse: Path, guarded: bool = False) -> Connection:
    """A read-only connection for a program of somebody else's, who closes it; UsageError as in `reading`.

    Names of tables are also those of the caller's data frames, of all frames on the stack. With ``guarded``
    it can reach nothing but the warehouse.
    """
    return _checked(warehouse, {"python_scan_all_frames": True, **(GUARDED if guarded else {})})


def _checked(warehouse: Path, settings: Mapping[str, bool]) -> Connection:
    """A connection with these settings to a file that is a warehouse; none is left open otherwise."""
    if not warehouse.is_file():
        raise UsageError(f"{warehouse}: no warehouse there yet: `recsys build --data DIR --warehouse FILE`")
    found = warehouse.stat()
    connection = _engine()
    try:
        _attach(warehouse, connection)
        _check_version(warehouse, connection)
        _check_length(warehouse, found, connection)
        if settings.get("enable_external_access") is False:
            _allow_store(connection)
        for name, value in settings.items():
            connection.execute(f"set {name} = {str(value).lower()}")
    except duckdb.Error as error:
        connection.close()
        if not CORRUPT.search(str(error)):
            raise
        raise RecsysError(damaged(warehouse, str(error))) from None
    except BaseException:
        connection.close()
        raise
    return connection


def _engine() -> Connection:
    """A connection to an engine of its own, in memory, to which a warehouse is attached.

    Another connection of this process to the same path would be given the engine of the first, with its
    settings, locked or not, and the file that was there then, not the one that a build has published since.
    The warehouse may be in a folder that cannot be written to, so that its readers spill elsewhere: the
    engine makes that folder when it first spills, and removes it when it is closed.
    """
    spill = Path(tempfile.gettempdir()) / f"recsys-{uuid.uuid4().hex}"
    return duckdb.connect(config={**OFFLINE, "temp_directory": str(spill)})


def _attach(warehouse: Path, connection: Connection) -> None:
    """Attach a warehouse read-only, and use it.

    The path is absolute because the engine takes the first word of ``md:x`` for the name of an extension.
    """
    try:
        connection.execute("attach $path as warehouse (read_only)", {"path": str(warehouse.absolute())})
    except duckdb.Error as error:
        raise _unreadable(warehouse, error) from None
    connection.execute("use warehouse")


def _unreadable(warehouse: Path, error: duckdb.Error) -> UsageError:
    """What is wrong with a file that does not open, and who may replace it."""
    problem = f"{warehouse}: not a warehouse that can be opened ({first_line(error)})"
    if isinstance(error, duckdb.IOException) and "lock" in str(error).lower():
        return ForeignFileError(f"{problem}: another program has it open for writing: close that first")
    if isinstance(error, duckdb.ConnectionException):
        return UsageError(f"{problem}: this very program has it open in another way: close that first")
    if warehouse.stat().st_size == 0:
        return UsageError(f"{problem}: `recsys build` replaces it")
    with warehouse.open("rb") as file:
        is_duckdb = file.read(16)[8:12] == MAGIC
    if is_duckdb:
        return DamagedFileError(f"{problem}: `recsys build --full-refresh` replaces it")
    return ForeignFileError(f"{problem}: {ELSEWHERE}")


def _check_length(warehouse: Path, found: os.stat_result, connection: Connection) -> None:
    """A file that lost its end opens, and answers whatever does not need the end.

    The engine does not write free blocks at the end of a file, so as many may be missing. ``found`` is the
    file from before it was opened: it counts only if no build has replaced it since then.
    """
    size = "select block_size * (total_blocks - free_blocks) from pragma_database_size() "
    size += "where database_name = current_database()"
    needed = FILE_HEADERS + connection.execute(size).fetchall()[0][0]
    if found.st_size < needed and found.st_ino == warehouse.stat().st_ino:
        missing = f"cut off, {needed - found.st_size:,} bytes are missing"
        raise UsageError(f"{warehouse}: {missing}: `recsys build` replaces it")


def damaged(warehouse: Path, message: str) -> str:
    """What to do about a wrong byte, which the engine finds when it reads the block, not when it opens it."""
    return f"{warehouse}: damaged ({message.splitlines()[0]}): `recsys build --full-refresh` replaces it"


def _check_version(warehouse: Path, connection: Connection) -> None:
    query = "select value from marts.build where kind = 'setting' and name = 'format_version'"
    try:
        found = connection.execute(query).fetchall()
    except (duckdb.CatalogException, duckdb.BinderException):
        message = f"{warehouse}: a DuckDB file, but no warehouse: {ELSEWHERE}"
        raise ForeignFileError(message) from None
    except duckdb.Error as error:
        raise DamagedFileError(damaged(warehouse, str(error))) from None
    if found != [(str(FORMAT_VERSION),)]:
        version = found[0][0] if found else "unknown"
        raise UsageError(
            f"{warehouse}: made in format {version}, this program reads {FORMAT_VERSION}: "
            "`recsys build` replaces it"
        )


def _allow_store(connection: Connection) -> None:
    """Let a guarded connection read the files of a warehouse that was built on a cluster."""
    store = "select value from marts.build where kind = 'setting' and name = 'store'"
    folders = [folder for (folder,) in connection.execute(store).fetchall()]
    if folders:
        connection.execute("set allowed_directories = $folders", {"folders": folders})


def query(connection: Connection, sql: str, parameters: Any = None) -> Any:
    """The result of one query as an Arrow table; RecsysError with the engine's message if it fails."""
    try:
        return connection.sql(sql, params=parameters).to_arrow_table()
    except duckdb.Error as error:
        if CORRUPT.search(str(error)):
            raise
        raise RecsysError(str(error).strip()) from None


def fetch(connection: Connection, sql: str, parameters: Any = None) -> list[dict[str, Any]]:
    """The rows of one query by column; RecsysError as in `query`.

    For few rows: an Arrow table has the engine plan a query twice, the first time for its columns alone.
    """
    try:
        result = connection.execute(sql, parameters)
        columns = [column[0] for column in result.description]
        return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
    except duckdb.Error as error:
        if CORRUPT.search(str(error)):
            raise
        raise RecsysError(str(error).strip()) from None


def single_select(connection: Connection, sql: str) -> duckdb.Statement:
    """The statement that a text holds; UsageError for several, none, or another kind than SELECT."""
    statements = connection.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise UsageError(SELECT)
    return statements[0]


def write_csv(
    connection: Connection, sql: str, parameters: Mapping[str, Any], out: Path, packed: bool
) -> None:
    """Write the result of a query as CSV with a header; RecsysError with the engine's message if it fails."""
    statement = f"copy ({sql}) to $out (header, format csv, compression {'gzip' if packed else 'none'})"
    try:
        connection.execute(statement, {**parameters, "out": str(out)}).fetchall()
    except duckdb.Error as error:
        raise RecsysError(str(error).strip()) from None
