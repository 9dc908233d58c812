"""Statements over one connection, which a signal or another thread can end, and what they return."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from recsys.backends.database import EngineError
from recsys.project.contract import Context

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Connection = duckdb.DuckDBPyConnection
IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")
POLL_SECONDS = 0.1
CORRUPT = re.compile("Corrupt database file|Could not read enough bytes")  # a wrong block, or a missing one
# Some files and names make the engine fetch an extension from the network and run it: nothing here needs one.
OFFLINE = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}


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
            raise engine_error(error) if isinstance(error, duckdb.Error) else error
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


class Ordered:
    """A relation as Python models read it: the same rows in the same order for any number of threads."""

    def __init__(self, statements: Statements, sql: str) -> None:
        self.statements, self.sql = statements, sql

    def arrow(self) -> pa.Table:
        try:
            return self.statements.connection.sql(self.sql).to_arrow_table()
        except duckdb.Error as error:
            raise engine_error(error) from None

    def batches(self, rows: int = 1 << 20) -> Iterator[pa.RecordBatch]:
        """Over a connection of their own: the engine has one unfinished result a connection."""
        cursor = self.statements.connection.cursor()
        try:
            yield from cursor.sql(self.sql).to_arrow_reader(rows)
        except duckdb.Error as error:
            raise engine_error(error) from None
        finally:
            cursor.close()

    def frame(self, context: Context) -> DataFrame:
        from recsys.backends.spark import session as spark_session

        rows = self.statements.value(f"select count(*) from ({self.sql})")
        schema = self.statements.connection.sql(self.sql).limit(0).to_arrow_table().schema
        return spark_session.frame_of_batches(context, schema, rows, self.batches())


def engine_error(error: duckdb.Error) -> EngineError:
    """What the engine said, as the error of whoever asks a database."""
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
