"""Run statements that a person types: interruptible, with progress, drawn as tables."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import duckdb

from recsys.backends.duckdb.statements import CORRUPT, Connection, first_line
from recsys.errors import RecsysError, UsageError
from recsys.identifiers import quoted
from recsys.interruptible import run_in_thread
from recsys.serving.copy_target import check_copy

POLL_SECONDS = 0.05
RELATIONS = """
    select schema_name || '.' || table_name as relation, 'table' as kind, estimated_size as rows
    from duckdb_tables()
    union all
    select schema_name || '.' || view_name, 'view', null from duckdb_views() where not internal
    union all
    select function_name || '(' || array_to_string(parameters, ', ') || ')', 'macro', null
    from duckdb_functions() where function_type = 'table_macro' and not internal"""
SCHEMAS = "select distinct schema_name from duckdb_tables() union select schema_name from duckdb_views()"
WORDS = """
    select keyword_name from duckdb_keywords()
    union select column_name from duckdb_columns() where not internal
    union select schema_name || '.' || table_name from duckdb_tables()
    union select schema_name || '.' || view_name from duckdb_views() where not internal
    union select function_name || '(' from duckdb_functions()
    where function_type = 'table_macro' and not internal
    order by all"""


class Answer:
    """Hold the rows of one statement in memory."""

    def __init__(self, relation: duckdb.DuckDBPyRelation) -> None:
        self.relation = relation

    @property
    def columns(self) -> Sequence[str]:
        """Return the names of the columns."""
        return self.relation.columns

    def rows(self) -> Iterator[Sequence[Any]]:
        """Return an iterator over the rows."""
        return iter(self.relation.iter_rows())

    def dicts(self) -> list[dict[str, Any]]:
        """Return the rows as dictionaries."""
        return self.relation.to_arrow_table().to_pylist()

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
        A statement is wrong; the message is DuckDB's.
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
        kind = RecsysError if isinstance(error, duckdb.IOException) else UsageError
        raise kind(str(error).strip()) from None


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
