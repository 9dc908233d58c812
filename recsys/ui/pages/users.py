"""A user: history, taste, the candidates as models rank them, and lists from the whole catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from recsys.serving.lists import RecommendRequest
from recsys.ui.entities import KINDS
from recsys.ui.request_context import RequestContext, Row
from recsys.ui.site import Site, one_of, text_of

MOST_RATINGS = 30  # shown, until a person asks for all
MOST_TASTES = 10  # artists and genres
DEFAULT_MODELS = 4  # that rank the candidates
DEFAULT_LISTS = ("affinity", "adaptive")
LISTS = 2  # side by side
LENGTH = 10  # of a list
TYPES = (*KINDS, "unlisted")


@dataclass(frozen=True)
class Ranking:
    """A user's candidates as one model ranks them, and how many of the judged it predicts right."""

    model: str
    candidates: Sequence[Row]
    judged: int
    correct: int


class Users:
    def __init__(self, site: Site) -> None:
        self.site = site

    def user(self, visit: RequestContext, request: Request) -> Response:
        user = visit.things.user(text_of(request, "user"))
        models = visit.models()
        chosen = request.query_params.getlist("model") or models[:DEFAULT_MODELS]
        chosen = [one_of("model", model, models) for model in chosen]
        history = self._history(visit, user.id)
        taste = visit.rows("from taste($user)", user=user.id)
        candidates = visit.candidates(user.id)
        shown = self._shown(request, history)
        lists = self._choice(visit, request)
        things = visit.things.items(
            [
                *(row["item_id"] for row in [*shown["ratings"], *taste]),
                *(row["artist_id"] for row in shown["ratings"]),
                *(row["track_id"] for row in candidates),
            ]
        )
        return self.site.page(
            request,
            "user.html",
            user=user,
            things=things,
            history=history,
            taste={level: _tastes(taste, level) for level in ("artist", "genre")},
            mean=visit.overall_mean(),
            models=models,
            chosen=chosen,
            rankings=[_ranking(model, candidates) for model in chosen] if candidates else [],
            truth={row["track_id"]: row["label"] for row in candidates},
            lists=lists,
            list_models=visit.list_models(),
            lists_url=f"{user.url}/lists?{urlencode([('list', one) for one in lists])}",
            **shown,
        )

    def _history(self, visit: RequestContext, user: int) -> list[Row]:
        """The user's ratings in the order of time, each with the row of ``marts.item_facts``."""
        asked = "select item_id, rating from staging.ratings where user_id = $user order by seq"
        rows = visit.rows(asked, user=user)
        facts = visit.things.facts(row["item_id"] for row in rows)
        return [{**facts[row["item_id"]], **row} for row in rows]

    def _shown(self, request: Request, history: Sequence[Row]) -> Mapping[str, Any]:
        """The last ratings, of all types or of one, as far as they are asked for."""
        counts = {kind: sum((row["item_type"] or "unlisted") == kind for row in history) for kind in TYPES}
        kind = request.query_params.get("type")
        kind = kind if counts.get(kind or "") else None
        wanted = [row for row in reversed(history) if kind in (None, row["item_type"] or "unlisted")]
        is_all = "all" in request.query_params
        return {
            "ratings": wanted if is_all else wanted[:MOST_RATINGS],
            "wanted": len(wanted),
            "counts": {name: count for name, count in counts.items() if count},
            "kind": kind,
        }

    def _choice(self, visit: RequestContext, request: Request) -> list[str]:
        """The models whose lists stand side by side, by default those that a user sees first."""
        known = visit.list_models()
        chosen = [one_of("model", one, known) for one in request.query_params.getlist("list") if one]
        default = [one for one in DEFAULT_LISTS if one in known] or known
        return list(dict.fromkeys(chosen or default))[:LISTS]

    def lists(self, visit: RequestContext, request: Request) -> Response:
        """The lists alone: a part of the user's page, which it asks for, or a page of their own."""
        user = visit.things.user(text_of(request, "user"))
        models = self._choice(visit, request)
        with visit.recommender() as recommender:
            tables = recommender.by_models(RecommendRequest(LENGTH), models, user.id)
        lists = {model: table.to_pylist() for model, table in tables.items()}
        ids = [row["track_id"] for rows in lists.values() for row in rows]
        is_part = request.query_params.get("part") == "1"
        return self.site.page(
            request,
            "lists.html" if is_part else "recommendations.html",
            user=user,
            lists=lists,
            things=visit.things.items(ids),
            both={one for one in ids if ids.count(one) > 1},
            list_models=visit.list_models(),
        )


def _tastes(rows: Sequence[Row], level: str) -> list[Row]:
    return [row for row in rows if row["level"] == level][:MOST_TASTES]


def _ranking(model: str, everything: Sequence[Row]) -> Ranking:
    """Each candidate with ``height``: its score's place between the lowest and the highest, 0 to 1."""
    rows = [row for row in everything if row["model"] == model]
    judged = [row for row in rows if row["label"] is not None]
    correct = sum(row["predicted"] == row["label"] for row in judged)
    scores = [row["score"] for row in rows]
    low, high = min(scores, default=0.0), max(scores, default=0.0)
    spread = (high - low) or 1.0
    candidates = [{**row, "height": (row["score"] - low) / spread} for row in rows]
    return Ranking(model, candidates, len(judged), correct)
