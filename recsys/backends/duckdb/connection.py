"""Open published warehouses for reading and diagnose files that cannot be opened.

No other module opens a published warehouse.
"""

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
from recsys.errors import DamagedFileError, ForeignFileError, RecsysError, UsageError, WarehouseError

FORMAT_VERSION = 2  # raised when relations change: see tests/formats.py; other formats are rebuilt
FILE_HEADERS = 3 * 4096  # bytes before the blocks of a DuckDB file
ATTACHED = "already attached"  # DuckDB, of a file that this process has open otherwise
MAGIC = b"DUCK"  # follows the checksum in a DuckDB file
ELSEWHERE = "choose another file with --warehouse"
SELECT = "run one SELECT statement (or FROM, VALUES, DESCRIBE, SUMMARIZE, SHOW)"
GUARDED = {"enable_external_access": False}  # only attached files, no network


@contextlib.contextmanager
def reading(warehouse: Path, guarded: bool = False) -> Iterator[Connection]:
    """Open a read-only connection for the length of a ``with`` block.

    Parameters
    ----------
    warehouse : Path
        The warehouse file.
    guarded : bool, default False
        Whether to lock the connection so that it can reach nothing but the warehouse.

    Raises
    ------
    UsageError
        The file is missing or is not a warehouse; the message says what to do.
    """
    connection = _checked(warehouse, {**GUARDED, "lock_configuration": True} if guarded else {})
    try:
        with report_damage(warehouse):
            yield connection
    finally:
        connection.close()


@contextlib.contextmanager
def report_damage(warehouse: Path) -> Iterator[None]:
    """Translate an engine error about a damaged block into RecsysError; let other errors pass."""
    try:
        yield
    except duckdb.Error as error:
        if not CORRUPT.search(str(error)):
            raise
        raise RecsysError(damaged(warehouse, str(error))) from None


def opened(warehouse: Path, guarded: bool = False) -> Connection:
    """Open a read-only connection that the caller closes.

    Queries can name the caller's data frames, those of every frame of the call stack included. With
    ``guarded`` the connection reaches nothing but the warehouse. Raises UsageError as `reading` does.
    """
    return _checked(warehouse, {"python_scan_all_frames": True, **(GUARDED if guarded else {})})


def _checked(warehouse: Path, settings: Mapping[str, bool]) -> Connection:
    """Connect to a file with these settings after checking that it is a warehouse; close it on failure."""
    if not warehouse.is_file():
        raise WarehouseError(
            f"no warehouse at {warehouse}. Create it: recsys build --data DIR --warehouse {warehouse}"
        )
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
    """Connect to a private in-memory engine, to which a warehouse is then attached.

    A second connection of this process to the same path would share the engine of the first one: its
    settings, locked or not, and the file as it was then, not the one that a build has published since. The
    warehouse's own folder may be read-only, so the engine spills to the system's temporary folder: it creates
    a folder there when it first spills and removes it when it closes.
    """
    spill = Path(tempfile.gettempdir()) / f"recsys-{uuid.uuid4().hex}"
    return duckdb.connect(config={**OFFLINE, "temp_directory": str(spill)})


def _attach(warehouse: Path, connection: Connection) -> None:
    """Attach a warehouse read-only and make it the default database.

    The path is absolute because DuckDB takes the first word of ``md:x`` for an extension name.
    """
    try:
        connection.execute("attach $path as warehouse (read_only)", {"path": str(warehouse.absolute())})
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        raise _unreadable(warehouse, error) from None
    connection.execute("use warehouse")


def _unreadable(warehouse: Path, error: duckdb.Error) -> WarehouseError:
    """Build the error for a file that does not open, with its cause and remedy."""
    problem = f"{warehouse}: not a readable warehouse ({first_line(error)})"
    if isinstance(error, duckdb.IOException) and "lock" in str(error).lower():
        return ForeignFileError(
            f"{warehouse}: in use by another program ({first_line(error)}); close that first"
        )
    if isinstance(error, duckdb.ConnectionException) or ATTACHED in str(error):
        return ForeignFileError(
            f"{warehouse}: this process has it open already, for writing; close that connection first"
        )
    if warehouse.stat().st_size == 0:
        return WarehouseError(f"{problem}; replace it with recsys build")
    with warehouse.open("rb") as file:
        is_duckdb = file.read(16)[8:12] == MAGIC
    if is_duckdb:
        return DamagedFileError(f"{problem}; replace it with recsys build --full-refresh")
    return ForeignFileError(f"{warehouse}: not a readable warehouse, as it is not a DuckDB file; {ELSEWHERE}")


