"""Look up the new names of relations, macros and parameters of earlier versions: ``sql/renamed.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache

from recsys.project.files import shipped

MISSING = re.compile(
    r'Catalog Error: Table (?P<function>Function )?with name "?(?P<name>[a-z_.]+)"? does not exist'
)


def new_parameter(name: str) -> str | None:
    """Return the new name of a parameter; None if ``name`` is not an old one."""
    return _names()["parameters"].get(name)


def new_relation(name: str) -> str | None:
    """Return the new name of a relation, schema or macro; None if ``name`` is not an old one."""
    schema, dot, stem = name.partition(".")
    if not dot:
        return _names()["schemas"].get(name) or _by_stem(name)
    if new := _names()["macros"].get(stem) if schema == "main" else _names()["relations"].get(name):
        return new
    new_schema = _names()["schemas"].get(schema)
    return f"{new_schema}.{stem}" if new_schema else None


def query_error(message: str) -> str:
    """Return DuckDB's message for a failed query, or the new name if the query uses an old one.

    Parameters
    ----------
    message : str
        DuckDB's message.

    Returns
    -------
    str
        One line such as ``judged is now marts.ground_truth``, or the message itself.
    """
    found = MISSING.match(message)
    if not found:
        return message
    old = found["name"]
    new = new_relation(f"main.{old}" if found["function"] else old)
    return f"{old} is now {new}" if new else message


def _by_stem(stem: str) -> str | None:
    """Return the new name of the first old relation with this name in its schema."""
    names = _names()["relations"].items()
    return next((new for old, new in names if old.partition(".")[2] == stem), None)


@cache
def _names() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((shipped() / "renamed.toml").read_text(encoding="utf-8"))
