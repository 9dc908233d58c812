"""Who is let in."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

QUERY = {"query": "select 1 as one"}


@pytest.mark.parametrize("host", ["127.0.0.1:8350", "localhost:8350", "[::1]:8350", "LOCALHOST"])
def test_loopback_names_are_let_in(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example:8350", "127.0.0.1.evil.example", "localhost@evil.example", "192.168.1.5", "", "[", "::1"],
)
def test_other_hosts_are_refused(client: TestClient, host: str) -> None:
    answer = client.get("/", headers={"host": host})
    assert answer.status_code == 403
    assert "leaderboard" not in answer.text


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://127.0.0.1:9999", "https://127.0.0.1:8350", "null", ""]
)
def test_other_origins_are_refused(client: TestClient, origin: str) -> None:
    assert client.post("/sql", data=QUERY, headers={"origin": origin}).status_code == 403
    assert client.get("/", headers={"origin": origin}).status_code == 403


def test_the_own_origin_is_let_in(client: TestClient) -> None:
    headers = {"origin": "http://127.0.0.1:8350", "sec-fetch-site": "same-origin"}
    assert client.post("/sql", data=QUERY, headers=headers).status_code == 200


def test_a_form_of_another_site_is_refused_even_without_an_origin(client: TestClient) -> None:
    assert client.post("/sql", data=QUERY, headers={"sec-fetch-site": "cross-site"}).status_code == 403


def test_a_huge_request_is_refused(client: TestClient) -> None:
    assert client.post("/sql", data={"query": "x" * 100_000}).status_code == 403


def test_every_answer_bars_what_a_page_does_not_need(client: TestClient) -> None:
    for path in ("/", "/static/ui.css", "/nothing", "/users/999999"):
        headers = client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
    refused = client.get("/", headers={"host": "evil.example"})
    assert "content-security-policy" in refused.headers


def test_no_page_brings_scripts_or_styles_of_its_own(client: TestClient) -> None:
    for path in ("/", "/users/100", "/users/100/tracks/1", "/tracks/1", "/sql", "/users/999999"):
        text = client.get(path).text
        assert "<script>" not in text and "<style" not in text
        assert " style=" not in text and " onclick=" not in text
