"""The first page: how good the models are, and what the data are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from recsys.serving.queries import best_sentence, unjudged
from recsys.ui.request_context import RequestContext, Row
from recsys.ui.site import Site, one_of

EXAMPLES = 6  # items and users to begin with


class Home:
    """The first page, and the ways from there to somebody."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def home(self, visit: RequestContext, request: Request) -> Response:
        leaderboard = visit.leaderboard()
        best = visit.best()
        return self.site.page(
            request,
            "home.html",
            leaderboard=leaderboard,
            best=best,
            best_sentence=best_sentence(best) if best else None,
            unjudged=unjudged(leaderboard),
            is_compared=visit.is_compared(),
            data=_measures(visit),
            spread=_rows(visit, "marts.rating_histogram", "rating"),
            examples=self._examples(visit),
            settings=visit.settings(),
        )

    def _examples(self, visit: RequestContext) -> Mapping[str, list[Any]]:
        """Much rated items and some users with candidates, for whoever knows no id."""
        popular = visit.rows(
            "select track_id as item_id from features.popular_tracks limit $most", most=EXAMPLES
        )
        items = visit.things.items(row["item_id"] for row in popular)
        users = visit.test_users()
        chosen = [users[place * len(users) // EXAMPLES] for place in range(min(EXAMPLES, len(users)))]
        named = visit.things.users(chosen)
        return {"items": [items[row["item_id"]] for row in popular], "users": [named[one] for one in chosen]}

    def anyone(self, visit: RequestContext, request: Request) -> Response:
        users = visit.test_users()
        if not users:
            raise HTTPException(404, "The test file has no users.")
        chosen = self.site.chance.choice(users)
        return RedirectResponse(visit.things.users([chosen])[chosen].url, 303)

    def disagreeing(self, visit: RequestContext, request: Request) -> Response:
        """A user some of whose candidates two models predict differently."""
        known = visit.models()
        one, other = (one_of("model", request.query_params.get(name, ""), known) for name in ("one", "other"))
        found = visit.rows("from disagreements($one, $other) order by user_id", one=one, other=other)
        if not found:
            raise HTTPException(404, f"{one} and {other} predict the same for every user.")
        chosen = self.site.chance.choice(found)["user_id"]
        thing = visit.things.users([chosen])[chosen]
        return RedirectResponse(f"{thing.url}?model={one}&model={other}#candidates", 303)


def _measures(visit: RequestContext) -> Mapping[str, float]:
    return {row["measure"]: row["value"] for row in _rows(visit, "marts.data_summary", "measure")}


def _rows(visit: RequestContext, relation: str, order: str) -> list[Row]:
    """The rows of a mart, none where a build with --select left it out."""
    return visit.rows(f"from {relation} order by {order}") if visit.has(relation) else []
