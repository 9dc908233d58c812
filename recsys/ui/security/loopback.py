"""Middleware that refuses requests from other hosts and sites."""

from __future__ import annotations

from math import inf
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
MOST_BYTES = 64 * 1024  # of a request's body
DIGITS = 18  # longest number that is parsed
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
STORED = "no-store"  # default


class LoopbackOnly:
    """Refuse requests that name another host, or that a page of another origin sends.

    A foreign site reaches a loopback address through the visitor's browser: by a name that resolves to
    127.0.0.1 (the Host header then has that name), or by its own form or script (shown by Origin or
    Sec-Fetch-Site).
    """

    def __init__(self, application: ASGIApp) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or refuse a request."""
        if scope["type"] == "lifespan":
            await self.application(scope, receive, send)
        elif scope["type"] == "http":
            refusal = _refusal(scope["method"], Headers(scope=scope))
            if refusal:
                await PlainTextResponse(refusal, status_code=403)(scope, receive, _with_headers(send))
            else:
                await self._answer(scope, receive, _with_headers(send))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body up to the size limit, then let the application answer.

        A chunked body has no announced length, so it is counted as it arrives.
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

    # The server closes websockets without an answer.


def _refusal(method: str, headers: Headers) -> str | None:
    """Return why a request is refused, None where it is not."""
    host = headers.get("host", "")
    if _name(host) not in LOOPBACK:
        return "refused: use the address 127.0.0.1 or localhost"
    origin = headers.get("origin")
    if origin is not None and origin != f"http://{host}":
        return "refused: the request comes from a page of another origin"
    if method not in ("GET", "HEAD") and headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return "refused: the request comes from another site"
    return TOO_LARGE if _length(headers) > MOST_BYTES else None


def _length(headers: Headers) -> float:
    """Return the announced length of the body, infinite where it is not a number."""
    text = headers.get("content-length", "0")
    is_number = text.isascii() and text.isdigit() and len(text) <= DIGITS
    return int(text) if is_number else inf


def _once(body: bytes, receive: Receive) -> Receive:
    """Return a body that has been read, followed by later messages."""
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
