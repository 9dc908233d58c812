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
    """Describe the best model: how it was chosen, its accuracy there, and its training data.

    The leaderboard may be measured on other users, so the accuracy stands next to those of the choice.
    """
    low, high = best["accuracy_low"], best["accuracy_high"]
    interval = "" if low is None else f" (95 % interval {low:.3f} to {high:.3f})"
    measured = f"accuracy {best['accuracy']:.4f}{interval}. {_learned(best)}"
    return f"Best model {_chosen(best)}: {best['model']},\n{measured}"


def chosen_sentence(best: Mapping[str, Any]) -> str:
    """Describe what the best model learned from and how it was chosen."""
    return f"{_learned(best)} Picked as best {_chosen(best)}."


def _learned(best: Mapping[str, Any]) -> str:
    return f"Learned from {'ratings and labels' if best['is_trained_on_labels'] else 'ratings only'}."


def _chosen(best: Mapping[str, Any]) -> str:
    users = f"{best['users']:,} user{'' if best['users'] == 1 else 's'}"
    is_validated = best["chosen_by"] == "validation"
    return f"in validation on {users}" if is_validated else f"on {users} with known answers"
