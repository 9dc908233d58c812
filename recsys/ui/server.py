"""The explorer's pages, and the server that shows them to this machine alone."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates

from recsys.engine.duckdb import reading
from recsys.engine.queries import is_compared, require
from recsys.errors import RecsysError, UnknownIdError, UsageError
from recsys.ui import api, catalogue, sandbox
from recsys.ui.explorer import DEFAULT_MODELS, LARGEST_ID, MOST_RATINGS, NEEDED, Explorer
from recsys.ui.loopback import LOOPBACK, LoopbackOnly

HERE = Path(__file__).resolve().parent
EXAMPLE = "select model, accuracy, auc, published_accuracy\nfrom marts.leaderboard"
DEFAULT_LIMITS = sandbox.Limits()
ID_DIGITS = 10  # of the largest id
MOST_SHOWN = 40  # characters of what a message quotes


class IdConvertor(IntegerConvertor):
    """A part of a path that is an id, and no longer: Python makes no number of thousands of digits."""

    regex = f"[0-9]{{1,{ID_DIGITS}}}"


register_url_convertor("id", IdConvertor())


class Pages:
    """One function for each page. Every request reads through a connection of its own, so that it sees the
    warehouse as the last build left it, and sees one build only."""

    def __init__(self, warehouse: Path, limits: sandbox.Limits, seed: int | None) -> None:
        self.warehouse, self.limits = warehouse, limits
        self.chance = random.Random(seed)
        self.templates = Jinja2Templates(HERE / "templates")
        # One page and one query of the SQL box at a time are enough for a person: each takes an engine.
        self.reading, self.querying = threading.Lock(), threading.Lock()

    @contextlib.contextmanager
    def explorer(self) -> Iterator[Explorer]:
        with self.reading, reading(self.warehouse, guarded=True) as connection:
            require(connection, self.warehouse, *NEEDED)
            yield Explorer(connection)

    def _page(self, request: Request, name: str, status: int = 200, **content: Any) -> Response:
        return self.templates.TemplateResponse(request, name, content, status_code=status)

    def home(self, request: Request) -> Response:
        with self.explorer() as explorer:
            return self._page(
                request,
                "home.html",
                leaderboard=explorer.leaderboard(),
                is_compared=is_compared(explorer.connection),
                users=len(explorer.test_users()),
                build_id=explorer.build_id(),
                warehouse=self.warehouse.name,
            )

    def find(self, request: Request) -> Response:
        """The form with a user's id leads to the user's page."""
        text = request.query_params.get("user", "").strip()
        if not (text.isascii() and text.isdigit() and len(text) <= ID_DIGITS):
            shown = text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."
            raise HTTPException(400, f"{shown!r} is no user id: expected a whole number up to {LARGEST_ID}")
        return RedirectResponse(f"/users/{int(text)}", 303)

    def anyone(self, request: Request) -> Response:
        with self.explorer() as explorer:
            users = explorer.test_users()
        if not users:
            raise HTTPException(404, "The test file has no users.")
        return RedirectResponse(f"/users/{self.chance.choice(users)}", 303)

    def disagreeing(self, request: Request) -> Response:
        one, other = (request.query_params.get(name, "") for name in ("one", "other"))
        with self.explorer() as explorer:
            self._known([one, other], explorer.models())
            users = explorer.disagreeing_users(one, other)
        if not users:
            raise HTTPException(404, f"{one} and {other} predict the same for every user.")
        chosen = self.chance.choice(users)
        return RedirectResponse(f"/users/{chosen}?{urlencode([('model', one), ('model', other)])}", 303)

    def _known(self, chosen: Sequence[str], models: Sequence[str]) -> None:
        for model in chosen:
            if model not in models:
                raise HTTPException(404, f"There is no model {model!r} in this warehouse.")

    def user(self, request: Request) -> Response:
        user_id, track_id = request.path_params["user_id"], request.path_params.get("track_id")
        if max(user_id, track_id or 0) > LARGEST_ID:
            raise HTTPException(404, "There is no such id.")
        everything = "all" in request.query_params
        with self.explorer() as explorer:
            models = explorer.models()
            chosen = request.query_params.getlist("model") or models[:DEFAULT_MODELS]
            self._known(chosen, models)
            candidates = explorer.candidates(user_id)
            history = explorer.history(user_id, None if everything else MOST_RATINGS)
            return self._page(
                request,
                "user.html",
                user_id=user_id,
                track_id=track_id,
                models=models,
                chosen=chosen,
                selection=urlencode([("model", model) for model in chosen]),
                candidates=candidates,
                rankings=explorer.rankings(user_id, chosen),
                history=history,
                is_cut=any(len(ratings.rows) < ratings.count for ratings in history),
                explanation=None if track_id is None else explorer.explanation(user_id, track_id),
            )

    async def sql(self, request: Request) -> Response:
        if request.method != "POST":
            return await run_in_threadpool(self._answer, request, EXAMPLE, False)
        body = (await request.body()).decode("utf-8", errors="replace")
        try:
            text = parse_qs(body, max_num_fields=4).get("query", [""])[0]
        except ValueError:
            raise HTTPException(400, "The form has more fields than this page's.") from None
        return await run_in_threadpool(self._answer, request, text, True)

    def _answer(self, request: Request, text: str, runs: bool) -> Response:
        answer, refusal = None, None
        if runs:
            try:
                with self.querying:
                    answer = sandbox.run(self.warehouse, text, self.limits)
            except sandbox.QueryRefusedError as error:
                refusal = str(error)
        with self.explorer() as explorer:
            relations = explorer.relations()
        return self._page(
            request,
            "sql.html",
            status=400 if refusal else 200,
            query=text,
            answer=answer,
            refusal=refusal,
            relations=relations,
            limits=self.limits,
        )

    async def failed(self, request: Request, error: Exception) -> Response:
        """A page with the one line that a person can act on."""
        status = 404 if isinstance(error, UnknownIdError) else 503
        status = error.status_code if isinstance(error, HTTPException) else status
        message = error.detail if isinstance(error, HTTPException) else str(error)
        return self._page(request, "error.html", status=status, message=message)


def application(
    warehouse: Path, limits: sandbox.Limits = DEFAULT_LIMITS, seed: int | None = None
) -> Starlette:
    """The explorer of one warehouse as an ASGI application; ``seed`` fixes the users that chance picks."""
    pages = Pages(warehouse, limits, seed)
    routes = [
        Route("/", pages.home),
        Route("/users", pages.find),
        Route("/users/random", pages.anyone),
        Route("/users/disagreeing", pages.disagreeing),
        Route("/users/{user_id:id}", pages.user),
        Route("/users/{user_id:id}/tracks/{track_id:id}", pages.user),
        Route("/sql", pages.sql, methods=["GET", "POST"]),
        Mount("/api", api.application(warehouse)),
        catalogue.mounted(warehouse),
        Mount("/static", StaticFiles(directory=HERE / "static")),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(LoopbackOnly)],
        exception_handlers={HTTPException: pages.failed, RecsysError: pages.failed},
    )


def serve(warehouse: Path, host: str = "127.0.0.1", port: int = 8350) -> None:
    """Show the explorer until interrupted; port 0 takes a free one.

    UsageError for a host that is not this machine, for a port that is taken, and without a warehouse.
    """
    if host not in LOOPBACK:
        raise UsageError(f"--host {host}: the explorer shows itself to this machine alone: 127.0.0.1")
    with reading(warehouse):
        pass  # so that a missing or foreign file is told of now, not on the first page
    with _listening(host, port) as listener:
        name = f"[{host}]" if ":" in host else host
        print(f"The explorer is at http://{name}:{listener.getsockname()[1]}/ (Ctrl-C ends it)", flush=True)
        config = uvicorn.Config(
            application(warehouse), log_level="warning", server_header=False, ws="none", lifespan="off"
        )
        with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises it again once it has closed
            uvicorn.Server(config).run(sockets=[listener])


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"port {port}: cannot be listened on ({reason}): choose another with --port"
        ) from None
    return listener
