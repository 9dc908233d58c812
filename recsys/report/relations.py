"""Relations of a warehouse that the report reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recsys.backends.duckdb.connection import query
from recsys.backends.duckdb.statements import Connection
from recsys.engine.manifest import Record, read_from
from recsys.identifiers import quoted_relation
from recsys.serving import queries
from recsys.serving.queries import has

Row = Mapping[str, Any]


class AbsentError(Exception):
    """Report that the warehouse lacks what a section needs."""


@dataclass
class Relations:
    """Read the relations of a warehouse."""

    connection: Connection

    def rows(self, relation: str, order: str = "all") -> list[dict[str, Any]]:
        """Return all rows in an order; raise AbsentError if the relation is missing or empty."""
        if not has(self.connection, relation):
            raise AbsentError(f"the warehouse has no {relation}")
        rows: list[dict[str, Any]] = query(
            self.connection, f"select * from {quoted_relation(relation)} order by {order}"
        ).to_pylist()
        if not rows:
            raise AbsentError(f"{relation} is empty")
        return rows

    def records(self) -> Mapping[str, Record]:
        """Return what the last build recorded of each relation."""
        return read_from(self.connection)

    def leaderboard(self) -> list[dict[str, Any]]:
        """Return the evaluated models with the bounds of their accuracies, best first.

        With too few users for an interval, the bounds are the accuracy. Raise AbsentError without labels.
        """
        if not has(self.connection, "marts.leaderboard"):
            raise AbsentError("the warehouse has no marts.leaderboard")
        judged = [row for row in queries.leaderboard(self.connection) if row["accuracy"] is not None]
        if not judged:
            raise AbsentError("the data has no known answers to evaluate with")
        return [bounded(row, "accuracy", "accuracy_low", "accuracy_high") for row in judged]

    def constant_models(self) -> set[str]:
        """Return the models that score all items of a user alike."""
        return set(queries.constant_models(self.connection))

    def is_compared(self) -> bool:
        """Return whether published figures apply to this data."""
        return queries.is_compared(self.connection)

    def order(self) -> list[str]:
        """Return the models, best first where evaluated."""
        return [row["model"] for row in self.rows("marts.leaderboard", "accuracy desc nulls last, model")]


def bounded(row: Row, value: str, low: str, high: str) -> dict[str, Any]:
    """Return a row with bounds ``low`` and ``high``, which default to the value itself."""
    bounds = {"low": row[low], "high": row[high]}
    return {**row, **{name: row[value] if bound is None else bound for name, bound in bounds.items()}}
