"""Home page: quality of the models, and the data at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from recsys.serving.queries import chosen_sentence, unjudged
from recsys.ui.request_context import RequestContext, Row
from recsys.ui.site import Site, one_of

EXAMPLES = 6  # example items and users


class Home:
    """Render the home page and redirect to random users."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def home(self, context: RequestContext, request: Request) -> Response:
        """Render the home page."""
        return self._page(context, request, context.snapshot.fact("differing pair", lambda: _pair(context)))

    def _page(
        self, context: RequestContext, request: Request, pair: tuple[str, str] | None, notice: str = ""
    ) -> Response:
        """Render the home page; ``pair`` are the models chosen in its form, None hides the form."""
        leaderboard = context.leaderboard()
        best = context.best()
        return self.site.page(
            request,
            "home.html",
            leaderboard=leaderboard,
            best=best,
            chosen_as=chosen_sentence(best) if best else "",
            pair=pair,
            notice=notice,
            unjudged=unjudged(leaderboard),
            is_compared=context.is_compared(),
            data=_measures(context),
            spread=_rows(context, "marts.rating_histogram", "rating"),
            values=context.interactions(),
            examples=self._examples(context),
            settings=context.settings(),
        )

    def _examples(self, context: RequestContext) -> Mapping[str, list[Any]]:
        """Return popular items and some test users as examples."""
        popular = context.rows(
            "select item_id from lists.items order by like_count desc, item_id limit $most", most=EXAMPLES
        )
        items = context.entities.items(row["item_id"] for row in popular)
        users = context.test_users()
        chosen = [users[place * len(users) // EXAMPLES] for place in range(min(EXAMPLES, len(users)))]
        named = context.entities.users(chosen)
        return {"items": [items[row["item_id"]] for row in popular], "users": [named[one] for one in chosen]}

    def random_user(self, context: RequestContext, request: Request) -> Response:
        """Redirect to a random test user."""
        users = context.test_users()
        if not users:
            raise HTTPException(404, "There are no test users.")
        chosen = self.site.chance.choice(users)
        return RedirectResponse(context.entities.users([chosen])[chosen].url, 303)

    def disagreeing(self, context: RequestContext, request: Request) -> Response:
        """Redirect to a user for whom two models predict different test items, if there is one."""
        known = context.models()
        one, other = (one_of("model", request.query_params.get(name, ""), known) for name in ("one", "other"))
        found = context.rows("from disagreements($one, $other) order by user_id", one=one, other=other)
        if not found:
            notice = f"{one} and {other} predict the same for every user."
            return self._page(context, request, (one, other), notice)
        chosen = self.site.chance.choice(found)["user_id"]
        entity = context.entities.users([chosen])[chosen]
        return RedirectResponse(f"{entity.url}?model={one}&model={other}#candidates", 303)


def _pair(context: RequestContext) -> tuple[str, str] | None:
    """Return the best model and the next one that predicts differently for some user."""
    best, *others = context.models() or [""]
    sql = "from disagreements($one, $other) limit 1"
    return next(((best, other) for other in others if context.rows(sql, one=best, other=other)), None)


def _measures(context: RequestContext) -> Mapping[str, float]:
    return {row["measure"]: row["value"] for row in _rows(context, "marts.data_summary", "measure")}


def _rows(context: RequestContext, relation: str, order: str) -> list[Row]:
    """Return the rows of a mart, empty where the build left it out."""
    return context.rows(f"from {relation} order by {order}") if context.has(relation) else []
