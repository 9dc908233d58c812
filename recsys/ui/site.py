"""What all pages share: the published file, the templates, and pages that are kept."""

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

from recsys.errors import UnknownIdError, UsageError
from recsys.serving.snapshots import Snapshots
from recsys.ui import charts
from recsys.ui.entities import pair_url
from recsys.ui.page_cache import PageCache
from recsys.ui.query_plot import ticks
from recsys.ui.request_context import RequestContext

HERE = Path(__file__).resolve().parent
LONGEST = 200  # characters of an id or a name in an address
MOST_SHOWN = 60  # characters of what a message quotes

Page = Callable[[RequestContext, Request], Response]


class Site:
    """Opens the warehouse for a request, and makes pages of templates."""

    def __init__(self, warehouse: Path, seed: int | None = None) -> None:
        self.warehouse = warehouse
        self.program = secrets.token_hex(8)  # another one, when it starts, may make pages in another way
        self.snapshots = Snapshots(warehouse)
        self.chance = random.Random(seed)
        self.templates = Jinja2Templates(HERE / "templates")
        self.templates.env.globals.update(
            {name: getattr(charts, name) for name in charts.__all__},
            warehouse=warehouse.name,
            pair_url=pair_url,
            ticks=ticks,
        )
        self.templates.env.filters["plural"] = charts.plural
        self.templates.env.trim_blocks = self.templates.env.lstrip_blocks = True

    @contextlib.contextmanager
    def open(self) -> Iterator[RequestContext]:
        with self.snapshots.reading() as (snapshot, connection):
            yield RequestContext(snapshot, connection)

    def page(self, request: Request, name: str, status: int = 200, **content: Any) -> Response:
        return self.templates.TemplateResponse(request, name, content, status_code=status)

    def showing(self, page: Page, keeps: bool = True) -> Callable[[Request], Response]:
        """An endpoint: what a published file says is made once, unless chance has a part in it.

        Who has a page of this file already, by its tag, is told so.
        """

        def endpoint(request: Request) -> Response:
            with self.open() as visit:
                if not keeps:
                    return page(visit, request)
                address = f"{request.url.path}?{request.url.query}"
                tags = {"etag": self._tag(visit, address), "cache-control": "private, no-cache"}
                if request.headers.get("if-none-match") == tags["etag"]:
                    return Response(status_code=304, headers=tags)
                kept = visit.snapshot.fact("pages", PageCache)
                body = kept.get(address)
                if body is not None:
                    return HTMLResponse(body, headers=tags)
                answer = page(visit, request)
                if answer.status_code == 200:
                    kept.put(address, bytes(answer.body))
                    answer.headers.update(tags)
                return answer

        return endpoint

    def _tag(self, visit: RequestContext, address: str) -> str:
        """What tells a page of this program, this published file and this address from any other."""
        told = f"{self.program} {visit.snapshot.identity} {address}"
        return f'"{sha256(told.encode()).hexdigest()[:32]}"'

    def failed(self, request: Request, error: Exception) -> Response:
        """A page with the one line that a person can act on, and ways on."""
        status = 404 if isinstance(error, UnknownIdError) else 400 if isinstance(error, UsageError) else 503
        if not self.warehouse.is_file():
            status = 503
        status = error.status_code if isinstance(error, HTTPException) else status
        message = error.detail if isinstance(error, HTTPException) else str(error)
        return self.page(request, "error.html", status=status, message=message)


def text_of(request: Request, name: str) -> str:
    """A part of a path that is an id or a name; 404 for one that is too long to be any."""
    text: str = request.path_params[name]
    if len(text) > LONGEST:
        raise HTTPException(404, f"{quoted(text)}: expected at most {LONGEST} characters")
    return text


def quoted(text: str) -> str:
    return repr(text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}...")


def one_of(name: str, chosen: str, known: list[str]) -> str:
    """A word of an address that must be a known one; 404 with those that are."""
    if chosen not in known:
        raise HTTPException(404, f"There is no {name} {quoted(chosen)}: expected one of {', '.join(known)}")
    return chosen
