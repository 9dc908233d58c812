"""Search for users and items by id or name, as a page and while typing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from recsys.ui.charts import plural
from recsys.ui.entities import Entity
from recsys.ui.request_context import RequestContext, Row
from recsys.ui.site import LONGEST, Site

EXACT = 1  # largest fit of an exact match
LEAST_LIKE = 0.75  # least similarity of a suggestion
MOST_LIKE_IT = 5


class SearchPage:
    """Render search results and suggestions."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def search(self, context: RequestContext, request: Request) -> Response:
        """Render the results; redirect to a single exact match."""
        text = _query(request)
        found = context.rows("from search($text)", text=text) if text else []
        exact = [row for row in found if row["fit"] <= EXACT]
        if len(exact) == 1 and "all" not in request.query_params:
            return RedirectResponse(_entity(exact[0]).url, 303)
        near = self._near(context, text) if text and not found else []
        return self.site.page(
            request,
            "search.html",
            text=text,
            found=[(_entity(row), row) for row in found],
            total=found[0]["match_count"] if found else 0,
            near=near,
        )

    def suggest(self, context: RequestContext, request: Request) -> Response:
        """Return suggestions for the search box."""
        text = _query(request)
        found = context.rows("from search($text)", text=text) if text else []
        total = found[0]["match_count"] if found else 0
        return JSONResponse({"text": text, "total": total, "found": [_suggestion(row) for row in found]})

    def _near(self, context: RequestContext, text: str) -> Sequence[Entity]:
        """Return the items with the most similar id or name."""
        rows = context.rows("from internal.find_items($text)", text=text)
        near = [row for row in rows if row["similarity"] >= LEAST_LIKE][:MOST_LIKE_IT]
        return list(context.entities.items(row["item_id"] for row in near).values())


def _query(request: Request) -> str:
    return request.query_params.get("q", "").strip()[:LONGEST]


def _entity(row: Row) -> Entity:
    name = None if row["name"] == row["original_id"] else row["name"]
    return Entity(row["kind"], row["id"], row["original_id"], name)


def _suggestion(row: Row) -> dict[str, Any]:
    entity = _entity(row)
    count = row["rating_count"]
    ratings = f"{count:,} {plural('rating', count)}" if count else "not rated"
    return {
        "url": entity.url,
        "title": entity.title,
        "kind": entity.kind,
        "id": entity.original,
        "note": ratings,
    }
