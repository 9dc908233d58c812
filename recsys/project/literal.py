"""Finds relations that a model names itself: by ``ref()`` alone does the graph know what reads what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from recsys.errors import BuildError
from recsys.project.templates import own_text

TOKEN = re.compile(
    r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|(?P<name>[A-Za-z_]\w*|\"(?:[^\"]|\"\")*\")|(?P<sign>[().,])|\S",
    re.DOTALL,
)
ENDS = {"where", "group", "having", "order", "limit", "window", "qualify", "union", "except", "intersect"}


@dataclass
class _Query:
    """Where in a query, or in a pair of parentheses, the reading is."""

    is_first: bool = True
    is_selecting: bool = False
    is_in_from: bool = False
    expects_relation: bool = False


@lru_cache(maxsize=4096)
def literal_names(sql: str, schemas: frozenset[str]) -> tuple[tuple[int, str], ...]:
    """Names ``schema.relation`` that stand where a query names what it reads, each with its offset.

    Strings and comments are no SQL, and ``alias.column`` elsewhere is no relation.
    """
    return tuple(_literal_names(sql, schemas)) if mentioned(sql, schemas) else ()


@lru_cache(maxsize=4096)
def mentioned(sql: str, schemas: frozenset[str]) -> frozenset[str]:
    """Whatever looks like ``schema.relation``, wherever it stands."""
    return frozenset(f"{schema}.{name}".lower() for schema, name in _mention(schemas).findall(sql))


@lru_cache
def _mention(schemas: frozenset[str]) -> re.Pattern[str]:
    between = r'"?(?:\s|--[^\n]*|/\*.*?\*/)*'
    words = "|".join(sorted(schemas))
    return re.compile(rf'\b({words}){between}\.{between}"?(\w+)', re.IGNORECASE | re.DOTALL)


def _literal_names(sql: str, schemas: frozenset[str]) -> Iterator[tuple[int, str]]:
    tokens = [found for found in TOKEN.finditer(sql) if not found[0].startswith(("--", "/*"))]
    stack = [_Query()]
    place = 0
    while place < len(tokens):
        token, here = tokens[place], stack[-1]
        word = token[0].lower()
        before = tokens[place - 1][0].lower() if place else ""
        place += 1
        if word == "(":
            stack.append(_Query(is_in_from=here.expects_relation, expects_relation=here.expects_relation))
        elif word == ")":
            stack = stack[:-1] or [_Query()]
        elif word == ",":
            here.expects_relation = here.is_in_from
        elif word == "select":
            here.is_selecting, here.is_in_from, here.expects_relation = True, False, False
        elif word in ENDS:
            here.is_in_from = here.expects_relation = False
        elif word == "join" or (word == "from" and _begins_a_list(here, before, len(stack))):
            here.is_in_from = here.expects_relation = True
        elif token["name"] and here.expects_relation and word != "lateral":
            parts = [_bare(token[0])]
            while place + 1 < len(tokens) and tokens[place][0] == "." and tokens[place + 1]["name"]:
                parts.append(_bare(tokens[place + 1][0]))
                place += 2
            here.expects_relation = False
            if len(parts) > 1 and parts[-2] in schemas:
                yield token.start(), ".".join(parts[-2:])
        here.is_first = False


def refuse_literal_names(path: Path, source: str, schemas: frozenset[str]) -> None:
    """BuildError with file and line for a relation that the SQL of a template names without ``ref()``."""
    text = own_text(source)
    for offset, name in literal_names(text, schemas):
        raise BuildError(f"{path}:{text.count(chr(10), 0, offset) + 1}: {complaint(name)}")


def complaint(name: str) -> str:
    return f"'{name}' by its name: expected {{{{ ref('{name}') }}}}, which tells the graph"


def _begins_a_list(here: _Query, before: str, depth: int) -> bool:
    """Whether a FROM is that of a query: not so in ``a is distinct from b`` and ``extract(day from a)``."""
    return before != "distinct" and (depth == 1 or here.is_first or here.is_selecting)


def _bare(name: str) -> str:
    return name.strip('"').lower()
