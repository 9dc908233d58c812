"""Search: users and items by id or name, as a page and as a person types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from recsys.ui.entities import Entity
from recsys.ui.request_context import RequestContext, Row
from recsys.ui.site import LONGEST, Site

EXACT = 1  # fits up to this one are the id or the name itself
LEAST_LIKE = 0.75  # similarity from which on something is worth offering
MOST_LIKE_IT = 5


class Finding:
    def __init__(self, site: Site) -> None:
        self.site = site

    def search(self, visit: RequestContext, request: Request) -> Response:
        """What fits; the only thing of that very id or name is gone to at once."""
        text = _asked(request)
        found = visit.rows("from search($text)", text=text) if text else []
        exact = [row for row in found if row["fit"] <= EXACT]
        if len(exact) == 1 and "all" not in request.query_params:
            return RedirectResponse(_thing(exact[0]).url, 303)
        near = self._near(visit, text) if text and not found else []
        return self.site.page(
            request,
            "search.html",
            text=text,
            found=[(_thing(row), row) for row in found],
            near=near,
            mean=visit.overall_mean(),
        )

    def suggest(self, visit: RequestContext, request: Request) -> Response:
        """The same for a list below the search box."""
        text = _asked(request)
        found = visit.rows("from search($text)", text=text) if text else []
        return JSONResponse({"text": text, "found": [_suggestion(row) for row in found]})

    def _near(self, visit: RequestContext, text: str) -> Sequence[Entity]:
        """Items whose id or name is written most like it."""
        rows = visit.rows("from find_items($text)", text=text)
        near = [row for row in rows if row["similarity"] >= LEAST_LIKE][:MOST_LIKE_IT]
        return list(visit.things.items(row["item_id"] for row in near).values())


def _asked(request: Request) -> str:
    return request.query_params.get("q", "").strip()[:LONGEST]


def _thing(row: Row) -> Entity:
    name = None if row["name"] == row["original_id"] else row["name"]
    return Entity(row["kind"], row["id"], row["original_id"], name)


def _suggestion(row: Row) -> dict[str, Any]:
    thing = _thing(row)
    ratings = "not rated" if row["rating_count"] is None else f"{row['rating_count']:,} ratings"
    return {"url": thing.url, "title": thing.title, "kind": thing.kind, "id": thing.original, "note": ratings}
