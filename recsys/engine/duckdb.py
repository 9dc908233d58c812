"""The only module that opens a warehouse: the connection of a build, and those of readers."""

from __future__ import annotations

import contextlib
import copy
import json
import os
import re
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pyarrow as pa

from recsys.engine.database import EngineError, Limits, Measure
from recsys.engine.parts import Update
from recsys.errors import DamagedFileError, ForeignFileError, RecsysError, UsageError
from recsys.project.contract import Context, Rows

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Connection = duckdb.DuckDBPyConnection
FORMAT_VERSION = 1  # of what a build leaves in a warehouse; another one is rebuilt from scratch
STORAGE = "v1.5.0"  # file format that DuckDB 1.5 clients can open too
IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")
POLL_SECONDS = 0.1
MOST_HASHES = 1 << 25  # that are looked at in one go: 256 MiB
DENSE_BITS = 22  # keys in so small a range are grouped in an array instead of a hash table
FILE_HEADERS = 3 * 4096  # bytes of a DuckDB file before its blocks
THERE = """
select schema_name || '.' || table_name, 'table' from duckdb_tables() where database_name = current_database()
union all
select schema_name || '.' || view_name, 'view' from duckdb_views()
where database_name = current_database() and not internal
union all
select schema_name || '.' || function_name, 'macro table' from duckdb_functions()
where database_name = current_database() and function_type = 'table_macro' and not internal"""
MAGIC = b"DUCK"  # after the checksum of a DuckDB file
ELSEWHERE = "name another file with --warehouse"
CORRUPT = re.compile("Corrupt database file|Could not read enough bytes")  # a wrong block, or a missing one
SELECT = "refused: expected one SELECT statement (or FROM, VALUES, DESCRIBE, SUMMARIZE, SHOW)"
# Some files and names make the engine fetch an extension from the network and run it: nothing here needs one.
OFFLINE = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
GUARDED = {"enable_external_access": False}  # no file but what is attached, no network


def quoted(relation: str) -> str:
    """A relation's name for SQL; names come from file names, and this makes sure of it."""
    words = relation.split(".")
    if not all(IDENTIFIER.fullmatch(word) for word in words):
        raise ValueError(f"not a relation name: {relation!r}")
    return ".".join(f'"{word}"' for word in words)


