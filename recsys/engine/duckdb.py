"""The only module that opens DuckDB: the connection of a build, and those of readers."""

from __future__ import annotations

import contextlib
import copy
import json
import os
import re
import tempfile
import threading
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from recsys.errors import RecsysError, UsageError

FORMAT_VERSION = 1  # of what a build leaves in a warehouse; another one is rebuilt from scratch
STORAGE = "v1.5.0"  # file format that DuckDB 1.5 clients can open too
IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")
MEMORY = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([KMGT]i?B)", re.IGNORECASE)
POLL_SECONDS = 0.1
FILE_HEADERS = 3 * 4096  # bytes of a DuckDB file before its blocks
CORRUPT = re.compile("Corrupt database file|Could not read enough bytes")  # a wrong block, or a missing one
# Some files and names make the engine fetch an extension from the network and run it: nothing here needs one.
OFFLINE = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}


def quoted(relation: str) -> str:
    """A relation's name for SQL; names come from file names, and this makes sure of it."""
    words = relation.split(".")
    if not all(IDENTIFIER.fullmatch(word) for word in words):
        raise ValueError(f"not a relation name: {relation!r}")
    return ".".join(f'"{word}"' for word in words)


class EngineError(Exception):
    """DuckDB refused or failed a statement; ``offset`` is where in its text, if DuckDB knows."""

    def __init__(self, message: str, offset: int | None) -> None:
        super().__init__(message)
        self.offset = offset

    @classmethod
    def of(cls, error: duckdb.Error) -> EngineError:
        text = str(error)
        try:
            details = json.loads(text[text.index("{") :])
        except ValueError:
            return cls(text, None)
        offset = details.get("position")
        return cls(details.get("exception_message", text), None if offset is None else int(offset))


@dataclass(frozen=True)
class Limits:
    """What a build may take of the machine: threads, and DuckDB's memory as it writes it (``4GB``)."""

    threads: int = 2
    memory: str = "4GB"

    def __post_init__(self) -> None:
        if not MEMORY.fullmatch(self.memory):
            raise UsageError(f"--memory {self.memory!r}: expected a size such as 4GB or 500MB")

    @property
    def memory_bytes(self) -> int:
        """The memory in bytes: KB, MB and so on are powers of 1000, KiB of 1024, as in DuckDB."""
        number, unit = MEMORY.fullmatch(self.memory).group(1, 2)  # type: ignore[union-attr]
        base = 1024 if "i" in unit else 1000
        return int(float(number) * base ** ("KMGT".index(unit[0].upper()) + 1))


