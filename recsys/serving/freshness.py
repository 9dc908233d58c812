"""The interactions appended since the build, which no model has learned from."""

from __future__ import annotations

from dataclasses import dataclass

from recsys.backends.duckdb.connection import query
from recsys.backends.duckdb.statements import Connection
from recsys.serving.relations import has
from recsys.sources.interactions import counted

RELATION = "marts.freshness"
MUCH = 0.1  # share of the interactions that are not learned, from which on a list says so
INTERACTION = "interaction"


@dataclass(frozen=True)
class Freshness:
    """Hold the interactions appended since the build: numbers, and shares 0..1 of all and of all users."""

    interactions: int = 0
    interaction_share: float = 0.0
    user_share: float = 0.0

    @property
    def is_far_behind(self) -> bool:
        """Return whether so much is not learned that lists should say so."""
        return self.interaction_share > MUCH

    @property
    def sentence(self) -> str:
        """Return the interactions not learned from, as a sentence; empty without any."""
        if not self.interactions:
            return ""
        shares = f"{self.interaction_share:.1%} of all, of {self.user_share:.1%} of the users"
        return (
            f"{counted(self.interactions, INTERACTION)} appended since the last build ({shares}): lists use "
            "them, models learn from them in the next build"
        )


def freshness(connection: Connection) -> Freshness:
    """Return the interactions appended to an open warehouse since its build.

    Parameters
    ----------
    connection : DuckDB connection
        Of the open warehouse.

    Returns
    -------
    Freshness
        All zero after a build, and for a warehouse that an earlier version built.
    """
    if not has(connection, RELATION):
        return Freshness()
    asked = "sum(interactions)::bigint as interactions, max(interaction_share) as interaction_share, "
    asked += "max(user_share) as user_share"
    row = query(connection, f"select {asked} from {RELATION}").to_pylist()[0]
    return Freshness(**row) if row["interactions"] else Freshness()
