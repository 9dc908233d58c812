"""Statements that a person types: run beside the terminal, which can interrupt them, and drawn as tables."""

from __future__ import annotations

import contextlib
import io
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import duckdb

from recsys.backends.duckdb.statements import CORRUPT, Connection
from recsys.errors import RecsysError, UsageError

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
    """The rows of one statement, held in memory."""

    def __init__(self, relation: duckdb.DuckDBPyRelation) -> None:
        self.relation = relation

    @property
    def columns(self) -> Sequence[str]:
        return self.relation.columns

    def rows(self) -> Iterator[Sequence[Any]]:
        return iter(self.relation.iter_rows())

    def dicts(self) -> list[dict[str, Any]]:
        return self.relation.to_arrow_table().to_pylist()

    def drawn(self, width: int, most_rows: int) -> str:
        """The engine's own picture of a table."""
        picture = io.StringIO()
        with contextlib.redirect_stdout(picture):
            self.relation.show(max_width=width, max_rows=most_rows)
        return picture.getvalue()


def run(
    connection: Connection, text: str, watched: Callable[[float], None], most_rows: int | None = None
) -> Iterator[Answer]:
    """The answers of the statements in a text, one after the other; a statement without rows has none.

    ``watched`` is told the share 0..1 of the running statement that is done, several times a second. With
    ``most_rows``, no answer holds more. A KeyboardInterrupt ends the statement and is raised again.
    UsageError with the engine's message for a statement that is wrong, RecsysError where a file cannot be
    read or written.
    """
    with _told():
        statements = connection.extract_statements(text)
    for statement in statements:
        relation = _beside(connection, partial(_held, connection, statement, most_rows), watched)
        if relation is not None:
            yield Answer(relation)


def _held(connection: Connection, statement: Any, most_rows: int | None) -> duckdb.DuckDBPyRelation | None:
    """The rows of a statement under the names that it gives them, two of which may be the same."""
    relation = connection.sql(statement)
    if relation is None:
        return None
    names = relation.columns
    held = (relation if most_rows is None else relation.limit(most_rows)).materialize()
    if held.columns == names:
        return held
    pairs = zip(held.columns, names, strict=True)
    return held.project(", ".join(f"{_quoted(own)} as {_quoted(name)}" for own, name in pairs))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _beside(connection: Connection, work: Callable[[], Any], watched: Callable[[float], None]) -> Any:
    """What a function returns that runs in a thread of its own, so that this one can be interrupted."""
    outcome: dict[str, Any] = {}
    finished = threading.Event()

    def body() -> None:
        try:
            outcome["value"] = work()
        except BaseException as error:
            outcome["error"] = error
        finally:
            finished.set()

    threading.Thread(target=body, daemon=True).start()
    try:
        while not finished.wait(POLL_SECONDS):
            watched(max(0.0, connection.query_progress() / 100))
    except BaseException:
        connection.interrupt()
        finished.wait()
        raise
    with _told():
        if "error" in outcome:
            raise outcome["error"]
    return outcome["value"]


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """The engine's errors as those of the program; damage is for `reading` to tell of."""
    try:
        yield
    except duckdb.Error as error:
        if CORRUPT.search(str(error)):
            raise
        kind = RecsysError if isinstance(error, duckdb.IOException) else UsageError
        raise kind(str(error).strip()) from None


def watch(connection: Connection) -> None:
    """Let the engine measure how far a statement is."""
    connection.execute("set enable_progress_bar = true")
    connection.execute("set enable_progress_bar_print = false")


def schemas(connection: Connection) -> frozenset[str]:
    """The schemas that have a relation."""
    return frozenset(name for (name,) in connection.execute(SCHEMAS).fetchall())


def words(connection: Connection) -> list[str]:
    """What a query can be made of: keywords, columns, relations, and macros with an opening bracket."""
    return [word for (word,) in connection.execute(WORDS).fetchall()]
