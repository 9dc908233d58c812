"""Find relations that a model names directly: the graph only knows those named by ``ref()``."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from recsys.errors import BuildError
from recsys.project.parsing import nodes
from recsys.project.remembered import remembered
from recsys.project.templates import own_text

RELATIONS = ("BASE_TABLE", "TABLE_FUNCTION")
NO_SQL = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", re.DOTALL)


@lru_cache(maxsize=4096)
def literal_names(sql: str, schemas: frozenset[str]) -> tuple[tuple[int, str], ...]:
    """Return names ``schema.relation`` where a query names what it reads, each with its offset.

    Strings and comments are skipped, and ``alias.column`` elsewhere is not a relation.
    """
    if not mentioned(sql, schemas):
        return ()
    arguments = f"{sorted(schemas)}\0{sql}"
    found = remembered("literal", arguments, lambda: [*_named(sql, schemas, RELATIONS)])
    return tuple((offset, name) for offset, name in found)


@lru_cache(maxsize=4096)
def mentioned(sql: str, schemas: frozenset[str]) -> frozenset[str]:
    """Return everything that looks like ``schema.relation``, wherever it stands."""
    return frozenset(name for _, name in _mentions(sql, schemas))


def _mentions(sql: str, schemas: frozenset[str]) -> Iterator[tuple[int, str]]:
    for found in _mention(schemas).finditer(sql):
        yield found.start(), f"{found[1]}.{found[2]}".lower()


@lru_cache
def _mention(schemas: frozenset[str]) -> re.Pattern[str]:
    between = r'"?(?:\s|--[^\n]*|/\*.*?\*/)*'
    words = "|".join(sorted(schemas))
    return re.compile(rf'\b({words}){between}\.{between}"?(\w+)', re.IGNORECASE | re.DOTALL)


def _named(sql: str, schemas: Collection[str], kinds: Collection[str]) -> Iterator[tuple[int, str]]:
    for node, place in nodes(sql):
        if node.get("type") not in kinds:
            continue
        path = node.get("column_names") or _path(node)
        if len(path) > 1 and path[-2].lower() in schemas:
            yield place, ".".join(path[-2:]).lower()


def _path(node: Mapping[str, Any]) -> list[str]:
    named = node.get("function", node)
    path: list[str] = named.get("qualified_name", {}).get("path", [])
    return path


@lru_cache(maxsize=4096)
def own_lines(source: str, schemas: frozenset[str]) -> Mapping[int, frozenset[str]]:
    """Return the names like ``schema.relation`` in a template's own text, by line."""
    arguments = f"{sorted(schemas)}\0{source}"
    found = remembered("own lines", arguments, lambda: [*_own_lines(source, schemas)])
    return {line: frozenset(names) for line, names in found}


def _own_lines(source: str, schemas: frozenset[str]) -> Iterator[tuple[int, list[str]]]:
    text = NO_SQL.sub(_blank, own_text(source))
    places = ((text.count("\n", 0, offset) + 1, name) for offset, name in _mentions(text, schemas))
    for line, found in groupby(places, itemgetter(0)):
        yield line, sorted({name for _, name in found})


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])


@lru_cache(maxsize=4096)
def columns(sql: str, schemas: frozenset[str]) -> tuple[tuple[int, str], ...]:
    """Find the columns of a query that are written like a relation of these schemas, as `literal_names`."""
    return tuple(_named(sql, schemas, ("COLUMN_REF",)))


def refuse_in_macros(path: Path, source: str, schemas: frozenset[str], relations: Collection[str]) -> None:
    """Refuse a template macro that names a relation itself.

    Raises
    ------
    BuildError
        With file and line.
    """
    for line, names in own_lines(source, schemas).items():
        for name in sorted(names.intersection(relations)):
            raise BuildError(f"{path}:{line}: {complaint(name)}")


def complaint(name: str) -> str:
    """Return the message for a relation that is named directly."""
    return f"'{name}' by its name: expected {{{{ ref('{name}') }}}}, which tells the graph"
