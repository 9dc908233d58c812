"""Routes of the explorer, and its server for this machine."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from recsys.backends.duckdb.connection import reading
from recsys.errors import RecsysError, UsageError
from recsys.serving import sandbox
from recsys.ui import api
from recsys.ui.entities import KINDS, UNLISTED
from recsys.ui.http import Files
from recsys.ui.pages import docs
from recsys.ui.pages.browse import Browse
from recsys.ui.pages.comparison import Comparison
from recsys.ui.pages.glossary import GlossaryPage
from recsys.ui.pages.home import Home
from recsys.ui.pages.items import Items
from recsys.ui.pages.models import Models
from recsys.ui.pages.pairs import Pairs
from recsys.ui.pages.search import SearchPage
from recsys.ui.pages.sql import SqlPage
from recsys.ui.pages.users import Users
from recsys.ui.pages.visitor import VisitorPage
from recsys.ui.security.loopback import LOOPBACK, LoopbackOnly
from recsys.ui.site import HERE, Site

DEFAULT_LIMITS = sandbox.Limits()
ID_DIGITS = 10  # of the largest id


class IdConvertor(IntegerConvertor):
    """Match an id in a path, limited in length: Python refuses to parse numbers of thousands of digits."""

    regex = f"[0-9]{{1,{ID_DIGITS}}}"


register_url_convertor("id", IdConvertor())


def application(
    warehouse: Path, limits: sandbox.Limits = DEFAULT_LIMITS, seed: int | None = None
) -> Starlette:
    """Return the explorer of one warehouse as an ASGI application; ``seed`` fixes the random users."""
    site = Site(warehouse, seed)
    served = docs.Served(warehouse)
    sql_page = SqlPage(site, limits)
    routes = [
        *_pages(site),
        Route("/sql", sql_page.sql, methods=["GET", "POST"]),
        Route("/sql/download", sql_page.download),
        Route("/sql/words.json", site.showing(sql_page.words, keeps=False)),
        Route("/sql/relations/{layer}", site.showing(sql_page.relations)),
        Mount("/api", api.application(site.snapshots)),
        docs.mounted(served),
        Mount("/static", Files(directory=HERE / "static", packages=[("recsys.report", "static")])),
    ]
    explorer = Starlette(
        routes=routes,
        middleware=[Middleware(LoopbackOnly)],
        exception_handlers={HTTPException: site.failed, RecsysError: site.failed},
    )
    explorer.state.catalogue = served
    explorer.state.sandbox = sql_page.sandbox
    return explorer


def _pages(site: Site) -> list[Route]:
    """Return the routes of the pages, specific ones first.

    A part of a path may be any name; a slash in a name is written as %2F.
    """
    home, users, items, pairs = Home(site), Users(site), Items(site), Pairs(site)
    search_page, models = SearchPage(site), Models(site)
    browse, visitor, comparison = Browse(site), VisitorPage(site), Comparison(site)
    by_kind = [
        Route(f"/{kind}s/{{item:path}}", _of_kind(kind, site.showing(items.item)))
        for kind in (*KINDS, UNLISTED)
    ]
    return [
        Route("/", site.showing(home.home)),
        Route("/search", site.showing(search_page.search)),
        Route("/search.json", site.showing(search_page.suggest, keeps=False)),
        Route("/users/random", site.showing(home.random_user, keeps=False)),
        Route("/users", site.showing(browse.users)),
        Route("/items", site.showing(browse.items)),
        Route("/try", site.showing(visitor.form)),
        Route("/compare", site.showing(comparison.page)),
        Route("/compare/overlap", site.showing(comparison.overlap)),
        Route("/glossary", GlossaryPage(site).page),
        Route("/users/{user:path}/tracks/{track:path}", site.showing(pairs.pair)),
        Route("/users/{user:path}/items/{track:path}", site.showing(pairs.pair)),
        Route("/users/{user:path}/lists", site.showing(users.lists)),
        Route("/users/{user:path}", site.showing(users.user)),
        Route("/ids/{what}/{id:id}", site.showing(items.by_id, keeps=False)),
        Route("/pair", site.showing(pairs.by_form, keeps=False)),
        Route("/models/{model}", site.showing(models.model)),
        Route("/lists/{model}", site.showing(models.list_model)),
        *by_kind,
    ]


def _of_kind(kind: str, endpoint: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """Return the endpoint for one kind of item."""

    def of_kind(request: Request) -> Response:
        request.path_params["kind"] = kind
        return endpoint(request)

    return of_kind


def serve(warehouse: Path, host: str = "127.0.0.1", port: int = 8350) -> None:
    """Serve the explorer until interrupted; port 0 takes a free one.

    Raise UsageError for a host that is not this machine, for a port in use, and without a warehouse.
    """
    if host not in LOOPBACK:
        raise UsageError(f"--host {host}: the explorer only serves this machine; use 127.0.0.1")
    with reading(warehouse):
        pass  # report a missing or foreign file now, not on the first page
    with _listening(host, port) as listener:
        name = f"[{host}]" if ":" in host else host
        explorer = application(warehouse)
        explorer.state.catalogue.warm()
        explorer.state.sandbox.prepare()
        print(f"Explorer: http://{name}:{listener.getsockname()[1]}/ (stop with Ctrl-C)", flush=True)
        config = uvicorn.Config(explorer, log_level="warning", server_header=False, ws="none", lifespan="off")
        with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises it again after closing
            uvicorn.Server(config).run(sockets=[listener])
        explorer.state.catalogue.close()
        explorer.state.sandbox.close()


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # lets asyncio set TCP_NODELAY
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        in_use = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        problem = "is in use" if in_use else f"cannot be opened ({reason})"
        raise UsageError(f"port {port} {problem}; try --port") from None
    return listener
