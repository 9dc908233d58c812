"""Page of an item: place in the hierarchy, ratings, similar items and adjusted average."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from recsys.ui.entities import UNLISTED, Entity
from recsys.ui.request_context import RequestContext, Row
from recsys.ui.site import Site, text_of

NEIGHBOURS = 12
LARGEST_ID = 2**31 - 1
SHOWN_LISTS = 8  # users who have the item in their list
RECOMMENDED = """
    select user_id, rank, count(*) over () as total from marts.recommendations
    where item_id = $item order by rank, user_id limit $most"""
SHOWN_RATERS = 5  # for each ten points of the scale


@dataclass(frozen=True)
class Prior:
    """Describe how an item's mean is pulled towards the overall mean, on the owner's scale."""

    count: int
    mean: float | None
    overall: float
    shrunk: float
    shrinkage: float

    @property
    def confidence(self) -> float:
        """Return C, the number of average ratings assumed beforehand, from shrinkage = C / (N + C)."""
        return self.count * self.shrinkage / (1 - self.shrinkage) if self.shrinkage < 1 else 0.0


class Items:
    """Render the pages of items."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def item(self, context: RequestContext, request: Request) -> Response:
        """Render the page of an item."""
        kind = request.path_params["kind"]
        item = context.entities.item(kind, text_of(request, "item"))
        if item.place != kind:
            return RedirectResponse(item.url, 303)
        family = context.relatives(item.id)
        raters = context.rows("from raters($item)", item=item.id)
        neighbours = context.rows("from internal.neighbours_of($item, $most)", item=item.id, most=NEIGHBOURS)
        recommended = context.rows(RECOMMENDED, item=item.id, most=SHOWN_LISTS)
        itself = next(row for row in family if row["place"] == "itself")
        users = [user["user_id"] for row in raters for user in row["users"][:SHOWN_RATERS]]
        return self.site.page(
            request,
            "item.html",
            item=item,
            prior=_prior(itself, context.overall_mean()),
            above=_by_kind(family, "above"),
            below=_by_kind(family, "below"),
            raters=raters,
            values=context.interactions(),
            users=context.entities.users(users),
            neighbours=neighbours,
            shown_raters=SHOWN_RATERS,
            entities=self._named(context, family, neighbours),
            listed=item.kind != UNLISTED,
            recommended=recommended,
            recommended_to=context.entities.users(row["user_id"] for row in recommended),
        )

    def _named(
        self, context: RequestContext, family: Sequence[Row], neighbours: Sequence[Row]
    ) -> Mapping[int, Entity]:
        ids = [row["item_id"] for row in family] + [row["track_id"] for row in neighbours]
        return context.entities.items(ids)

    def by_id(self, context: RequestContext, request: Request) -> Response:
        """Redirect from the warehouse's own id to the page of a user or an item."""
        number = request.path_params["id"]
        if number > LARGEST_ID:
            raise HTTPException(404, "This id does not exist.")
        is_user = request.path_params["what"] == "user"
        found = context.entities.users([number]) if is_user else context.entities.items([number])
        return RedirectResponse(found[number].url, 303)


def _prior(row: Row, overall: float) -> Prior:
    return Prior(row["rating_count"] or 0, row["rating_mean"], overall, row["bayes_mean"], row["shrinkage"])


def _by_kind(family: Sequence[Row], place: str) -> Mapping[str, list[Row]]:
    """Return the relatives of a place by kind, from genres or artists downwards."""
    rows = [row for row in family if row["place"] == place]
    down = ("genre", "artist", "album", "track")
    order = down if place == "above" else ("album", "track", "artist", "genre")
    kinds = {kind: [row for row in rows if row["item_type"] == kind] for kind in (*order, None)}
    return {kind or UNLISTED: found for kind, found in kinds.items() if found}
