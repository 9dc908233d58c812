"""The catalogue under /catalogue: the pages that `recsys docs` writes, made when they are asked for."""

from __future__ import annotations

import contextlib
import sys
import threading
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from recsys.docs_site.folder import catalogue_of
from recsys.docs_site.pages import COLUMNS, INDEX, Pages, asset
from recsys.errors import RecsysError, UsageError

ADDRESS = "/catalogue"
SHORT = 0.0002  # seconds that the tracing of columns may keep a page from going on


class Served:
    """The pages of a warehouse as the last build left it; a new build is looked into once."""

    def __init__(self, warehouse: Path) -> None:
        self.warehouse = warehouse
        self._pages: Pages | None = None
        self._build: tuple[int, int] | None = None
        self._lock = threading.Lock()

    def pages(self) -> Pages:
        """The pages; UsageError where there is no warehouse."""
        try:
            found = self.warehouse.stat()
        except OSError:
            raise UsageError(f"{self.warehouse}: no warehouse there") from None
        build = found.st_ino, found.st_mtime_ns
        with self._lock:
            if self._pages is None or build != self._build:
                self._pages, self._build = Pages(catalogue_of(self.warehouse), explorer="/"), build
            return self._pages

    def warm(self) -> threading.Thread:
        """Begin to read the models and to trace their columns, which takes seconds, before anybody asks."""

        def read() -> None:
            interval = sys.getswitchinterval()
            sys.setswitchinterval(SHORT)
            try:
                with contextlib.suppress(RecsysError):  # whoever asks for a page is told
                    self.pages().trace()
            finally:
                sys.setswitchinterval(interval)

        thread = threading.Thread(target=read, name="catalogue", daemon=True)
        thread.start()
        return thread

    def index(self, request: Request) -> Response:
        return HTMLResponse(self.pages().page(INDEX))

    def page(self, request: Request) -> Response:
        name = request.path_params["page"]
        body = self.pages().page(name)
        if body is None:
            raise HTTPException(404, f"There is no relation {name[:80]!r} in the catalogue.")
        return HTMLResponse(body)

    def columns(self, request: Request) -> Response:
        return Response(self.pages().column_script(), media_type="text/javascript")

    def asset(self, request: Request) -> Response:
        found = asset(request.path_params["file"])
        if found is None:
            raise HTTPException(404, "There is no such file.")
        return FileResponse(found)


def mounted(served: Served) -> BaseRoute:
    """The catalogue's addresses, for an application that tells of errors in its own way."""
    return Mount(
        ADDRESS,
        routes=[
            Route("/", served.index),
            Route("/{page}.html", served.page),
            Route(f"/{COLUMNS}", served.columns),
            Route("/{file}", served.asset),
        ],
    )