class Statements:
    """Runs statements over one connection so that a signal or another thread can end them."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.is_interrupted = False

    def run(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        take: Callable[[Connection], Any] = Connection.fetchall,
    ) -> Any:
        """Run a statement in a thread of its own, so that the caller can be interrupted, and take its rows.

        EngineError if DuckDB fails the statement.
        """
        if self.is_interrupted:
            raise EngineError("interrupted")
        outcome: dict[str, Any] = {}
        finished = threading.Event()

        def work() -> None:
            try:
                outcome["rows"] = take(self.connection.execute(sql, dict(parameters or {})))
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
            raise _engine_error(error) if isinstance(error, duckdb.Error) else error
        return outcome["rows"]

    def value(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Any:
        return self.run(sql, parameters)[0][0]

    def interrupt(self) -> None:
        """End the running statement, or the next: whoever runs statements in turn is to come to an end."""
        self.is_interrupted = True
        self.connection.interrupt()

    def progress(self) -> float:
        return max(0.0, self.connection.query_progress() / 100)

    def relation(self, name: str, order: Sequence[str]) -> Ordered:
        ordering = f" order by {', '.join(map(quoted, order))}" if order else ""
        return Ordered(self, f"select * from {quoted(name)}{ordering}")


class Writer(Statements):
    """The connection of one build to its private database, with a scratch database that is never kept."""

    def __init__(self, path: Path, limits: Limits, spill: Path) -> None:
        config: dict[str, Any] = {
            **OFFLINE,
            "storage_compatibility_version": STORAGE,
            "threads": str(limits.threads),
            "memory_limit": limits.memory,
            "temp_directory": str(spill),
            "perfect_ht_threshold": str(DENSE_BITS),
        }
        try:
            super().__init__(duckdb.connect(str(path), config=config))
        except duckdb.Error as error:
            raise UsageError(f"DuckDB refuses these settings: {first_line(error)}") from None
        self._configure()
        self.there: dict[str, str] = dict(self.run(THERE))  # shared with the twins: what SQL calls each
        self.run("attach ':memory:' as scratch")

    def _configure(self) -> None:
        self.run("set errors_as_json = true")
        with contextlib.suppress(EngineError):  # a notebook without ipywidgets has no progress
            self.run("set enable_progress_bar = true")
            self.run("set enable_progress_bar_print = false")

    def prepare(self, layers: Iterable[str]) -> None:
        for layer in layers:
            self.run(f"create schema if not exists {quoted(layer)}")
            self.run(f"create schema if not exists scratch.{quoted(layer)}")

    def create(
        self,
        name: str,
        kind: str,
        sql: str,
        arguments: Sequence[str] = (),
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        place = quoted(name)
        opening = {
            "macro": f"create macro {place}({', '.join(arguments)}) as table\n",
            "view": f"create view {place} as\n",
        }.get(kind, f"create table {place} as\n")
        self.drop(name)
        try:
            self.run(opening + sql, parameters)
            self.there[name] = {"macro": "macro table", "view": "view"}.get(kind, "table")
        except EngineError as error:
            if error.offset is not None:
                error.offset -= len(opening)
            raise

    def update(self, name: str, update: Update) -> bool:
        place, column = quoted(name), quoted(update.column)
        self.run(
            f"delete from {place} where {column} in (select unnest($gone))", {"gone": list(update.removed)}
        )
        for query_of_part in update.added:
            self.run(f"insert into {place}\n{query_of_part}")
        return True

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.run(sql)

    def columns(self, name: str, arguments: int | None = None) -> dict[str, str]:
        """A macro is bound with NULL, which is of any type, or 0, where it makes a text of its arguments."""
        if arguments is None:
            return self._described(quoted(name))
        try:
            return self._described(f"{quoted(name)}({', '.join(['null'] * arguments)})")
        except EngineError:
            return self._described(f"{quoted(name)}({', '.join(['0'] * arguments)})")

    def _described(self, source: str) -> dict[str, str]:
        return {column: kind for column, kind, *_ in self.run(f"describe from {source}")}

    def measure(
        self, name: str, columns: Sequence[str] = (), finite: Sequence[str] = (), digested: bool = True
    ) -> Measure:
        """The digest is the sum of the rows' hashes, so that their order does not matter."""
        counted = {column: f"count({_column(column)})" for column in columns}
        counted |= {column: f"count(*) filter (isfinite({_column(column)}::double))" for column in finite}
        wanted = ["count(*)", *counted.values()]
        if digested:
            wanted.append("coalesce(sum(hash(content)::hugeint), 0)")
        rows, *counts = self.run(f"select {', '.join(wanted)} from {quoted(name)} as content")[0]
        digest = f"{counts.pop():x}" if digested else ""
        found = zip(counted, counts, strict=True)
        return Measure(rows, digest, {column: rows - count for column, count in found if count < rows})

    def without(self, name: str, column: str, wanted: Sequence[str], is_number: bool) -> tuple[Any, ...]:
        columns, tested = ", ".join(map(_column, wanted)), _column(column)
        has_value = f"coalesce(isfinite({tested}::double), false)" if is_number else f"{tested} is not null"
        return self.run(f"select {columns} from {quoted(name)} where not ({has_value}) order by all limit 1")[
            0
        ]

    def repeated(self, name: str, key: Sequence[str]) -> tuple[Any, ...] | None:
        """Groups by the key only where two rows share its hash: NumPy sorts hashes ten times as fast."""
        columns, place = ", ".join(map(quoted, key)), quoted(name)
        parts = 1 + self.count(name) // MOST_HASHES
        hashes = f"select hash from (select hash({columns}) as hash from {place}) where hash % {parts} ="
        if not any(_has_equals(self._array(f"{hashes} {part}")) for part in range(parts)):
            return None
        found = self.run(
            f"select {columns}, count(*) from {place} group by {columns} having count(*) > 1 limit 1"
        )
        return found[0] if found else None

    def _array(self, sql: str) -> np.ndarray:
        """The only column of a query."""
        (column,) = self.run(sql, take=lambda result: result.fetchnumpy().values())
        return np.asarray(column)

    def count(self, name: str) -> int:
        return int(self.value(f"select count(*) from {quoted(name)}"))

    def twin(self) -> Writer:
        other = copy.copy(self)
        other.connection = self.connection.cursor()
        other._configure()
        return other

    def store(self, name: str, table: Rows) -> None:
        self.connection.register("incoming", table)
        try:
            self.run(f"create table {quoted(name)} as select * from incoming")
            self.there[name] = "table"
        finally:
            self.connection.unregister("incoming")

    def drop(self, name: str) -> None:
        if name in self.there:
            self.run(f"drop {self.there[name]} if exists {quoted(name)} cascade")
            del self.there[name]

    def settle(self) -> None:
        self.run("checkpoint")

    def close(self) -> None:
        """A connection that an interruption left busy goes with the process."""
        with contextlib.suppress(duckdb.Error):
            self.connection.execute("detach scratch")
            self.connection.close()


