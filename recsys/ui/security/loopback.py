"""Keeps everybody but this machine's own pages out."""

from __future__ import annotations

from math import inf
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
MOST_BYTES = 64 * 1024  # of a request's body
DIGITS = 18  # of a length that is worth reading
TOO_LARGE = "refused: the request is too large"

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
STORED = "no-store"  # unless a page says how it may be kept


class LoopbackOnly:
    """Refuses requests that name another host, or that a page of another origin makes a browser send.

    A foreign site reaches a loopback address through the visitor's browser, by a name that it lets resolve to
    127.0.0.1 (the Host header then bears that name) or by a form or script of its own (Origin, or
    Sec-Fetch-Site, says so).
    """

    def __init__(self, application: ASGIApp) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.application(scope, receive, send)
        elif scope["type"] == "http":
            refusal = _refusal(scope["method"], Headers(scope=scope))
            if refusal:
                await PlainTextResponse(refusal, status_code=403)(scope, receive, _with_headers(send))
            else:
                await self._answer(scope, receive, _with_headers(send))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The application's answer to a body that is read whole before, as far as it may be long.

        A body in chunks announces no length, so that it must be counted as it arrives.
        """
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, more = body + message.get("body", b""), message.get("more_body", False)
            if len(body) > MOST_BYTES:
                refusal = PlainTextResponse(TOO_LARGE, status_code=413, headers={"connection": "close"})
                await refusal(scope, receive, send)
                return
        await self.application(scope, _once(body, receive), send)

    # A websocket gets no answer at all: the server closes it.


def _refusal(method: str, headers: Headers) -> str | None:
    """Why a request is refused; None where it is not."""
    host = headers.get("host", "")
    if _name(host) not in LOOPBACK:
        return "refused: this address answers to 127.0.0.1 and localhost alone"
    origin = headers.get("origin")
    if origin is not None and origin != f"http://{host}":
        return "refused: the request comes from a page of another origin"
    if method not in ("GET", "HEAD") and headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return "refused: the request comes from another site"
    return TOO_LARGE if _length(headers) > MOST_BYTES else None


def _length(headers: Headers) -> float:
    """The length of the body that a request announces; infinite where that is no number of bytes."""
    text = headers.get("content-length", "0")
    is_number = text.isascii() and text.isdigit() and len(text) <= DIGITS
    return int(text) if is_number else inf


def _once(body: bytes, receive: Receive) -> Receive:
    """Gives a body that has been read, then whatever comes after it."""
    message: Message | None = {"type": "http.request", "body": body, "more_body": False}

    async def receiving() -> Message:
        nonlocal message
        given, message = message, None
        return given or await receive()

    return receiving


def _name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(HEADERS)
            headers.setdefault("cache-control", STORED)
        await send(message)

    return sending
