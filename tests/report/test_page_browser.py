"""The page in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from recsys.report.page import write
from tests.browser import Watched


@pytest.fixture(scope="module")
def report(learned_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report") / "report.html"
    write(learned_warehouse, out)
    return out


def opened(browser: Any, report: Path, **options: Any) -> Watched:
    watched = Watched(browser, **options)
    watched.page.goto(report.as_uri())
    watched.page.wait_for_selector("html[data-drawn]")
    return watched


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 390])
def test_every_chart_is_drawn_without_a_complaint_or_a_request(
    browser: Any, report: Path, scheme: str, width: int
) -> None:
    watched = opened(browser, report, color_scheme=scheme, viewport={"width": width, "height": 800})
    charts = watched.page.locator("[data-chart]")
    assert charts.count() >= 10
    assert charts.locator("svg.marks").count() == charts.count()
    assert watched.complaints == []
    assert [url for url in watched.requests if not url.startswith(("file:", "data:", "blob:"))] == []
    assert not watched.overflows()
    watched.page.close()


def test_the_charts_follow_a_change_of_theme(browser: Any, report: Path) -> None:
    watched = opened(browser, report, color_scheme="light")
    label = watched.page.locator("[data-chart] svg.marks text").first
    before = label.get_attribute("fill")
    watched.page.emulate_media(color_scheme="dark")
    watched.page.wait_for_selector("html[data-drawn=dark]")
    assert label.get_attribute("fill") != before
    watched.page.close()


def test_axe_finds_nothing(browser: Any, report: Path) -> None:
    for scheme, width in (("light", 1200), ("dark", 390)):
        watched = opened(browser, report, color_scheme=scheme, viewport={"width": width, "height": 800})
        assert watched.violations() == []
        watched.page.close()


def test_on_paper_the_page_is_light(browser: Any, report: Path) -> None:
    watched = opened(browser, report, color_scheme="dark")
    watched.page.emulate_media(media="print")
    watched.page.wait_for_selector("html[data-drawn=light]")
    assert watched.page.locator("nav").is_hidden()
    ground = watched.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert ground == "rgb(255, 255, 255)"
    watched.page.close()