def _check_length(warehouse: Path, found: os.stat_result, connection: Connection) -> None:
    """Refuse a truncated file: it opens, and fails only when a query reads the missing end.

    DuckDB does not write free blocks at the end of a file, so those may be missing. ``found`` is the file's
    status before it was opened; it counts only if no build has replaced the file since.
    """
    size = "select block_size * (total_blocks - free_blocks) from pragma_database_size() "
    size += "where database_name = current_database()"
    needed = FILE_HEADERS + connection.execute(size).fetchall()[0][0]
    if found.st_size < needed and found.st_ino == warehouse.stat().st_ino:
        missing = f"cut off, {needed - found.st_size:,} bytes are missing"
        raise WarehouseError(f"{warehouse}: {missing}; replace it with recsys build")


def damaged(warehouse: Path, message: str) -> str:
    """Return the message for a damaged block, which DuckDB detects when it reads the block."""
    return f"{warehouse}: damaged ({message.splitlines()[0]}); replace it with recsys build --full-refresh"


def _check_version(warehouse: Path, connection: Connection) -> None:
    query = "select value from marts.build where kind = 'setting' and name = 'format_version'"
    try:
        found = connection.execute(query).fetchall()
    except (duckdb.CatalogException, duckdb.BinderException):
        message = f"{warehouse}: a DuckDB file, but not a recsys warehouse; {ELSEWHERE}"
        raise ForeignFileError(message) from None
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:
        raise DamagedFileError(damaged(warehouse, str(error))) from None
    if found != [(str(FORMAT_VERSION),)]:
        version = found[0][0] if found else "unknown"
        is_later = version.isdigit() and int(version) > FORMAT_VERSION
        age = "a later" if is_later else "an earlier"
        numbers = f"(format {version}, this is {FORMAT_VERSION})"
        raise WarehouseError(f"{warehouse}: made by {age} version {numbers}; replace it with recsys build")


def _allow_store(connection: Connection) -> None:
    """Let a guarded connection read the store of a warehouse that was built on a cluster."""
    store = "select value from marts.build where kind = 'setting' and name = 'store'"
    folders = [folder for (folder,) in connection.execute(store).fetchall()]
    if folders:
        connection.execute("set allowed_directories = $folders", {"folders": folders})


def query(connection: Connection, sql: str, parameters: Any = None) -> Any:
    """Run a query and return an Arrow table; raise RecsysError with the engine's message if it fails."""
    try:
        return connection.sql(sql, params=parameters).to_arrow_table()
    except duckdb.Error as error:
        if CORRUPT.search(str(error)):
            raise
        raise RecsysError(str(error).strip()) from None


def fetch(connection: Connection, sql: str, parameters: Any = None) -> list[dict[str, Any]]:
    """Run a query and return its rows as dictionaries; raise RecsysError as `query` does.

    For few rows: an Arrow table makes DuckDB plan the query twice, once only for its columns.
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
    """Parse a text as one SELECT statement; raise UsageError for anything else."""
    statements = connection.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise UsageError(SELECT)
    return statements[0]


def write_csv(
    connection: Connection, sql: str, parameters: Mapping[str, Any], out: Path, packed: bool
) -> None:
    """Write the result of a query as CSV with a header; raise RecsysError with the engine's message."""
    statement = f"copy ({sql}) to $out (header, format csv, compression {'gzip' if packed else 'none'})"
    try:
        connection.execute(statement, {**parameters, "out": str(out)}).fetchall()
    except duckdb.Error as error:
        raise RecsysError(str(error).strip()) from None
