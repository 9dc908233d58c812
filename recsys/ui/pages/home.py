"""Home page: quality of the models, and the data at a glance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from recsys.serving.best_model import chosen_sentence
from recsys.serving.evaluation import why_not_the_first
from recsys.serving.leaderboard import unjudged
from recsys.serving.limitations import constant_models, constant_scores
from recsys.ui.request_context import RequestContext, Row
from recsys.ui.schema import header_of
from recsys.ui.site import Site

EXAMPLES = 6  # example items and users
FLOOR = "popularity"  # the model that others are compared with
FRESHNESS = "marts.freshness"  # of a warehouse that interactions were appended to


class Home:
    """Render the home page and redirect to random users."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def home(self, context: RequestContext, request: Request) -> Response:
        """Render the home page."""
        lists, scored = context.list_leaderboard(), context.leaderboard()
        has_candidates, constant = bool(context.test_users()), constant_models(context.connection)
        best = context.best() if has_candidates else None
        chosen = next((row for row in lists if row["is_chosen"]), None)
        return self.site.page(
            request,
            "home.html",
            lists=lists,
            chosen=chosen,
            summary=header_of(f"lists.{chosen['model']}").get("summary") if chosen else None,
            why_not_first=why_not_the_first(lists),
            floor=next((row for row in lists if row["model"] == FLOOR), None),
            leaderboard=[row for row in scored if row["model"] not in constant] if has_candidates else [],
            constant=constant_scores(context.connection) if has_candidates else None,
            model_count=len(scored) if has_candidates else 0,
            best=best,
            chosen_as=chosen_sentence(best) if best else "",
            unjudged=unjudged(scored) if has_candidates else None,
            is_compared=context.is_compared(),
            data=_measures(context),
            spread=_rows(context, "marts.rating_histogram", "rating"),
            values=context.interactions(),
            examples=self._examples(context),
            settings=context.settings(),
            appended=_rows(context, FRESHNESS, "day desc"),
        )

    def _examples(self, context: RequestContext) -> Mapping[str, list[Any]]:
        """Return popular items and some test users as examples."""
        popular = context.rows(
            "select item_id, like_count from lists.items order by like_count desc, item_id limit $most",
            most=EXAMPLES,
        )
        items = context.entities.items(row["item_id"] for row in popular)
        users = _users(context)
        chosen = [users[place * len(users) // EXAMPLES] for place in range(min(EXAMPLES, len(users)))]
        named = context.entities.users(chosen)
        liked = [(items[row["item_id"]], row["like_count"]) for row in popular]
        return {"items": liked, "users": [named[one] for one in chosen]}

    def random_user(self, context: RequestContext, request: Request) -> Response:
        """Redirect to a random user: one with test items, where there are any."""
        users = _users(context)
        if not users:
            raise HTTPException(404, "There are no users.")
        chosen = self.site.chance.choice(users)
        return RedirectResponse(context.entities.users([chosen])[chosen].url, 303)


def _users(context: RequestContext) -> Sequence[int]:
    """Return the ids of users with test items; of all users in data without any."""
    return context.test_users() or context.all_users()


def _measures(context: RequestContext) -> Mapping[str, float]:
    return {row["measure"]: row["value"] for row in _rows(context, "marts.data_summary", "measure")}


def _rows(context: RequestContext, relation: str, order: str) -> list[Row]:
    """Return the rows of a mart, empty where the build left it out."""
    return context.rows(f"from {relation} order by {order}") if context.has(relation) else []
