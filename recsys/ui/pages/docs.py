"""The catalogue under /catalogue: the pages of `recsys docs`, rendered on request."""

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
from recsys.errors import RecsysError, WarehouseError

ADDRESS = "/catalogue"
SHORT = 0.0002  # longest pause of a page in seconds while columns are traced


class Served:
    """Serve the catalogue of the last build; a new build is read once."""

    def __init__(self, warehouse: Path) -> None:
        self.warehouse = warehouse
        self._pages: Pages | None = None
        self._build: tuple[int, int] | None = None
        self._lock = threading.Lock()
        self._is_closed = False

    def pages(self) -> Pages:
        """Return the pages; raise WarehouseError without a warehouse or once closed."""
        try:
            found = self.warehouse.stat()
        except OSError:
            raise WarehouseError(f"no warehouse at {self.warehouse}") from None
        build = found.st_ino, found.st_mtime_ns
        with self._lock:
            if self._is_closed:
                raise WarehouseError("the explorer is stopping")
            if self._pages is None or build != self._build:
                self._pages, self._build = Pages(catalogue_of(self.warehouse), explorer="/"), build
            return self._pages

    def close(self) -> None:
        """Wait for a read of the warehouse to end, and refuse further ones.

        A thread that is inside DuckDB when the interpreter ends would abort the process.
        """
        with self._lock:
            self._is_closed = True

    def warm(self) -> threading.Thread:
        """Start reading the models and tracing their columns, which takes seconds, in a thread."""

        def read() -> None:
            interval = sys.getswitchinterval()
            sys.setswitchinterval(SHORT)
            try:
                with contextlib.suppress(RecsysError):  # a request reports it again
                    self.pages().trace()
            finally:
                sys.setswitchinterval(interval)

        thread = threading.Thread(target=read, name="catalogue", daemon=True)
        thread.start()
        return thread

    def index(self, request: Request) -> Response:
        """Return the start page."""
        return HTMLResponse(self.pages().page(INDEX))

    def page(self, request: Request) -> Response:
        """Return the page of a relation."""
        name = request.path_params["page"]
        body = self.pages().page(name)
        if body is None:
            raise HTTPException(404, f"The catalogue has no relation {name[:80]!r}.")
        return HTMLResponse(body)

    def columns(self, request: Request) -> Response:
        """Return the script with all columns."""
        return Response(self.pages().column_script(), media_type="text/javascript")

    def asset(self, request: Request) -> Response:
        """Return a stylesheet or script."""
        found = asset(request.path_params["file"])
        if found is None:
            raise HTTPException(404, "File not found.")
        return FileResponse(found)


def mounted(served: Served) -> BaseRoute:
    """Return the routes of the catalogue."""
    return Mount(
        ADDRESS,
        routes=[
            Route("/", served.index),
            Route("/{page}.html", served.page),
            Route(f"/{COLUMNS}", served.columns),
            Route("/{file}", served.asset),
        ],
    )
