"""Run statements over one connection so that a signal or another thread can interrupt them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from recsys.backends.database import EngineError
from recsys.identifiers import quoted_relation
from recsys.interruptible import run_in_thread
from recsys.project.contract import Context
from recsys.project.parsing import characters

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Connection = duckdb.DuckDBPyConnection
OUT_OF_MEMORY = "Out of Memory"  # what the engine calls it
NOT_ENOUGH = "not enough memory: give --memory a larger value, or --threads a smaller one"
READER = re.compile("^reading the stream registered as 'incoming' failed: (Invalid: )?")
CORRUPT = re.compile("Corrupt database file|Could not read enough bytes")  # a damaged or missing block
# DuckDB would download and run an extension for some files and names; nothing here needs one.
OFFLINE = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}


class Statements:
    """Run statements over one connection so that a signal or another thread can interrupt them."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.is_interrupted = False

    def run(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        take: Callable[[Connection], Any] = Connection.fetchall,
    ) -> Any:
        """Run a statement in its own thread, so that the caller stays interruptible, and return its rows.

        Parameters
        ----------
        sql : str
            One statement.
        parameters : mapping of str to Any, optional
            Values of ``$name``.
        take : callable, default fetchall
            Reads the result from the connection.

        Raises
        ------
        EngineError
            DuckDB fails the statement, or `interrupt` was called.
        """
        if self.is_interrupted:
            raise EngineError("interrupted")

        def work() -> Any:
            return take(self.connection.execute(sql, dict(parameters or {})))

        try:
            return run_in_thread(work, self._interrupt_again, self.connection.interrupt)
        except duckdb.Error as error:
            raise engine_error(error, sql) from None

    def _interrupt_again(self) -> None:
        """Interrupt once more: the first time may have been before the statement began."""
        if self.is_interrupted:
            self.connection.interrupt()

    def value(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Any:
        """Return the first value of the first row of a query."""
        return self.run(sql, parameters)[0][0]

    def interrupt(self) -> None:
        """Stop the running statement, and fail every later one so that a sequence of statements ends."""
        self.is_interrupted = True
        self.connection.interrupt()

    def progress(self) -> float:
        """Return the finished share (0..1) of the running statement."""
        return max(0.0, self.connection.query_progress() / 100)

    def relation(self, name: str, order: Sequence[str]) -> Ordered:
        """Return a relation for a Python model, ordered by these columns."""
        ordering = f" order by {', '.join(map(quoted_relation, order))}" if order else ""
        return Ordered(self, f"select * from {quoted_relation(name)}{ordering}")


class Ordered:
    """Read a relation in Python: the same rows in the same order for any number of threads."""

    def __init__(self, statements: Statements, sql: str) -> None:
        self.statements, self.sql = statements, sql

    def arrow(self) -> pa.Table:
        """Return the whole relation as an Arrow table."""
        try:
            return self.statements.connection.sql(self.sql).to_arrow_table()
        except duckdb.Error as error:
            raise engine_error(error) from None

    def batches(self, rows: int = 1 << 20) -> Iterator[pa.RecordBatch]:
        """Yield batches of at most ``rows`` rows.

        Uses a cursor of its own, since a DuckDB connection has one unfinished result at a time.
        """
        cursor = self.statements.connection.cursor()
        try:
            yield from cursor.sql(self.sql).to_arrow_reader(rows)
        except duckdb.Error as error:
            raise engine_error(error) from None
        finally:
            cursor.close()

    def frame(self, context: Context) -> DataFrame:
        """Return the relation as a Spark frame in the session of the context."""
        from recsys.backends.spark import session as spark_session

        rows = self.statements.value(f"select count(*) from ({self.sql})")
        schema = self.statements.connection.sql(self.sql).limit(0).to_arrow_table().schema
        return spark_session.frame_of_batches(context, schema, rows, self.batches())


def engine_error(error: duckdb.Error, sql: str = "") -> EngineError:
    """Return the engine's message as an EngineError, with the character of the statement that is at fault."""
    text = str(error)
    is_damage = bool(CORRUPT.search(text))
    try:
        details = json.loads(text[text.index("{") :])
    except ValueError:
        return EngineError(text, None, is_damage)
    offset = details.get("position")
    message = details.get("exception_message", text)
    if details.get("exception_type") == OUT_OF_MEMORY:
        return EngineError(f"{NOT_ENOUGH} ({message.splitlines()[0]})", None, is_damage)
    message = READER.sub("", message.partition(" Detail: Python exception:")[0])
    place = None if offset is None else characters(sql, int(offset)) if sql else int(offset)
    return EngineError(message, place, is_damage)


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, or its class name."""
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