class Writer:
    """The connection of one build to its private database, with a scratch database that is never kept."""

    def __init__(self, path: Path, limits: Limits, spill: Path) -> None:
        config: dict[str, Any] = {
            **OFFLINE,
            "storage_compatibility_version": STORAGE,
            "threads": str(limits.threads),
            "memory_limit": limits.memory,
            "temp_directory": str(spill),
        }
        try:
            self.connection = duckdb.connect(str(path), config=config)
        except duckdb.Error as error:
            raise UsageError(f"DuckDB refuses these settings: {first_line(error)}") from None
        self.is_interrupted = False
        self._configure()
        self.run("attach ':memory:' as scratch")

    def _configure(self) -> None:
        self.run("set errors_as_json = true")
        self.run("set enable_progress_bar = true")
        self.run("set enable_progress_bar_print = false")

    def twin(self) -> Writer:
        """Another connection to the same databases, for a statement that runs at the same time."""
        other = copy.copy(self)
        other.connection = self.connection.cursor()
        other._configure()
        return other

    def interrupt(self) -> None:
        """End the running statement, or the next: whoever runs statements in turn is to come to an end."""
        self.is_interrupted = True
        self.connection.interrupt()

    def progress(self) -> float:
        """Share 0..1 of the running statement that is done, 0 where DuckDB does not know."""
        return max(0.0, self.connection.query_progress() / 100)

    def run(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Run a statement in a thread of its own, so that the caller can be interrupted.

        EngineError if DuckDB fails the statement.
        """
        if self.is_interrupted:
            raise EngineError("interrupted", None)
        outcome: dict[str, Any] = {}
        finished = threading.Event()

        def work() -> None:
            try:
                outcome["rows"] = self.connection.execute(sql, dict(parameters or {})).fetchall()
            except BaseException as error:
                outcome["error"] = error
            finally:
                finished.set()

        try:
            threading.Thread(target=work, daemon=True).start()
            while not finished.wait(POLL_SECONDS):
                if self.is_interrupted:  # perhaps before the statement had begun
                    self.connection.interrupt()
        except BaseException:
            self.connection.interrupt()
            finished.wait(5)
            raise
        if "error" in outcome:
            error = outcome["error"]
            raise EngineError.of(error) if isinstance(error, duckdb.Error) else error
        return outcome["rows"]

    def value(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Any:
        return self.run(sql, parameters)[0][0]

    def arrow(self, relation: str, order: tuple[str, ...]) -> Any:
        """A relation as an Arrow table, in the order of its key: the same rows for any number of threads."""
        ordering = f" order by {', '.join(quoted(column) for column in order)}" if order else ""
        try:
            return self.connection.sql(f"select * from {quoted(relation)}{ordering}").to_arrow_table()
        except duckdb.Error as error:
            raise EngineError.of(error) from None

    def store(self, relation: str, table: Any) -> None:
        """Write an Arrow table as a relation."""
        self.connection.register("incoming", table)
        try:
            self.run(f"create table {quoted(relation)} as select * from incoming")
        finally:
            self.connection.unregister("incoming")

    def drop(self, relation: str) -> None:
        """Remove a table, view or macro of that name, if there is one."""
        schema, name = relation.rsplit(".", maxsplit=1)
        catalog, _, schema = schema.rpartition(".")
        is_view = self.value(
            "select count(*) from duckdb_views() where schema_name = $schema and view_name = $name "
            "and database_name = coalesce($catalog, current_database())",
            {"catalog": catalog or None, "schema": schema, "name": name},
        )
        self.run(f"drop {'view' if is_view else 'table'} if exists {quoted(relation)} cascade")
        if schema == "main":
            self.run(f"drop macro table if exists {quoted(relation)}")

    def close(self) -> None:
        """Let go of the database; a connection that an interruption left busy goes with the process."""
        with contextlib.suppress(duckdb.Error):
            self.connection.execute("detach scratch")
            self.connection.close()


def first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


@contextlib.contextmanager
def reading(warehouse: Path, guarded: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection; with ``guarded`` it can reach nothing but the warehouse.

    UsageError with a line that says what to do where there is no warehouse, or something else.
    """
    if not warehouse.is_file():
        raise UsageError(f"{warehouse}: no warehouse there yet: `recsys build --data DIR --warehouse FILE`")
    found = warehouse.stat()
    connection = _connected(warehouse)
    try:
        _check_length(warehouse, found, connection)
        _check_version(warehouse, connection)
        if guarded:
            connection.execute("set enable_external_access = false")
            connection.execute("set lock_configuration = true")
        yield connection
    except duckdb.Error as error:
        if not CORRUPT.search(str(error)):
            raise
        raise RecsysError(damaged(warehouse, str(error))) from None
    finally:
        connection.close()


def _connected(warehouse: Path) -> duckdb.DuckDBPyConnection:
    """A read-only connection.

    The path is absolute because the engine takes the first word of ``md:x`` for the name of an extension.
    """
    config: dict[str, Any] = {**OFFLINE, "temp_directory": _spill_folder()}
    try:
        return duckdb.connect(str(warehouse.absolute()), read_only=True, config=config)
    except duckdb.Error as error:
        raise UsageError(_unreadable(warehouse, error)) from None


@cache
def _spill_folder() -> str:
    """Where this process's readers spill: the warehouse may be in a folder that they cannot write to.

    The engine makes the folder when it first spills, and removes it with the last connection.
    """
    return str(Path(tempfile.gettempdir()) / f"recsys-{uuid.uuid4().hex}")


def _unreadable(warehouse: Path, error: duckdb.Error) -> str:
    remedy = "`recsys build` replaces it"
    if isinstance(error, duckdb.IOException) and "lock" in str(error).lower():
        remedy = "another program has it open for writing: close that first"
    return f"{warehouse}: not a warehouse that can be opened ({first_line(error)}): {remedy}"


def _check_length(warehouse: Path, found: os.stat_result, connection: duckdb.DuckDBPyConnection) -> None:
    """A file that lost its end opens, and answers whatever does not need the end.

    The engine does not write free blocks at the end of a file, so as many may be missing. ``found`` is the
    file from before it was opened: it counts only if no build has replaced it since then.
    """
    size = "select block_size * (total_blocks - free_blocks) from pragma_database_size()"
    needed = FILE_HEADERS + connection.execute(size).fetchall()[0][0]
    if found.st_size < needed and found.st_ino == warehouse.stat().st_ino:
        missing = f"cut off, {needed - found.st_size:,} bytes are missing"
        raise UsageError(f"{warehouse}: {missing}: `recsys build` replaces it")


def damaged(warehouse: Path, message: str) -> str:
    """What to do about a wrong byte, which the engine finds when it reads the block, not when it opens it."""
    return f"{warehouse}: damaged ({message.splitlines()[0]}): `recsys build --full-refresh` replaces it"


def _check_version(warehouse: Path, connection: duckdb.DuckDBPyConnection) -> None:
    query = "select value from marts.build where kind = 'setting' and name = 'format_version'"
    try:
        found = connection.execute(query).fetchall()
    except duckdb.Error:
        message = f"{warehouse}: a DuckDB file, but no warehouse: `recsys build` replaces it"
        raise UsageError(message) from None
    if found != [(str(FORMAT_VERSION),)]:
        version = found[0][0] if found else "unknown"
        raise UsageError(
            f"{warehouse}: made in format {version}, this program reads {FORMAT_VERSION}: "
            "`recsys build` replaces it"
        )


def query(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Any = None) -> Any:
    """The result of one query as an Arrow table; RecsysError with the engine's message if it fails."""
    try:
        return connection.sql(sql, params=parameters).to_arrow_table()
    except duckdb.Error as error:
        if CORRUPT.search(str(error)):
            raise
        raise RecsysError(str(error).strip()) from None
