"""Queries of one request to the warehouse, and facts cached for each build."""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recsys.backends.database import Limits
from recsys.backends.duckdb.connection import fetch, opened, query
from recsys.backends.duckdb.statements import Connection
from recsys.errors import WarehouseError
from recsys.serving.best_model import best_model
from recsys.serving.explain import rows_of
from recsys.serving.interactions import interactions
from recsys.serving.leaderboard import is_compared, leaderboard
from recsys.serving.model_names import ModelNames
from recsys.serving.recommender import Recommender
from recsys.serving.relations import build_id, relation_names, require_of
from recsys.serving.snapshots import Snapshot
from recsys.sources.interactions import Interactions
from recsys.ui.entities import KINDS, MOST_KNOWN, EntityCache, KnownEntities, entity_indexes
from recsys.ui.words import Words

NEEDED = (  # relations and macros that the pages read
    *(
        "marts.leaderboard",
        "marts.models",
        "marts.predictions",
        "marts.ground_truth",
        "marts.user_activity",
        "marts.recommendations",
    ),
    *("marts.item_facts", "marts.user_facts", "marts.list_leaderboard", "lists.item_knn"),
    *("taste", "raters", "waterfall", "search"),
    *("internal.neighbours_of", "internal.relatives", "internal.item_by_original_id"),
    *("internal.item_names", "internal.user_names"),
)
RECOMMENDERS = 2  # engines that make lists, each for one user at a time

Row = dict[str, Any]


@dataclass(frozen=True)
class ExplainedModel:
    """A model whose scores a page explains.

    ``steps`` is the macro that shows a score step by step; a list model needs none.
    """

    name: str
    steps: str | None = None
    is_on_ratings: bool = False
    scores_any_pair: bool = True
    is_list: bool = False

    @property
    def has_steps(self) -> bool:
        """Return whether a score can be shown step by step."""
        return self.is_list or self.steps is not None


