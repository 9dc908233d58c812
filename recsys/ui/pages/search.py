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
LEAST_LIKE = 0.8  # least similarity of a suggestion
MOST_LIKE_IT = 5
NEAR = f"""
    with entities as (
        select item_type as kind, item_id as id, original_id, name, rating_count from marts.item_facts
        where item_type is not null
        union all
        select 'user', user_id, original_id, name, rating_count from marts.user_facts
    ),
    compared as (
        select *, list_max(list_transform(
            list_concat([lower(original_id), lower(name)], string_split(lower(coalesce(name, '')), ' ')),
            lambda word: jaro_winkler_similarity(coalesce(word, ''), lower($text))
        )) as similarity
        from entities
    )
    select * from compared where similarity >= {LEAST_LIKE}
    order by similarity desc, coalesce(rating_count, 0) desc, kind, id limit {MOST_LIKE_IT}"""


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
            return RedirectResponse(_entity(exact[0], context).url, 303)
        near = self._near(context, text) if text and not found else []
        return self.site.page(
            request,
            "search.html",
            text=text,
            found=[(_entity(row, context), row) for row in found],
            total=found[0]["match_count"] if found else 0,
            near=near,
        )

    def suggest(self, context: RequestContext, request: Request) -> Response:
        """Return suggestions for the search box; similar names where no name contains the text."""
        text = _query(request)
        found = context.rows("from search($text)", text=text) if text else []
        total = found[0]["match_count"] if found else 0
        near = [] if found or not text else self._near(context, text)
        suggestions = [
            *(_suggestion(_entity(row, context), row["rating_count"], context) for row in found),
            *(_suggestion(entity, count, context) for entity, count in near),
        ]
        answer = {"text": text, "total": total, "is_near": bool(near), "found": suggestions}
        return JSONResponse(answer)

    def _near(self, context: RequestContext, text: str) -> Sequence[tuple[Entity, int | None]]:
        """Return users and items with an id, a name or a word in it like the text, and their ratings."""
        return [(_entity(row, context), row["rating_count"]) for row in context.rows(NEAR, text=text)]


def _query(request: Request) -> str:
    return request.query_params.get("q", "").strip()[:LONGEST]


def _entity(row: Row, context: RequestContext) -> Entity:
    name = None if row["name"] == row["original_id"] else row["name"]
    return Entity(row["kind"], row["id"], row["original_id"], name, context.words().noun)


def _suggestion(entity: Entity, count: int | None, context: RequestContext) -> dict[str, Any]:
    word = context.words().interaction
    return {
        "url": entity.url,
        "title": entity.title,
        "kind": entity.kind,
        "word": entity.word,
        "id": entity.original,
        "note": f"{count:,} {plural(word, count)}" if count else f"no {word}s",
    }
