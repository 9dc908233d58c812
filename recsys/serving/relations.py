"""The relations and macros that a warehouse has, and the settings that its build recorded."""

from __future__ import annotations

from pathlib import Path

from recsys.backends.duckdb.connection import fetch, query
from recsys.backends.duckdb.statements import Connection
from recsys.errors import WarehouseError

NAMES = (  # of relations, and of macros, which take six times as long to list
    "select table_schema || '.' || table_name as name from information_schema.tables",
    "select schema_name || '.' || function_name as name from duckdb_functions() "
    "where function_type = 'table_macro'",
)


def settings(connection: Connection) -> dict[str, str]:
    """Return the settings that the build recorded, such as ``data``, and its ``build_id``."""
    rows = query(connection, "from marts.build where kind = 'setting'").to_pylist()
    return {row["name"]: row["value"] for row in rows} | {"build_id": rows[0]["build_id"]}


def build_id(connection: Connection) -> str:
    """Return the id of the build that an open warehouse shows."""
    return settings(connection)["build_id"]


def require(connection: Connection, warehouse: Path, *names: str) -> None:
    """Raise UsageError unless the warehouse has these relations or macros."""
    there = frozenset[str]()
    for sql in NAMES:
        there |= _names(connection, sql)
        if all(_qualified(name) in there for name in names):
            return
    require_of(there, warehouse, *names)


def require_of(there: frozenset[str], warehouse: Path, *names: str) -> None:
    """Raise UsageError unless these relations and macros, ``schema.name`` or of ``main``, are there."""
    for name in names:
        if _qualified(name) not in there:
            remedy = "build all of it: recsys build without --select, --without and --paper"
            raise WarehouseError(f"{warehouse}: built in part, without {name}; {remedy}")


def _qualified(name: str) -> str:
    """Return the name of a relation or macro with its schema."""
    return name if "." in name else f"main.{name}"


def has(connection: Connection, relation: str) -> bool:
    """Return whether the warehouse has a relation or table macro of that name."""
    return any(relation in _names(connection, sql) for sql in NAMES)  # most are found by the first


def relation_names(connection: Connection) -> frozenset[str]:
    """Return the names of all relations and table macros of a warehouse, ``schema.name``."""
    return frozenset().union(*(_names(connection, sql) for sql in NAMES))


def _names(connection: Connection, sql: str) -> frozenset[str]:
    return frozenset(row["name"] for row in fetch(connection, sql))