class RequestContext:
    """Query the warehouse for one request."""

    def __init__(self, snapshot: Snapshot, connection: Connection) -> None:
        self.snapshot, self.connection = snapshot, connection
        there = snapshot.fact("relations", lambda: relation_names(connection))
        require_of(there, snapshot.warehouse, *NEEDED)
        indexes = snapshot.fact("entity indexes", lambda: entity_indexes(connection))
        known = snapshot.fact("entities", lambda: KnownEntities(MOST_KNOWN))
        self.entities = EntityCache(connection, known, indexes, self.interactions().noun)

    def rows(self, sql: str, **parameters: Any) -> list[Row]:
        """Return the rows of a query."""
        return fetch(self.connection, sql, parameters)

    def about(self, sql: str, **ids: Any) -> list[Row]:
        """Return the rows of a macro that checks ids; raise UnknownIdError for an unknown one."""
        return rows_of(self.connection, sql, ids)

    def value(self, sql: str, **parameters: Any) -> Any:
        """Return the only value of a query, None without a row."""
        return next((next(iter(row.values())) for row in self.rows(sql, **parameters)), None)

    def has(self, relation: str) -> bool:
        """Return whether the warehouse has a relation of that name."""
        return relation in self.snapshot.facts["relations"]

    def words(self) -> Words:
        """Return the owner's nouns for items."""
        return self.snapshot.fact("words", self._words)

    def _words(self) -> Words:
        found = "select distinct item_type from marts.item_facts where item_type is not null"
        types = {row["item_type"] for row in self.rows(found)}
        return Words(self.interactions(), [kind for kind in KINDS if kind in types])

    def relatives(self, item: int) -> list[Row]:
        """Return an item with its parents and children and their facts, most rated first."""
        rows = self.rows("from internal.relatives($item)", item=item)
        facts = self.entities.facts(row["relative_id"] for row in rows)
        known = [{**row, **facts[row["relative_id"]]} for row in rows]
        return sorted(known, key=lambda row: (-(row["rating_count"] or 0), row["relative_id"]))

    def candidates(self, user: int, track: int | None = None) -> list[Row]:
        """Return the user's test items, or one, as ranked by each model; ``label`` is None if unknown.

        Scores of models of ratings are on the owner's scale.
        """
        asked = "where user_id = $user" if track is None else "where user_id = $user and track_id = $track"
        given = {"user": user} if track is None else {"user": user, "track": track}
        rows = self.rows(f"from marts.predictions {asked}", **given)
        judged = self.rows(f"from marts.ground_truth {asked}", **given) if rows else []
        labels = {row["track_id"]: row["label"] for row in judged}
        on_ratings, values = self.models_of_ratings(), self.interactions()
        for row in rows:
            row["label"] = labels.get(row["track_id"])
            row["score"] = values.score(row["score"]) if row["model"] in on_ratings else row["score"]
        return sorted(rows, key=lambda row: row["rank"])

    def leaderboard(self) -> list[Row]:
        """Return the models, best first, as `recsys.serving.leaderboard.leaderboard`."""
        return self.snapshot.fact("leaderboard", lambda: leaderboard(self.connection))

    def models(self) -> list[str]:
        """Return the names of all models, best first."""
        return [row["model"] for row in self.leaderboard()]

    def explained_models(self) -> Mapping[str, ExplainedModel]:
        """Return the models by the names of pages: list models, best first, then the leaderboard.

        A model of the leaderboard that shares its name with a list model is called ``scores.NAME``.
        """
        return self.snapshot.fact("explained models", self._explained_models)

    def _explained_models(self) -> Mapping[str, ExplainedModel]:
        found = {name: ExplainedModel(name, is_list=True) for name in self.list_models()}
        facts = {row["model"]: row for row in self.rows("from marts.models")}
        for name in self.models():
            row = facts[name]
            own = f"scores.{name}" if name in found else name
            found[own] = ExplainedModel(name, row["steps"], row["is_on_ratings"], row["scores_any_pair"])
        return found

    def models_of_ratings(self) -> set[str]:
        """Return the models whose scores are on the scale of the ratings."""
        return {one.name for one in self.explained_models().values() if one.is_on_ratings}

    def interactions(self) -> Interactions:
        """Return the kind of feedback, the scale and the words of the data."""
        return self.snapshot.fact("interactions", lambda: interactions(self.connection))

    def is_compared(self) -> bool:
        """Return whether published figures apply to this data."""
        return self.snapshot.fact("is compared", lambda: is_compared(self.connection))

    def best(self) -> Mapping[str, Any] | None:
        """Return the chosen model, None without one."""
        return self.snapshot.fact("best", lambda: best_model(self.connection))

    def overall_mean(self) -> float:
        """Return the mean of all ratings, on the owner's scale."""
        return self.snapshot.fact("mean", self._overall_mean)

    def _overall_mean(self) -> float:
        found = self.value("from marts.data_summary select value where measure = 'rating mean'")
        return self.interactions().value(50) if found is None else float(found)

    def settings(self) -> Mapping[str, str]:
        """Return the settings that the build recorded, such as ``finished_at`` and ``data``."""
        return self.snapshot.fact("settings", self._settings)

    def has_order(self) -> bool:
        """Return whether the data say in which order a user's interactions came."""
        asked = "select value from marts.build where kind = 'parameter' and name = 'data.order'"
        return bool(self.snapshot.fact("order", lambda: self.value(asked) not in (None, "none")))

    def _settings(self) -> Mapping[str, str]:
        rows = self.rows("from marts.build where kind = 'setting'")
        return {row["name"]: row["value"] for row in rows} | {"build_id": rows[0]["build_id"]}

    def test_users(self) -> Sequence[int]:
        """Return the ids of users with test items."""
        return self.snapshot.fact("test users", self._test_users)

    def _test_users(self) -> Sequence[int]:
        return self._users_of("select distinct user_id from staging.candidates order by user_id")

    def _users_of(self, sql: str) -> Sequence[int]:
        ids: list[int] = query(self.connection, sql)["user_id"].to_pylist()
        return ids

    def all_users(self) -> Sequence[int]:
        """Return the ids of users with interactions."""
        found = "select user_id from marts.user_activity order by user_id"
        return self.snapshot.fact("all users", lambda: self._users_of(found))

    def list_models(self) -> list[str]:
        """Return the list models, best first."""
        return self.snapshot.fact("list models", lambda: list(ModelNames.of(self.connection).lists))

    def list_default(self) -> str:
        """Return the list model that made the stored lists."""
        return self.snapshot.fact("list default", lambda: str(self.value("select model from lists.chosen")))

    def list_leaderboard(self) -> list[Row]:
        """Return the rows of ``marts.list_leaderboard``, best model first."""
        query = "from marts.list_leaderboard order by ndcg desc nulls last, model"
        return self.snapshot.fact("list leaderboard", lambda: self.rows(query))

    @contextlib.contextmanager
    def recommender(self) -> Iterator[Recommender]:
        """Yield an engine that makes lists, for this request only."""
        idle: queue.LifoQueue[Recommender | None] = self.snapshot.fact("recommenders", _recommenders)
        found = idle.get()
        try:
            found = found or self._new_recommender()
            yield found
        finally:
            idle.put(found)

    def _new_recommender(self) -> Recommender:
        connection = opened(self.snapshot.warehouse, guarded=True)
        self.snapshot.keep(connection.close)
        if build_id(connection) != self.settings()["build_id"]:
            raise WarehouseError(f"{self.snapshot.warehouse}: built anew since it was opened: try again")
        return Recommender(connection, self.snapshot.warehouse, Limits.of())


def _recommenders() -> queue.LifoQueue[Recommender | None]:
    """Return slots for engines, each opened when first needed."""
    places: queue.LifoQueue[Recommender | None] = queue.LifoQueue()
    for _ in range(RECOMMENDERS):
        places.put(None)
    return places
