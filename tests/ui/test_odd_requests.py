"""Whatever arrives over the socket, the explorer answers for itself: no request ends in a 5xx, or the server."""

from __future__ import annotations

import resource
import socket
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PATHS = (
    *(
        "/",
        "/users",
        "/users/random",
        "/items",
        "/try",
        "/compare",
        "/glossary",
        "/users/100",
        "/users/100/tracks/1",
        "/sql",
    ),
    *("/search", "/search.json", "/tracks/1", "/items/", "/ids/item/1", "/pair", "/users/100/lists"),
    *("/static/ui.css", "/static/", "/static/..%2f..%2fserver.py", "/static/%00", "//", "/users//tracks/"),
)
WORDS = st.one_of(
    st.text(max_size=40).map(lambda text: quote(text.encode("utf-8", "surrogatepass"))),
    st.binary(max_size=40).map(quote),
    st.integers(1, 6000).map(lambda length: "9" * length),
    st.sampled_from(["%", "%0", "%ff", "%00", "+", "%2e%2e", "-1", "1e9", "%F0%9F%8E%B5", "adaptive"]),
)
TARGETS = st.one_of(
    st.sampled_from(PATHS),
    WORDS.map(lambda word: f"/{word}"),
    WORDS.map(lambda word: f"/users/{word}"),
    WORDS.map(lambda word: f"/users/100/tracks/{word}"),
    WORDS.map(lambda word: f"/artists/{word}"),
    WORDS.map(lambda word: f"/static/{word}"),
)
FIELDS = st.sampled_from(["user", "model", "one", "other", "all", "query", "q", "list", "type", "track", "x"])
QUERIES = st.lists(st.tuples(FIELDS, WORDS), max_size=6).map(
    lambda pairs: "&".join(f"{name}={word}" for name, word in pairs)
)
METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get", "X"])
NAMES = st.sampled_from(
    [
        "Accept",
        "Cookie",
        "Range",
        "If-None-Match",
        "If-Modified-Since",
        "Content-Type",
        "Origin",
        "X-Odd",
        "Expect",
    ]
)
HEADERS = st.lists(st.tuples(NAMES, st.binary(max_size=60)), max_size=4)
ODD = settings(
    deadline=None,
    derandomize=True,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def exchange(address: str, request: Iterable[bytes], hangs_up: bool = False) -> bytes:
    """What the server sends back until it closes; it may do so before it has read everything.

    Who ``hangs_up`` says that nothing more will come, which ends what is no whole request.
    """
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as connection:
        try:
            for piece in request:
                connection.sendall(piece)
            if hangs_up:
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        answer = b""
        try:
            while piece := connection.recv(1 << 16):
                answer += piece
        except ConnectionError:
            pass
    return answer


def head(address: str, method: str, target: str, *headers: bytes) -> bytes:
    host = f"Host: {urlsplit(address).netloc}".encode()
    lines = [f"{method} {target} HTTP/1.1".encode("latin-1"), host, b"Connection: close", *headers]
    return b"\r\n".join([*lines, b"", b""])


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def lives(address: str) -> bool:
    return status(exchange(address, [head(address, "GET", "/")])) == 200


@ODD
@given(METHODS, TARGETS, QUERIES, HEADERS)
def test_no_odd_request_is_answered_with_5xx(address, method, target, query, headers) -> None:
    fields = [name.encode() + b": " + value for name, value in headers]
    answer = exchange(address, [head(address, method, f"{target}?{query}" if query else target, *fields)])
    assert not answer or 200 <= status(answer) < 500, answer[:300]


@settings(ODD, max_examples=15)
@given(st.one_of(st.binary(max_size=300), QUERIES.map(str.encode)), st.booleans(), st.binary(max_size=30))
def test_no_odd_body_is_answered_with_5xx(address, body, is_chunked, kind) -> None:
    if is_chunked:
        framing, sent = (
            b"Transfer-Encoding: chunked",
            b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n",
        )
    else:
        framing, sent = b"Content-Length: %d" % len(body), body
    answer = exchange(address, [head(address, "POST", "/sql", framing, b"Content-Type: " + kind), sent])
    assert not answer or 200 <= status(answer) < 500, answer[:300]


@pytest.mark.parametrize(
    "raw",
    [b"", b"\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00", b"GET / HTTP/9.9\r\n\r\n", b"A" * 100_000],
)
def test_what_is_no_request_is_no_harm(address, raw) -> None:
    answer = exchange(address, [raw], hangs_up=True)
    assert not answer or 400 <= status(answer) < 500
    assert lives(address)


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "9" * 5000, "\u00b2", "65537"])
def test_an_odd_or_large_announced_length_is_refused(address, length) -> None:
    answer = exchange(
        address, [head(address, "POST", "/sql", b"Content-Length: " + length.encode("latin-1")), b"x"]
    )
    assert not answer or 400 <= status(answer) < 500
    assert lives(address)


def test_a_body_in_chunks_is_refused_as_soon_as_it_is_too_large(address) -> None:
    """Send 200 MiB; the server, which is in this process, keeps less than a tenth of them."""
    sent, chunk = 0, b"10000\r\n" + b"x" * 65536 + b"\r\n"

    def pieces() -> Iterable[bytes]:
        nonlocal sent
        yield head(
            address,
            "POST",
            "/sql",
            b"Transfer-Encoding: chunked",
            b"Content-Type: application/x-www-form-urlencoded",
        )
        for _ in range(3200):
            yield chunk
            sent += len(chunk)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer = exchange(address, pieces())
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert not answer or status(answer) == 413
    assert sent < 20 << 20
    assert grown < 20 << 10  # KiB
    assert lives(address)


def test_a_small_body_in_chunks_is_read(address) -> None:
    body = b"query=select+41%2B1+as+answer"
    pieces = [b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:9], body[9:])]
    answer = exchange(
        address, [head(address, "POST", "/sql", b"Transfer-Encoding: chunked"), *pieces, b"0\r\n\r\n"]
    )
    assert status(answer) == 200
    assert b">42<" in answer


@pytest.mark.parametrize("digits", [11, 5000])
def test_an_id_of_any_number_of_digits_is_told_of(address, digits) -> None:
    assert status(exchange(address, [head(address, "GET", f"/ids/user/{'9' * digits}")])) == 404
    assert status(exchange(address, [head(address, "GET", f"/users/{'9' * digits}")])) == 404


def test_who_hangs_up_leaves_nothing_behind(address, client) -> None:
    """A crowd that does not wait for its answers, and behind it one that does, here and at another door."""
    for path in ["/", "/users/100", "/users/100/tracks/1", "/sql", "/users/999", "/users/random"] * 5:
        exchange(address, [head(address, "GET", path)], hangs_up=True)
        assert client.get("/users/100").status_code == 200
    for path in ("/", "/users/100", "/api/recommend?user=100"):
        assert status(exchange(address, [head(address, "GET", path)])) == 200
