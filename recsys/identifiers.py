"""Quote names and texts for SQL."""

from __future__ import annotations

import re

IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")


def quoted(name: str) -> str:
    """Quote a name of any characters, such as that of a column of a CSV file."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Write a text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def quoted_relation(relation: str) -> str:
    """Quote the name of a relation, ``layer.stem`` with or without a database in front.

    Raises
    ------
    ValueError
        A part of the name is no identifier of lower-case letters, digits and _.
    """
    words = relation.split(".")
    if not all(IDENTIFIER.fullmatch(word) for word in words):
        raise ValueError(f"not a relation name: {relation!r}")
    return ".".join(map(quoted, words))
