"""Shared by all pages: the published warehouse, templates and cached pages."""

from __future__ import annotations

import contextlib
import random
import secrets
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.templating import Jinja2Templates

from recsys.errors import UnknownIdError
from recsys.serving.snapshots import Snapshots, through_publishes
from recsys.sources.interactions import plural_of
from recsys.ui import charts, glossary
from recsys.ui.cache import Cache
from recsys.ui.copy_as import CopyAs
from recsys.ui.entities import pair_url
from recsys.ui.http import headers_of, is_held, status_of
from recsys.ui.query_plot import ticks
from recsys.ui.request_context import RequestContext
from recsys.ui.words import Words

HERE = Path(__file__).resolve().parent
MOST_BYTES = 32 << 20  # of cached pages
LONGEST = 200  # characters of an id or a name in an address
MOST_SHOWN = 60  # characters quoted in a message

TITLES = {400: "Invalid request", 404: "Page not found", 503: "Warehouse not available"}

Page = Callable[[RequestContext, Request], Response]


class Site:
    """Open the warehouse for a request, and render pages from templates."""

    def __init__(self, warehouse: Path, seed: int | None = None) -> None:
        self.warehouse = warehouse
        self.program = secrets.token_hex(8)  # a restarted program may render pages differently
        self.snapshots = Snapshots(warehouse)
        self.chance = random.Random(seed)
        self.words = Words()  # of the warehouse that was opened last
        self.templates = Jinja2Templates(HERE / "templates")
        self.templates.env.globals.update(
            {name: getattr(charts, name) for name in charts.__all__},
            warehouse=warehouse.name,
            pair_url=pair_url,
            ticks=ticks,
            term=glossary.term,
            ways=CopyAs(warehouse),
        )
        self.templates.env.filters["plural"] = charts.plural
        self.templates.env.filters["many"] = plural_of
        self.templates.env.trim_blocks = self.templates.env.lstrip_blocks = True

    @contextlib.contextmanager
    def open(self) -> Iterator[RequestContext]:
        """Open the warehouse for one request."""
        with self.snapshots.reading() as (snapshot, connection):
            context = RequestContext(snapshot, connection)
            self.words = context.words()
            yield context

    def page(self, request: Request, name: str, status: int = 200, **content: Any) -> Response:
        """Render a template."""
        return self.templates.TemplateResponse(
            request, name, {"words": self.words, **content}, status_code=status
        )

    def showing(self, page: Page, keeps: bool = True) -> Callable[[Request], Response]:
        """Return an endpoint that caches a page per build, unless it is random.

        A browser that has the page already, by its tag, gets status 304.
        """

        def endpoint(request: Request) -> Response:
            def answer() -> Response:
                with self.open() as context:
                    return self._kept(page, context, request) if keeps else page(context, request)

            return through_publishes(self.warehouse, answer)

        return endpoint

    def _kept(self, page: Page, context: RequestContext, request: Request) -> Response:
        """Return a page from the cache or a new one, or 304 to a client that has it."""
        address = f"{request.url.path}?{request.url.query}"
        tags = {"etag": self._tag(context, address), "cache-control": "private, no-cache"}
        conditions = request.headers.getlist("if-none-match")
        unchanged = Response(status_code=304, headers=tags)
        if is_held(conditions, tags["etag"], exists=False):
            return unchanged
        kept = context.snapshot.fact("pages", _page_cache)
        body = kept.get(address)
        if body is None:
            made = page(context, request)
            if made.status_code != 200:
                return made
            body = bytes(made.body)
            kept.put(address, body)
        return unchanged if is_held(conditions, tags["etag"]) else HTMLResponse(body, headers=tags)

    def _tag(self, context: RequestContext, address: str) -> str:
        """Return a tag that identifies this program, build and address."""
        state = f"{self.program} {context.snapshot.identity} {address}"
        return f'"{sha256(state.encode()).hexdigest()[:32]}"'

    def failed(self, request: Request, error: Exception) -> Response:
        """Return a page with the error message and links."""
        status = status_of(error)
        message = error.detail if isinstance(error, HTTPException) else str(error)
        if isinstance(error, UnknownIdError):
            message = f"{message[:1].upper()}{message[1:]}{'' if message.endswith('?') else '.'}"
        title = TITLES.get(status, "Request refused")
        answer = self.page(request, "error.html", status=status, title=title, message=message)
        answer.headers.update(headers_of(error))
        return answer


def _page_cache() -> Cache[str, bytes]:
    return Cache(MOST_BYTES, len)


def text_of(request: Request, name: str) -> str:
    """Return a part of a path that is an id or a name; 404 if it is too long."""
    text: str = request.path_params[name]
    if len(text) > LONGEST:
        raise HTTPException(404, f"{quoted(text)} is longer than {LONGEST} characters.")
    return text


def quoted(text: str) -> str:
    """Return a text in quotes, shortened."""
    return repr(text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}...")


def one_of(name: str, chosen: str, known: list[str]) -> str:
    """Return a word of an address that must be known; 404 with the known ones."""
    if chosen not in known:
        raise HTTPException(404, f"No {name} {quoted(chosen)}: expected one of {', '.join(known)}")
    return chosen
