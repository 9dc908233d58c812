"""The catalogue as the explorer serves it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from recsys.errors import UsageError
from recsys.ui.pages.docs import Served
from tests.browser import Watched


def test_the_pages_and_what_they_link_to_are_served(client: TestClient) -> None:
    moved = client.get("/catalogue")
    assert moved.headers["location"].endswith("/catalogue/")
    text = client.get("/catalogue/").text
    assert '<a href="/">Explorer</a>' in text and 'href="scores.adaptive.html"' in text
    for page in (
        "index.html",
        "lineage.html",
        "scores.adaptive.html",
        "columns.js",
        "look.css",
        "catalogue.js",
    ):
        assert client.get(f"/catalogue/{page}").status_code == 200, page


def test_what_is_no_page_is_told_of(client: TestClient) -> None:
    for page in ("scores.nothing.html", "nothing.css", "..%2fentries.py", "..%2f..%2fpyproject.toml"):
        answer = client.get(f"/catalogue/{page}")
        assert answer.status_code == 404, page
        assert "<html" in answer.text


def test_the_explorers_policy_lets_the_drawing_be_drawn(browser: Any, address: str) -> None:
    watched = Watched(browser)
    watched.page.goto(f"{address}/catalogue/lineage.html#scores.adaptive&steps=all")
    assert watched.page.locator(".wires path.above").count() > 10
    assert watched.complaints == []
    assert {url.split("/")[2] for url in watched.requests if not url.startswith("data:")} == {
        address.split("/")[2]
    }
    watched.page.close()


def test_columns_are_traced_before_anybody_asks(explored_warehouse: Path, tmp_path: Path) -> None:
    served = Served(explored_warehouse)
    served.warm().join()
    assert {"origins", "uses"} <= served.pages().catalogue.__dict__.keys()
    missing = Served(tmp_path / "missing.duckdb")
    missing.warm().join()
    served.close()
    with pytest.raises(UsageError, match="stopping"):
        served.pages()
    with pytest.raises(UsageError, match="no warehouse at"):
        missing.pages()
