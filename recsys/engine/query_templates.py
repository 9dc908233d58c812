"""Store the SQL that a warehouse can run on request: rows of ``marts.requests``."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from recsys.backends.duckdb.connection import query, reading
from recsys.errors import RecsysError
from recsys.project import Project

RELATION = "marts.requests"
SCHEMA = pa.schema(
    [
        ("relation", pa.string()),
        ("position", pa.int32()),
        ("reads", pa.list_(pa.string())),
        ("sql", pa.string()),
        ("function", pa.string()),
        ("inputs", pa.list_(pa.string())),
    ]
)


def table(project: Project) -> pa.Table:
    """Return ``marts.requests``: one row per relation that can be computed, in dependency order.

    ``reads`` names the other relations of the request that it reads, inputs included. A relation that Python
    computes has the ``function`` of ``recsys.learners`` and its ``inputs``, each ``argument=place``.
    """
    rendered = [(schema, one) for schema in project.on_request for one in project.requests(schema)]
    rows = [
        {
            "relation": one.model.name,
            "position": position,
            "reads": [ref for ref in one.refs if ref.startswith(f"{schema}.")],
            "sql": one.sql,
            "function": one.call and f"{one.call.module}.{one.call.function}",
            "inputs": [f"{argument}={place}" for argument, place in one.call.relations.items()]
            if one.call
            else [],
        }
        for position, (schema, one) in enumerate(rendered)
    ]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def are_in(warehouse: Path, project: Project) -> bool:
    """Return whether a published warehouse has exactly the project's query templates."""
    try:
        with reading(warehouse) as connection:
            return bool(query(connection, f"from {RELATION} order by position").equals(table(project)))
    except RecsysError:
        return False
