"""The explorer's JSON API under ``/api``, described by ``/api/openapi.json``.

Its answers are those of the library. Each request reads the last build, from a file that is open read-only
and without access to anything else.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from recsys.errors import Error
from recsys.library import Warehouse
from recsys.serving.snapshots import Snapshot, Snapshots, through_publishes
from recsys.ui.http import headers_of, status_of
from recsys.version import __version__

DOCUMENT = Path(__file__).with_name("openapi.json")
MOST_ITEMS = 100
LONGEST = 200  # characters of a parameter
LONGER = 2000  # characters of one that lists items or holds a condition
LONG = ("only", "except", "where")
OF_LISTS = ("k", "model", "only", "except", "where", "diversity")

Answer = dict[str, Any]


class Api:
    """Answer one path per method; ``parameters`` of a request are checked for names and lengths."""

    def __init__(self, snapshots: Snapshots) -> None:
        self.snapshots = snapshots
        self.answering = threading.Lock()  # one list at a time

    def recommend(self, warehouse: Warehouse, parameters: Mapping[str, str]) -> Answer:
        """Answer ``/api/recommend``: the list of a user."""
        user = parameters["user"]
        lists = warehouse.recommend(
            user,
            _count(parameters),
            parameters.get("model"),
            only=_listed(parameters, "only"),
            excluding=_listed(parameters, "except") or (),
            where=parameters.get("where"),
            diversity=_share(parameters, "diversity"),
        )
        return {"user": user, "recommendations": lists.to_dicts()}

    def similar(self, warehouse: Warehouse, parameters: Mapping[str, str]) -> Answer:
        """Return the items most similar to an item."""
        item = parameters["item"]
        return {"item": item, "similar": warehouse.similar(item, _count(parameters)).to_dicts()}

    def explain(self, warehouse: Warehouse, parameters: Mapping[str, str]) -> Answer:
        """Return the parts of a user's score of an item."""
        user, item = parameters["user"], parameters["item"]
        evidence = warehouse.explain(user, item, parameters.get("model"))
        return {"user": user, "item": item, "evidence": evidence.to_dicts()}

    def document(self, request: Request) -> Response:
        """Return the OpenAPI description."""
        return JSONResponse(document())

    def endpoint(
        self,
        function: Callable[[Warehouse, Mapping[str, str]], Answer],
        needed: tuple[str, ...],
        optional: tuple[str, ...] = (),
    ) -> Callable[[Request], Response]:
        """Return an endpoint that checks parameters and answers from the last build."""

        def endpoint(request: Request) -> Response:
            parameters = _checked(request, needed, optional)

            def answer() -> Response:
                with self.answering, self.snapshots.reading() as (snapshot, _):
                    library = snapshot.fact(Warehouse, lambda: _library(snapshot))
                    with library.cursor() as warehouse:
                        return JSONResponse(function(warehouse, parameters))

            return through_publishes(self.snapshots.warehouse, answer)

        return endpoint


def document() -> Answer:
    """Return the OpenAPI description of the API."""
    described: Answer = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    described["info"]["version"] = __version__
    return described


def _checked(request: Request, needed: tuple[str, ...], optional: tuple[str, ...]) -> dict[str, str]:
    """Return the parameters of a request; 400 where one is missing, unknown, repeated or too long."""
    given = request.query_params.multi_items()
    parameters = dict(given)
    for name in needed:
        if not parameters.get(name):
            raise HTTPException(400, f"parameter {name} is missing")
    for name, value in given:
        if name not in (*needed, *optional):
            expected = ", ".join((*needed, *optional))
            raise HTTPException(400, f"unknown parameter {name[:LONGEST]!r}: use {expected}")
        longest = LONGER if name in LONG else LONGEST
        if len(value) > longest:
            raise HTTPException(400, f"{name} is longer than {longest} characters")
    if len(given) > len(parameters):
        raise HTTPException(400, "a parameter is given twice")
    return parameters


def _count(parameters: Mapping[str, str]) -> int:
    text = parameters.get("k", "10")
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_ITEMS):
        raise HTTPException(400, f"k = {text!r}: must be 1 to {MOST_ITEMS}")
    return int(text)


def _listed(parameters: Mapping[str, str], name: str) -> list[str] | None:
    """Return the ids of a parameter, which commas separate."""
    text = parameters.get(name)
    return None if text is None else [part.strip() for part in text.split(",") if part.strip()]


def _share(parameters: Mapping[str, str], name: str) -> float:
    """Return a number from 0 to 1; 0 where the parameter is missing."""
    text = parameters.get(name, "0")
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 1:
        raise HTTPException(400, f"{name} = {text!r}: expected 0 to 1")
    return found


def _failed(request: Request, error: Exception) -> Response:
    """Return the error message with the status of its kind."""
    message = error.detail if isinstance(error, HTTPException) else str(error)
    return JSONResponse({"error": message}, status_of(error), headers_of(error))


def _library(snapshot: Snapshot) -> Warehouse:
    """Return the library over the open file of a snapshot, which closes it."""
    library = Warehouse(snapshot.warehouse, snapshot.connection())
    snapshot.keep(library.close)
    return library


def application(snapshots: Snapshots) -> Starlette:
    """Return the application for the paths below ``/api``."""
    api = Api(snapshots)
    routes = [
        Route("/recommend", api.endpoint(api.recommend, ("user",), OF_LISTS)),
        Route("/similar", api.endpoint(api.similar, ("item",), ("k",))),
        Route("/explain", api.endpoint(api.explain, ("user", "item"), ("model",))),
        Route("/openapi.json", api.document),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: _failed, Error: _failed})
