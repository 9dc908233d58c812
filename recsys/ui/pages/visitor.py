"""Page to try a list: type a few items, and see what somebody who chose them would get."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from recsys.errors import RecsysError, UnknownIdError
from recsys.serving.recommender import RecommendRequest
from recsys.ui.entities import UNLISTED, Entity
from recsys.ui.request_context import RequestContext, Row
from recsys.ui.site import LONGEST, Site, one_of

LINES = 3  # empty lines of the form at first
MOST = 20  # items that are read
LENGTH = 10
EXAMPLES = 3  # items that the page offers to begin with


@dataclass(frozen=True)
class Line:
    """Hold one line of the form; ``problem`` says why it is not used."""

    item: str
    value: str
    entity: Entity | None = None
    number: float = 0.0
    problem: str = ""


class VisitorPage:
    """Render the form and the list of a visitor."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def form(self, context: RequestContext, request: Request) -> Response:
        """Render the form, with the list for the items in the address."""
        given = request.query_params
        lines = _lines(context, given.getlist("item"), given.getlist("value"))
        chosen = {line.entity.id: line.number for line in lines if line.entity is not None}
        models = context.list_models()
        model = one_of("model", given["model"], models) if given.get("model") else None
        rows: list[Row] = []
        if chosen:
            with context.recommender() as recommender:
                rows = recommender.for_values(RecommendRequest(LENGTH, model), chosen).to_pylist()
        return self.site.page(
            request,
            "try.html",
            lines=[*lines, *[Line("", "")] * max(1, LINES - len(lines))][:MOST],
            chosen={line.entity.original: line.number for line in lines if line.entity is not None},
            rows=rows,
            entities=context.entities.items(row["item_id"] for row in rows),
            model=model,
            models=models,
            length=LENGTH,
            best=_best(context),
            examples=_examples(context),
        )


def _lines(context: RequestContext, items: Sequence[str], values: Sequence[str]) -> list[Line]:
    """Return the lines that name an item, with what each means."""
    pairs = [(item.strip()[:LONGEST], place) for place, item in enumerate(items[:MOST])]
    written = [(item, values[place] if place < len(values) else "") for item, place in pairs if item]
    return [_line(context, item, value.strip()[:LONGEST]) for item, value in written]


def _line(context: RequestContext, item: str, value: str) -> Line:
    known = context.interactions()
    try:
        entity = context.entities.item(UNLISTED, item)
        number = known.checked(float(value), item) if value else _best(context)
    except UnknownIdError as error:
        return Line(item, value, problem=_sentence(str(error)))
    except (ValueError, RecsysError):
        return Line(item, value, problem=f"Give {known.expected}.")
    return Line(item, value, entity, number)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('?') else '.'}"


def _best(context: RequestContext) -> float:
    """Return the value of a line without one: the highest of ratings, else a single interaction."""
    known = context.interactions()
    return known.scale_high if known.feedback == "ratings" else max(1.0, known.liked)


def _examples(context: RequestContext) -> Sequence[Entity]:
    """Return the items with most likes."""
    sql = f"select item_id from lists.items order by like_count desc, item_id limit {EXAMPLES}"
    return list(context.entities.items(row["item_id"] for row in context.rows(sql)).values())
