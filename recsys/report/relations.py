"""The relations of a warehouse that the report is made from."""

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
    """The warehouse lacks what a section is made from; the message says what."""


@dataclass
class Relations:
    """The rows of a warehouse's relations."""

    connection: Connection

    def rows(self, relation: str, order: str = "all") -> list[dict[str, Any]]:
        """All rows in an order; AbsentError if the warehouse lacks the relation or it is empty."""
        if not has(self.connection, relation):
            raise AbsentError(f"this warehouse has no {relation}")
        rows: list[dict[str, Any]] = query(
            self.connection, f"select * from {quoted_relation(relation)} order by {order}"
        ).to_pylist()
        if not rows:
            raise AbsentError(f"{relation} is empty")
        return rows

    def records(self) -> Mapping[str, Record]:
        return read_from(self.connection)

    def leaderboard(self) -> list[dict[str, Any]]:
        """The judged models with the bounds of their accuracies, the best first; AbsentError without labels.

        Where there are too few users to tell, the bounds are the accuracy itself.
        """
        if not has(self.connection, "marts.leaderboard"):
            raise AbsentError("this warehouse has no marts.leaderboard")
        judged = [row for row in queries.leaderboard(self.connection) if row["accuracy"] is not None]
        if not judged:
            raise AbsentError("the data set has no labels to judge by")
        return [bounded(row, "accuracy", "accuracy_low", "accuracy_high") for row in judged]

    def is_compared(self) -> bool:
        """Whether published figures speak of such data as this."""
        return queries.is_compared(self.connection)

    def order(self) -> list[str]:
        """The models, the best first where they are judged."""
        return [row["model"] for row in self.rows("marts.leaderboard", "accuracy desc nulls last, model")]


def bounded(row: Row, value: str, low: str, high: str) -> dict[str, Any]:
    """A row with bounds ``low`` and ``high``, which are the value itself where it has none."""
    bounds = {"low": row[low], "high": row[high]}
    return {**row, **{name: row[value] if bound is None else bound for name, bound in bounds.items()}}
