"""Run statements that a person types: interruptible, with progress, drawn as tables."""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import duckdb

from recsys.backends.duckdb.statements import CORRUPT, Connection, first_line
from recsys.errors import RecsysError, UsageError
from recsys.identifiers import literal, quoted
from recsys.interruptible import run_in_thread
from recsys.project.renamed import query_error
from recsys.serving.copy_target import check_copy

POLL_SECONDS = 0.05
PIECE = 10_000  # rows that are converted at a time
NO_JSON = re.compile("NaN|Infinity")
WRITES = re.compile(r'Cannot execute statement of type "(\w+)" on database "warehouse" which is attached')
READ_ONLY = (
    "the warehouse is read-only; change a copy of its file, or write rows to a file: "
    "copy (select ...) to 'out.csv' (header)"
)
RELATIONS = """
    select schema_name || '.' || table_name as relation, 'table' as kind, estimated_size as rows
    from duckdb_tables()
    union all
    select schema_name || '.' || view_name, 'view', null from duckdb_views() where not internal
    union all
    select
        case when schema_name = 'main' then '' else schema_name || '.' end
        || function_name || '(' || array_to_string(parameters, ', ') || ')',
        'macro', null
    from duckdb_functions() where function_type = 'table_macro' and not internal"""
SCHEMAS = """
    select schema_name from duckdb_tables() union select schema_name from duckdb_views()
    union select schema_name from duckdb_functions() where function_type = 'table_macro' and not internal"""
WORDS = """
    select keyword_name from duckdb_keywords()
    union select column_name from duckdb_columns() where not internal
    union select schema_name || '.' || table_name from duckdb_tables()
    union select schema_name || '.' || view_name from duckdb_views() where not internal
    union select case when schema_name = 'main' then '' else schema_name || '.' end || function_name || '('
    from duckdb_functions() where function_type = 'table_macro' and not internal
    order by all"""


class Answer:
    """Hold the rows of one statement in memory."""

    def __init__(self, relation: duckdb.DuckDBPyRelation) -> None:
        self.relation = relation

    @property
    def columns(self) -> Sequence[str]:
        """Return the names of the columns."""
        return self.relation.columns

    def texts(self) -> Iterator[Sequence[str | None]]:
        """Yield the rows, each value as DuckDB writes it (None for NULL), converted a piece at a time."""
        values = ", ".join(f"cast(#{place} as varchar)" for place in self._places())
        for batch in self.relation.project(values).to_arrow_reader(PIECE):
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)

    def documents(self) -> Iterator[str]:
        """Yield each row as a JSON object, nested values too; numbers that JSON does not have become null."""
        pairs = zip(self.columns, self._places(), strict=True)
        values = ", ".join(f"{literal(name)}, #{place}" for name, place in pairs)
        for batch in self.relation.project(f"json_object({values})").to_arrow_reader(PIECE):
            yield from map(_valid, batch.column(0).to_pylist())

    def _places(self) -> range:
        return range(1, len(self.columns) + 1)

    def drawn(self, width: int, most_rows: int) -> str:
        """Return the rows as a text table, drawn by DuckDB."""
        picture = io.StringIO()
        with contextlib.redirect_stdout(picture):
            self.relation.show(max_width=width, max_rows=most_rows)
        return picture.getvalue()


def run(
    connection: Connection, text: str, watched: Callable[[float], None], most_rows: int | None = None
) -> Iterator[Answer]:
    """Run the statements of a text one after the other and yield the answer of each that returns rows.

    Parameters
    ----------
    connection : Connection
        An open warehouse.
    text : str
        Statements separated by semicolons.
    watched : callable
        Receives the finished share (0..1) of the running statement several times a second.
    most_rows : int, optional
        Limit of the rows of an answer.

    Raises
    ------
    KeyboardInterrupt
        After stopping the running statement.
    UsageError
        A statement is wrong, with DuckDB's message, or would change the warehouse.
    RecsysError
        A file cannot be read or written.
    """
    with _translate_errors():
        statements = connection.extract_statements(text)
    for statement in statements:
        check_copy(statement)
        with _translate_errors():
            relation = run_in_thread(
                partial(_materialized, connection, statement, most_rows),
                lambda: watched(max(0.0, connection.query_progress() / 100)),
                connection.interrupt,
                interval=POLL_SECONDS,
                patience=None,
            )
        if relation is not None:
            yield Answer(relation)


def _valid(document: str) -> str:
    """Return a JSON document without NaN and infinity, which DuckDB writes and JSON does not have."""
    if not NO_JSON.search(document):
        return document
    return json.dumps(json.loads(document, parse_constant=lambda name: None), ensure_ascii=False)


def _materialized(
    connection: Connection, statement: Any, most_rows: int | None
) -> duckdb.DuckDBPyRelation | None:
    """Materialize the rows of a statement under its own column names, which may repeat."""
    relation = connection.sql(statement)
    if relation is None:
        return None
    names = relation.columns
    held = (relation if most_rows is None else relation.limit(most_rows)).materialize()
    if held.columns == names:
        return held
    pairs = zip(held.columns, names, strict=True)
    return held.project(", ".join(f"{quoted(own)} as {quoted(name)}" for own, name in pairs))


@contextlib.contextmanager
def _translate_errors() -> Iterator[None]:
    """Translate DuckDB's errors into RecsysError or UsageError; leave damage to `reading`."""
    try:
        yield
    except duckdb.Error as error:
        if CORRUPT.search(str(error)):
            raise
        if isinstance(error, duckdb.OutOfMemoryException):
            raise RecsysError(f"not enough memory: {first_line(error)}") from None
        if written := WRITES.search(str(error)):
            raise UsageError(f"{written[1].replace('_', ' ')}: {READ_ONLY}") from None
        kind = RecsysError if isinstance(error, duckdb.IOException) else UsageError
        raise kind(query_error(str(error).strip())) from None


def watch(connection: Connection) -> None:
    """Enable progress measurement."""
    connection.execute("set enable_progress_bar = true")
    connection.execute("set enable_progress_bar_print = false")


def schemas(connection: Connection) -> frozenset[str]:
    """Return the schemas that have a relation."""
    return frozenset(name for (name,) in connection.execute(SCHEMAS).fetchall())


def words(connection: Connection) -> list[str]:
    """Return completions for a query: keywords, columns, relations, and macros with an opening bracket."""
    return [word for (word,) in connection.execute(WORDS).fetchall()]