class Scratch(Statements):
    """Relations beside an open warehouse, in memory: read-only as it is, SQL made on request may use them."""

    def __init__(self, connection: Connection, limits: Limits, schemas: Iterable[str]) -> None:
        super().__init__(connection)
        for name, setting in (("threads", str(limits.threads)), ("memory_limit", limits.memory)):
            self.run(f"set {name} = $setting", {"setting": setting})
        self.run("attach if not exists ':memory:' as scratch (read_write)")
        for schema in schemas:
            self.run(f"create schema if not exists scratch.{quoted(schema)}")

    def put(self, relation: str, content: pa.Table | str) -> None:
        """Make ``scratch.<relation>`` from an Arrow table or from SQL, whether or not it is there."""
        opening = f"create or replace table scratch.{quoted(relation)} as "
        if isinstance(content, str):
            self.run(opening + content)
            return
        self.connection.register("incoming", content)
        try:
            self.run(f"{opening}from incoming")
        finally:
            self.connection.unregister("incoming")

    def table(self, relation: str) -> pa.Table:
        """The rows of a relation that was put here."""
        return Ordered(self, f"from scratch.{quoted(relation)} order by all").arrow()


class Ordered:
    """A relation as Python models read it: the same rows in the same order for any number of threads."""

    def __init__(self, statements: Statements, sql: str) -> None:
        self.statements, self.sql = statements, sql

    def arrow(self) -> pa.Table:
        try:
            return self.statements.connection.sql(self.sql).to_arrow_table()
        except duckdb.Error as error:
            raise _engine_error(error) from None

    def batches(self, rows: int = 1 << 20) -> Iterator[pa.RecordBatch]:
        """Over a connection of their own: the engine has one unfinished result a connection."""
        cursor = self.statements.connection.cursor()
        try:
            yield from cursor.sql(self.sql).to_arrow_reader(rows)
        except duckdb.Error as error:
            raise _engine_error(error) from None
        finally:
            cursor.close()

    def frame(self, context: Context) -> DataFrame:
        from recsys import spark

        rows = self.statements.value(f"select count(*) from ({self.sql})")
        schema = self.statements.connection.sql(self.sql).limit(0).to_arrow_table().schema
        return spark.frame_of_batches(context, schema, rows, self.batches())


def _has_equals(numbers: np.ndarray) -> bool:
    numbers.sort()
    return bool((numbers[1:] == numbers[:-1]).any())


def _column(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _engine_error(error: duckdb.Error) -> EngineError:
    text = str(error)
    is_damage = bool(CORRUPT.search(text))
    try:
        details = json.loads(text[text.index("{") :])
    except ValueError:
        return EngineError(text, None, is_damage)
    offset = details.get("position")
    message = details.get("exception_message", text)
    return EngineError(message, None if offset is None else int(offset), is_damage)


def first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


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
