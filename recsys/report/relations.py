"""Relations of a warehouse that the report reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recsys.backends.duckdb.connection import query
from recsys.backends.duckdb.statements import Connection
from recsys.engine.manifest import Record, read_from
from recsys.identifiers import quoted_relation
from recsys.serving import evaluation
from recsys.serving.leaderboard import is_compared, leaderboard
from recsys.serving.limitations import constant_models
from recsys.serving.relations import has

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
        """Return the last build's record of each relation."""
        return read_from(self.connection)

    def leaderboard(self) -> list[dict[str, Any]]:
        """Return the evaluated models with the bounds of their accuracies, best first.

        Models with constant scores are left out. With too few users for an interval, the bounds are the
        accuracy. Raise AbsentError without labels.
        """
        if not has(self.connection, "marts.leaderboard"):
            raise AbsentError("the warehouse has no marts.leaderboard")
        if has(self.connection, "staging.candidates") and not self.has_test_items():
            raise AbsentError("the data have no test items")
        judged = [row for row in leaderboard(self.connection) if row["accuracy"] is not None]
        if not judged:
            raise AbsentError("the data has no known answers to evaluate with")
        judged = [row for row in judged if row["model"] not in self.constant_models()]
        if not judged:
            raise AbsentError("all models have constant scores")
        return [bounded(row, "accuracy", "accuracy_low", "accuracy_high") for row in judged]

    def list_leaderboard(self) -> list[dict[str, Any]]:
        """Return the evaluated list models, best first; raise AbsentError without any."""
        if not has(self.connection, evaluation.LEADERBOARD):
            raise AbsentError(f"the warehouse has no {evaluation.LEADERBOARD}")
        rows = [row for row in evaluation.leaderboard(self.connection) if row["ndcg"] is not None]
        if not rows:
            raise AbsentError("too few likes to hold some out")
        return [bounded(row, "ndcg", "lower", "upper") for row in rows]

    def is_of_lists(self) -> bool:
        """Return whether lists come first: the data are not the Cup's."""
        return not self.is_compared()

    def has_test_items(self) -> bool:
        """Return whether the data have test items."""
        return bool(query(self.connection, "from staging.candidates limit 1").num_rows)

    def noun(self) -> str:
        """Return the noun for an item, such as film."""
        found = query(self.connection, "select noun from staging.dataset").to_pylist()
        return str(found[0]["noun"]) if found else "item"

    def constant_models(self) -> set[str]:
        """Return the models that score all items of a user alike."""
        return set(constant_models(self.connection))

    def is_compared(self) -> bool:
        """Return whether published figures apply to this data."""
        return is_compared(self.connection)

    def order(self) -> list[str]:
        """Return the models without constant scores, best first where evaluated."""
        rows = self.rows("marts.leaderboard", "accuracy desc nulls last, model")
        return [row["model"] for row in rows if row["model"] not in self.constant_models()]


def bounded(row: Row, value: str, low: str, high: str) -> dict[str, Any]:
    """Return a row with bounds ``low`` and ``high``, which default to the value itself."""
    bounds = {"low": row[low], "high": row[high]}
    return {**row, **{name: row[value] if bound is None else bound for name, bound in bounds.items()}}
