"""Run the statements of ``sql/`` in a private database with limited memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pyarrow as pa

from recsys.errors import Error, InputError, UsageError
from recsys.identifiers import quoted
from recsys.interruptible import run_in_thread
from recsys.sources.importing.texts import undecodable

STATEMENTS = Path(__file__).resolve().parents[1]  # of the packages importing, appending and forgetting
FOLDERS = ("importing/sql", "appending/sql", "forgetting/sql")
POLL_SECONDS = 0.1
BATCH = 1 << 20  # rows
# An optimizer that has the reader of CSV files cast: what `try_cast` makes NULL is an error then.
HAS_TYPE_PUSHDOWN = "from duckdb_optimizers() where name = 'type_pushdown'"
LINE = re.compile(r"CSV Error on Line: (\d+)")
TEXT = re.compile(r"Original Line: ?(.*)")
FILE = re.compile(r"^\s*file = (.*)$", re.MULTILINE)
NO_UTF_8 = re.compile(r"unicode|utf-8", re.IGNORECASE)
REASON = re.compile(r"^(?:Value with unterminated quote|Maximum line size|The CSV Parser).*$", re.MULTILINE)
UNWRITABLE = re.compile(r"No space left|[Cc]ould not write|[Ff]ailed to write")
OURS = (duckdb.OutOfMemoryException, duckdb.InterruptException, duckdb.InternalException)
COUNT = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([STATEMENTS / folder for folder in FOLDERS]),
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["quoted"] = quoted
    environment.filters["literal"] = literal
    return environment


def literal(text: str) -> str:
    """Return a text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


class Engine:
    """Hold a connection to a database in memory that spills into the scratch folder.

    ``watch(fraction)`` gets the finished share (0..1) of the running statement.
    """

    def __init__(self, scratch: Path, threads: int, memory: str, watch: Callable[[float], None]) -> None:
        config: dict[str, Any] = {
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "threads": str(threads),
            "memory_limit": memory,
            "temp_directory": str(scratch / "spill"),
        }
        try:
            self.connection = duckdb.connect(config=config)
        except duckdb.Error as error:
            raise UsageError(f"DuckDB refuses these settings: {str(error).splitlines()[0]}") from None
        if self.connection.execute(HAS_TYPE_PUSHDOWN).fetchone():
            self.connection.execute("set disabled_optimizers = 'type_pushdown'")
        self.connection.execute("set TimeZone = 'UTC'")
        self.connection.execute("set enable_progress_bar = true")
        self.connection.execute("set enable_progress_bar_print = false")
        self.watch = watch

    def run(
        self, statement: str, parameters: Mapping[str, Any] | None = None, **names: Any
    ) -> list[dict[str, Any]]:
        """Run a statement of ``sql/`` and return its rows; ``names`` are the variables of its template.

        Raises InputError for a line of a text file that cannot be read, Error if DuckDB fails otherwise.
        """
        sql = _templates().get_template(f"{statement}.sql").render(**names)

        def work() -> list[dict[str, Any]]:
            cursor = self.connection.execute(sql, dict(parameters or {}))
            columns = [column[0] for column in cursor.description or ()]
            return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]

        try:
            return run_in_thread(work, self._report, self.connection.interrupt, interval=POLL_SECONDS)
        except duckdb.Error as error:
            given = dict(parameters or {})
            files = given.get("paths") or [file for name, file in given.items() if name == "file"]
            raise translated(error, files) from None

    def _report(self) -> None:
        self.watch(max(0.0, self.connection.query_progress() / 100))

    def batches(self, statement: str) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a statement as they are found, BATCH at a time."""
        sql = _templates().get_template(f"{statement}.sql").render()
        reader: pa.RecordBatchReader = self.connection.sql(sql).to_arrow_reader(BATCH)
        yield from reader

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


def translated(error: duckdb.Error, files: Sequence[str] = ()) -> Error:
    """Translate a DuckDB error into one line; for a text file with its line, its text and what was expected.

    ``files`` are the user's files that the statement read.
    """
    message = str(error)
    line, file = LINE.search(message), FILE.search(message)
    if line and file:
        if NO_UTF_8.search(message):
            return undecodable(Path(file[1]))
        text = TEXT.search(message)
        return InputError(file[1], int(line[1]), text[1] if text else None, _expected(message))
    reason = message.strip().splitlines()[0]
    if not files or isinstance(error, OURS) or UNWRITABLE.search(message):
        return Error(reason)
    reason = reason.partition(" Error: ")[2] or reason
    path = next((name for name in files if name in message), files[0])
    return InputError(path, None, None, f"a file that can be read: {reason}")


def _expected(message: str) -> str:
    if found := COUNT.search(message):
        return f"{found[1]} columns, as in the header, found {found[2]}"
    found = REASON.search(message)
    return f"text in the layout of the lines before: {found[0] if found else 'it cannot be read'}"
