"""The explorer's answers for other programs: JSON under ``/api``, described by ``/api/openapi.json``.

They are the library's answers. Each request opens the warehouse for itself, read-only and cut off from
everything but the warehouse, so that it is answered from the last build.
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

from recsys.errors import Error, UnknownIdError, UsageError
from recsys.library import Warehouse
from recsys.version import __version__

DOCUMENT = Path(__file__).with_name("openapi.json")
MOST_ITEMS = 100
LONGEST = 200  # characters of a parameter

Answer = dict[str, Any]


class Api:
    """One function for each path; ``parameters`` are those of the request, checked for names and lengths."""

    def __init__(self, warehouse: Path) -> None:
        self.warehouse = warehouse
        self.answering = threading.Lock()  # one list at a time is enough for this machine

    def recommend(self, warehouse: Warehouse, parameters: Mapping[str, str]) -> Answer:
        user, model = parameters["user"], parameters.get("model")
        lists = warehouse.recommend(user, _count(parameters), model)
        return {"user": user, "recommendations": lists.to_dicts()}

    def similar(self, warehouse: Warehouse, parameters: Mapping[str, str]) -> Answer:
        item = parameters["item"]
        return {"item": item, "similar": warehouse.similar(item, _count(parameters)).to_dicts()}

    def explain(self, warehouse: Warehouse, parameters: Mapping[str, str]) -> Answer:
        user, item = parameters["user"], parameters["item"]
        return {"user": user, "item": item, "evidence": warehouse.explain(user, item).to_dicts()}

    def document(self, request: Request) -> Response:
        return JSONResponse(document())

    def answering_with(
        self,
        function: Callable[[Warehouse, Mapping[str, str]], Answer],
        needed: tuple[str, ...],
        optional: tuple[str, ...] = (),
    ) -> Callable[[Request], Response]:
        """An endpoint: parameters are checked, the warehouse is opened, errors become a line of JSON."""

        def endpoint(request: Request) -> Response:
            parameters = _checked(request, needed, optional)
            with self.answering, Warehouse(self.warehouse, guarded=True) as warehouse:
                return JSONResponse(function(warehouse, parameters))

        return endpoint


def document() -> Answer:
    """The OpenAPI description of what is served here."""
    described: Answer = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    described["info"]["version"] = __version__
    return described


def _checked(request: Request, needed: tuple[str, ...], optional: tuple[str, ...]) -> dict[str, str]:
    """The parameters of a request; 400 where one is missing, unknown, given twice or too long."""
    given = request.query_params.multi_items()
    parameters = dict(given)
    for name in needed:
        if not parameters.get(name):
            raise HTTPException(400, f"expected a parameter {name}")
    for name, value in given:
        if name not in (*needed, *optional):
            expected = ", ".join((*needed, *optional))
            raise HTTPException(400, f"no parameter {name[:LONGEST]!r}: expected {expected}")
        if len(value) > LONGEST:
            raise HTTPException(400, f"{name}: expected at most {LONGEST} characters")
    if len(given) > len(parameters):
        raise HTTPException(400, "expected each parameter once")
    return parameters


def _count(parameters: Mapping[str, str]) -> int:
    text = parameters.get("k", "10")
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_ITEMS):
        raise HTTPException(400, f"k = {text!r}: expected 1 to {MOST_ITEMS}")
    return int(text)


def _failed(request: Request, error: Exception) -> Response:
    """The line that a person would be told, and the status of its kind."""
    if isinstance(error, HTTPException):
        return JSONResponse({"error": error.detail}, error.status_code)
    status = 404 if isinstance(error, UnknownIdError) else 400 if isinstance(error, UsageError) else 503
    return JSONResponse({"error": str(error)}, status)


def application(warehouse: Path) -> Starlette:
    """The paths below ``/api``."""
    api = Api(warehouse)
    routes = [
        Route("/recommend", api.answering_with(api.recommend, ("user",), ("k", "model"))),
        Route("/similar", api.answering_with(api.similar, ("item",), ("k",))),
        Route("/explain", api.answering_with(api.explain, ("user", "item"))),
        Route("/openapi.json", api.document),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: _failed, Error: _failed})
