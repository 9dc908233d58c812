"""The best model of a build, and a sentence about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recsys.backends.duckdb.connection import query
from recsys.backends.duckdb.statements import Connection
from recsys.serving.relations import has


def best_model(connection: Connection) -> dict[str, Any] | None:
    """Return the row of ``marts.best_model``; None if neither labels nor validation can rank the models."""
    if not has(connection, "marts.best_model"):
        return None
    rows = query(connection, "from marts.best_model").to_pylist()
    return rows[0] if rows else None


def best_sentence(best: Mapping[str, Any]) -> str:
    """Describe the best model: its accuracy, its training data and how it was chosen."""
    low, high = best["accuracy_low"], best["accuracy_high"]
    interval = "" if low is None else f", 95 % interval {low:.3f} to {high:.3f}"
    return f"Best model: {best['model']}, accuracy {best['accuracy']:.4f}{interval}.\n{chosen_sentence(best)}"


def chosen_sentence(best: Mapping[str, Any]) -> str:
    """Describe what the best model learned from and how it was chosen."""
    learned = "ratings and labels" if best["is_trained_on_labels"] else "ratings only"
    users = f"{best['users']:,} user{'' if best['users'] == 1 else 's'}"
    chosen = (
        f"in validation on {users}" if best["chosen_by"] == "validation" else f"on {users} with known answers"
    )
    return f"Learned from {learned}. Picked as best {chosen}."
