"""What the pages show of a warehouse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from recsys.engine.duckdb import query
from recsys.engine.queries import build_id
from recsys.report.explain import explain, rows_of

TYPES = ("track", "album", "artist", "genre", "unlisted")
NEEDED = (  # relations and macros that the pages are made from
    *("marts.leaderboard", "marts.predictions", "marts.judged", "features.candidates"),
    *("history", "explain"),
)
MOST_RATINGS = 60  # shown of each type, until a person asks for all
LARGEST_ID = 2**31 - 1
DEFAULT_MODELS = 4

Row = dict[str, Any]


@dataclass(frozen=True)
class Ratings:
    """A user's ratings of one type of item, the last first; ``rows`` may be fewer than ``count``."""

    item_type: str
    count: int
    mean: float
    rows: Sequence[Row]


@dataclass(frozen=True)
class Ranking:
    """A user's candidates as one model ranks them, and how many of the judged it predicts right."""

    model: str
    candidates: Sequence[Row]
    judged: int
    correct: int


@dataclass(frozen=True)
class Explanation:
    """The evidence on a pair of a user and a track, and what all models make of the pair.

    ``score`` is that of the model adaptive, to which the contributions add up; ``largest`` is one of them.
    """

    evidence: Sequence[Row]
    score: float
    largest: float
    models: Sequence[Row]


class Explorer:
    """Questions to one connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def _rows(self, sql: str, **parameters: Any) -> list[Row]:
        return query(self.connection, sql, parameters).to_pylist()

    def build_id(self) -> str:
        return build_id(self.connection)

    def leaderboard(self) -> list[Row]:
        return self._rows("from marts.leaderboard order by accuracy desc nulls last, model")

    def models(self) -> list[str]:
        """All models, the best first."""
        return [row["model"] for row in self.leaderboard()]

    def test_users(self) -> list[int]:
        """The users who have candidates, by id."""
        rows = self._rows("select distinct user_id from staging.candidates order by user_id")
        return [row["user_id"] for row in rows]

    def disagreeing_users(self, model: str, other: str) -> list[int]:
        """The users some of whose candidates the two models predict differently, by id."""
        rows = self._rows("from disagreements($model, $other) order by user_id", model=model, other=other)
        return [row["user_id"] for row in rows]

    def history(self, user_id: int, most: int | None = MOST_RATINGS) -> list[Ratings]:
        """The user's ratings by type of item; ``most`` of each. UnknownIdError for an unknown user."""
        rows = rows_of(self.connection, "from history($user) order by seq desc", {"user": user_id})
        by_type: dict[str, list[Row]] = {name: [] for name in TYPES}
        for row in rows:
            by_type[row["item_type"] or "unlisted"].append(row)
        return [
            Ratings(name, len(found), sum(row["rating"] for row in found) / len(found), found[:most])
            for name, found in by_type.items()
            if found
        ]

    def candidates(self, user_id: int) -> list[Row]:
        """The user's candidates in file order, with their features and ``label`` (None where unknown)."""
        return self._rows(
            "select * from features.candidates join staging.candidates using (user_id, track_id) "
            "left join marts.judged using (user_id, track_id) where user_id = $user order by position",
            user=user_id,
        )

    def rankings(self, user_id: int, models: Sequence[str]) -> list[Ranking]:
        """The user's candidates as each of the models ranks them."""
        rows = self._rows(
            "select * from marts.predictions left join marts.judged using (user_id, track_id) "
            "where user_id = $user order by rank",
            user=user_id,
        )
        return [_ranking(model, [row for row in rows if row["model"] == model]) for model in models]

    def explanation(self, user_id: int, track_id: int) -> Explanation | None:
        """The evidence on a pair; None if this warehouse cannot explain."""
        rows = explain(self.connection, user_id, track_id)
        evidence = [row for row in rows if row["level"] != "model"]
        contributions = [row["contribution"] or 0.0 for row in evidence]
        return Explanation(
            evidence,
            sum(contributions),
            max(contributions, default=0.0),
            [row for row in rows if row["level"] == "model"],
        )

    def relations(self) -> list[Row]:
        """The tables and views, for a reader who writes a query: relation and its columns."""
        return self._rows(
            "select table_schema || '.' || table_name as relation, "
            "string_agg(column_name, ', ' order by ordinal_position) as columns "
            "from information_schema.columns where table_schema <> 'main' group by relation order by relation"
        )


def _ranking(model: str, rows: Sequence[Mapping[str, Any]]) -> Ranking:
    judged = [row for row in rows if row["label"] is not None]
    correct = sum(row["predicted"] == row["label"] for row in judged)
    scores = [row["score"] for row in rows]
    low, high = min(scores, default=0.0), max(scores, default=0.0)
    spread = (high - low) or 1.0
    candidates = [{**row, "height": (row["score"] - low) / spread} for row in rows]
    return Ranking(model, candidates, len(judged), correct)
