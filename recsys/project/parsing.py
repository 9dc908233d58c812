"""Parsing by DuckDB's own parser: the statements and tokens of a text, and the tree of a query."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import duckdb

Node = Mapping[str, Any]

COMMENTS = re.compile(r"(?:--[^\n]*(?:\n|$)|/\*.*?\*/|\s)*", re.DOTALL)
SERIALIZE = "select json_serialize_sql($text, skip_empty := true, skip_null := true, skip_default := true)"


@dataclass(frozen=True)
class Statement:
    """A statement of a text: its kind, such as ``SELECT``, and the character of the text where it begins."""

    kind: str
    offset: int


_thread = threading.local()


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"errors_as_json": True})


def _parser() -> duckdb.DuckDBPyConnection:
    """Return a connection for this thread, for its parser alone."""
    if not hasattr(_thread, "connection"):
        _thread.connection = _engine().cursor()
    found: duckdb.DuckDBPyConnection = _thread.connection
    return found


def statements(text: str) -> list[Statement]:
    """Split a text into statements.

    Parameters
    ----------
    text : str
        SQL.

    Returns
    -------
    list of Statement
        Empty for a text of comments alone.

    Raises
    ------
    duckdb.Error
        The text is no SQL; the message is JSON with the byte offset of the fault.
    """
    found, begin = [], 0
    for statement in _parser().extract_statements(text):
        found.append(Statement(statement.type.name, behind_comments(text, begin)))
        begin += len(statement.query)
    return found


def tree(text: str) -> Node:
    """Return the syntax tree of a text of SELECT statements, as DuckDB's ``json_serialize_sql`` has it."""
    (found,) = _parser().execute(SERIALIZE, {"text": text}).fetchall()
    parsed: Node = json.loads(found[0])
    return parsed


def behind_comments(text: str, begin: int = 0) -> int:
    """Return the first character from ``begin`` on that is neither blank nor of a comment."""
    return COMMENTS.match(text, begin).end()  # type: ignore[union-attr]


def nodes(text: str) -> Iterator[tuple[Node, int]]:
    """Walk the tree of a text from the top down.

    Yields
    ------
    tuple of Node and int
        A node, and the character of the text where it, or else what holds it, begins.
    """
    is_plain = text.isascii()
    waiting: list[tuple[Any, int]] = [(tree(text), 0)]
    while waiting:
        value, place = waiting.pop()
        if isinstance(value, list):
            waiting += [(item, place) for item in reversed(value)]
        elif isinstance(value, dict):
            place = value.get("query_location", place)
            yield value, place if is_plain else characters(text, place)
            waiting += [(item, place) for item in reversed(value.values()) if isinstance(item, dict | list)]


def characters(text: str, offset: int) -> int:
    """Return the character of a text at a byte offset, which is how the engine counts."""
    return len(text.encode()[: max(0, offset)].decode(errors="ignore"))
