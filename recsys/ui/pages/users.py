"""Page of a user: history, taste, ranked test items, and lists from all items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from recsys.serving.recommender import Recommender, RecommendRequest
from recsys.ui.entities import KINDS
from recsys.ui.request_context import RequestContext, Row
from recsys.ui.site import Site, one_of, text_of

MOST_RATINGS = 30  # shown at first
MOST_TASTES = 10  # artists and genres
DEFAULT_MODELS = 4  # rankings shown at first
LISTS = 2  # side by side
LENGTH = 10  # of a list
STORED = """
    from internal.described_lists('marts.recommendations')
    where user_id = $user and rank <= $length
    order by rank"""
TYPES = (*KINDS, "unlisted")


@dataclass(frozen=True)
class Ranking:
    """Hold a user's test items as ranked by one model, and how many of the known ones it predicts right."""

    model: str
    candidates: Sequence[Row]
    judged: int
    correct: int


class Users:
    """Render the pages of users."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def user(self, context: RequestContext, request: Request) -> Response:
        """Render the page of a user."""
        user = context.entities.user(text_of(request, "user"))
        models = context.models()
        chosen = request.query_params.getlist("model") or models[:DEFAULT_MODELS]
        chosen = [one_of("model", model, models) for model in chosen]
        history = self._history(context, user.id)
        taste = context.rows("from taste($user)", user=user.id)
        candidates = context.candidates(user.id)
        shown = self._shown(request, history)
        lists = self._choice(context, request)
        stored = self._stored(context, user.id) if lists == [context.list_default()] else []
        entities = context.entities.items(
            [
                *(row["item_id"] for row in stored),
                *(row["item_id"] for row in [*shown["ratings"], *taste]),
                *(row["artist_id"] for row in shown["ratings"]),
                *(row["track_id"] for row in candidates),
            ]
        )
        return self.site.page(
            request,
            "user.html",
            user=user,
            entities=entities,
            history=history,
            taste={level: _tastes(taste, level) for level in ("artist", "genre")},
            mean=context.overall_mean(),
            has_order=context.has_order(),
            values=context.interactions(),
            models=models,
            chosen=chosen,
            rankings=[_ranking(model, candidates) for model in chosen] if candidates else [],
            truth={row["track_id"]: row["label"] for row in candidates},
            lists=lists,
            list_models=context.list_models(),
            lists_url=f"{user.url}/lists?{urlencode([('list', one) for one in lists])}",
            stored={lists[0]: stored} if stored else {},
            stored_model=context.list_default(),
            both=set(),
            has_candidates=bool(context.test_users()),
            length=LENGTH,
            **shown,
        )

    def _stored(self, context: RequestContext, user: int) -> list[Row]:
        """Return the list that the build made, with its reasons in the owner's words."""
        return context.rows(STORED, user=user, length=LENGTH)

    def _history(self, context: RequestContext, user: int) -> list[Row]:
        """Return the user's ratings in order of time, with the items' facts."""
        asked = "select item_id, rating, value from staging.ratings where user_id = $user order by seq"
        rows, values = context.rows(asked, user=user), context.interactions()
        facts = context.entities.facts(row["item_id"] for row in rows)
        return [{**facts[row["item_id"]], **row, "words": values.words(row["value"])} for row in rows]

    def _shown(self, request: Request, history: Sequence[Row]) -> Mapping[str, Any]:
        """Return the latest ratings, of all types or of one."""
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

    def _choice(self, context: RequestContext, request: Request) -> list[str]:
        """Return the models whose lists are compared, by default the one that made the stored lists."""
        known = context.list_models()
        chosen = [one_of("model", one, known) for one in request.query_params.getlist("list") if one]
        default = context.list_default()
        return list(dict.fromkeys(chosen or ([default] if default in known else known[:1])))[:LISTS]

    def lists(self, context: RequestContext, request: Request) -> Response:
        """Render the lists, as a part of the user's page or as a page."""
        user = context.entities.user(text_of(request, "user"))
        models = self._choice(context, request)
        with context.recommender() as recommender:
            lists = {model: _list(recommender, model, user.id) for model in models}
        ids = [row["item_id"] for rows in lists.values() for row in rows]
        is_part = request.query_params.get("part") == "1"
        return self.site.page(
            request,
            "lists.html" if is_part else "recommendations.html",
            user=user,
            lists=lists,
            entities=context.entities.items(ids),
            both={one for one in ids if ids.count(one) > 1},
            stored_model=context.list_default(),
            length=LENGTH,
            list_models=context.list_models(),
        )


def _list(recommender: Recommender, model: str, user: int) -> list[Row]:
    """Return the list of a user by one model."""
    rows: list[Row] = next(recommender.blocks(RecommendRequest(LENGTH, model), [user])).to_pylist()
    return rows


def _tastes(rows: Sequence[Row], level: str) -> list[Row]:
    return [row for row in rows if row["level"] == level][:MOST_TASTES]


def _ranking(model: str, everything: Sequence[Row]) -> Ranking:
    """Return a model's ranking; ``height`` is a score's position from the lowest to the highest, 0 to 1."""
    rows = [row for row in everything if row["model"] == model]
    judged = [row for row in rows if row["label"] is not None]
    correct = sum(row["predicted"] == row["label"] for row in judged)
    scores = [row["score"] for row in rows]
    low, high = min(scores, default=0.0), max(scores, default=0.0)
    spread = (high - low) or 1.0
    candidates = [{**row, "height": (row["score"] - low) / spread} for row in rows]
    return Ranking(model, candidates, len(judged), correct)
