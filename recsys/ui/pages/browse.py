"""Lists of all users and of all items, filtered, sorted and paged by the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from recsys.ui.request_context import RequestContext
from recsys.ui.site import LONGEST, Site, one_of
from recsys.ui.words import TRACK

SIZE = 50  # rows of a page
ALL = "all"  # types
OF_KIND = {TRACK: "like_count is not null"}  # the items that lists recommend
LAST_PAGE = 10**6
DESCENDING = {"name": False}  # the first order of a column; numbers begin with the largest
SORTS: Mapping[str, Mapping[str, str]] = {
    "users": {"ratings": "rating_count", "name": "lower(coalesce(name, original_id))", "mean": "rating_mean"},
    "items": {
        "likes": "like_count",
        "ratings": "rating_count",
        "name": "lower(coalesce(name, original_id))",
        "mean": "rating_mean",
    },
}
USERS = """
    select user_id, original_id, name, facts.rating_count, activity.rating_mean
    from marts.user_facts as facts
    left join marts.user_activity as activity using (user_id)"""
ITEMS = """
    select item_id, item_type, original_id, name, rating_count, rating_mean, like_count
    from marts.item_facts
    left join lists.items using (item_id)"""
FITS = "($text = '' or contains(lower(original_id), lower($text)) or contains(lower(name), lower($text)))"


@dataclass(frozen=True)
class Browsed:
    """Hold which rows are shown, as in the address of the page."""

    path: str
    text: str
    kind: str
    sort: str
    is_descending: bool
    page: int

    @property
    def is_of_kind(self) -> bool:
        """Return whether the rows are of one type of several."""
        return self.kind not in ("", ALL)

    def address(self, **changed: Any) -> str:
        """Return the address of the page with something changed, from the first row on."""
        given = {
            "q": self.text,
            "type": self.kind if self.kind != TRACK else "",
            "sort": self.sort,
            "page": 1,
            **changed,
        }
        if given.pop("is_descending", self.is_descending) != DESCENDING.get(given["sort"], True):
            given["reverse"] = 1
        return f"{self.path}?{urlencode({name: value for name, value in given.items() if value})}"

    def sorting(self, sort: str) -> str:
        """Return the address of the rows sorted by a column, the other way round where it is already."""
        first = DESCENDING.get(sort, True)
        return self.address(sort=sort, is_descending=first if sort != self.sort else not self.is_descending)

    def sorted_by(self, sort: str) -> str | None:
        """Return the ARIA sort state of a column."""
        if sort != self.sort:
            return None
        return "descending" if self.is_descending else "ascending"


class Browse:
    """Render the pages of all users and of all items."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def users(self, context: RequestContext, request: Request) -> Response:
        """Render the users."""
        browsed = _browsed(request, "users", "")
        rows, total, sql = _rows(context, browsed, USERS, "user_id", SORTS["users"])
        entities = context.entities.users([row["user_id"] for row in rows])
        return self._page(request, browsed, [(entities[row["user_id"]], row) for row in rows], total, sql)

    def items(self, context: RequestContext, request: Request) -> Response:
        """Render the items of a type, by default of those that lists recommend."""
        types = [*context.words().types]
        kind = one_of("type", request.query_params.get("type", TRACK), [*types, ALL, TRACK])
        browsed = _browsed(request, "items", kind)
        rows, total, sql = _rows(context, browsed, ITEMS, "item_id", SORTS["items"])
        entities = context.entities.items([row["item_id"] for row in rows])
        named = [(entities[row["item_id"]], row) for row in rows]
        return self._page(request, browsed, named, total, sql, types)

    def _page(
        self,
        request: Request,
        browsed: Browsed,
        rows: Sequence[tuple[Any, Any]],
        total: int,
        sql: str,
        types: Sequence[str] = (),
    ) -> Response:
        return self.site.page(
            request,
            "browse.html",
            browsed=browsed,
            sorts=[*SORTS[browsed.path.strip("/")]],
            rows=rows,
            total=total,
            first=(browsed.page - 1) * SIZE + 1,
            last_page=max(1, -(-total // SIZE)),
            types=types,
            sql=sql,
        )


def _browsed(request: Request, what: str, kind: str) -> Browsed:
    """Read the address of a page; a number of a page that is none is the first."""
    given = request.query_params
    sort = given.get("sort") or next(iter(SORTS[what]))
    one_of("column to sort by", sort, [*SORTS[what]])
    page = given.get("page", "1")
    number = int(page) if page.isascii() and page.isdigit() and len(page) <= len(str(LAST_PAGE)) else 1
    is_descending = DESCENDING.get(sort, True) != ("reverse" in given)
    return Browsed(
        f"/{what}", given.get("q", "").strip()[:LONGEST], kind, sort, is_descending, max(number, 1)
    )


def _rows(
    context: RequestContext, browsed: Browsed, source: str, key: str, sorts: Mapping[str, str]
) -> tuple[list[Any], int, str]:
    """Return the rows of a page, the number of all, and the query as a reader may run it."""
    order = f"{sorts[browsed.sort]} {'desc' if browsed.is_descending else 'asc'} nulls last, {key}"
    of_kind = f" and {OF_KIND.get(browsed.kind, 'item_type = $kind')}" if browsed.is_of_kind else ""
    given = {"text": browsed.text, **({"kind": browsed.kind} if "$kind" in of_kind else {})}
    query = f"select *, count(*) over () as total from ({source}) where {FITS}{of_kind}"
    rows = context.rows(
        f"{query} order by {order} limit {SIZE} offset {(min(browsed.page, LAST_PAGE) - 1) * SIZE}", **given
    )
    of_kind = OF_KIND.get(browsed.kind, f"item_type = '{browsed.kind}'")
    conditions = [of_kind] if browsed.is_of_kind else []
    if browsed.text:
        literal = browsed.text.lower().replace("'", "''")
        conditions.append(
            f"(contains(lower(original_id), '{literal}') or contains(lower(name), '{literal}'))"
        )
    where = f" where {' and '.join(conditions)}" if conditions else ""
    return rows, rows[0]["total"] if rows else 0, f"from ({source}){where} order by {order} limit {SIZE}"
