"""The catalogue in a real browser, opened as a file and as the explorer serves it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser import Watched

PAGES = ("index", "lineage", "scores.adaptive", "lists.item_knn")


def opened(browser: Any, folder: Path, page: str, **options: Any) -> Watched:
    watched = Watched(browser, **options)
    watched.page.goto((folder / f"{page}.html").as_uri())
    return watched


def lit(watched: Watched, kind: str) -> set[str]:
    return set(
        watched.page.locator(f".board a.{kind}").evaluate_all("all => all.map(one => one.dataset.model)")
    )


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_every_kind_of_page_is_without_fault(browser: Any, folder: Path, scheme: str, width: int) -> None:
    for page in PAGES:
        watched = opened(browser, folder, page, color_scheme=scheme, viewport={"width": width, "height": 900})
        assert watched.complaints == []
        assert [url for url in watched.requests if not url.startswith(("file:", "data:"))] == []
        assert not watched.overflows(), page
        assert watched.violations() == [], page
        watched.page.close()


def test_pointing_at_a_relation_lights_up_its_way(browser: Any, folder: Path) -> None:
    watched = opened(browser, folder, "lineage")
    watched.page.locator('[data-model="priors.overall"]').hover()
    assert "staging.ratings" in lit(watched, "above") and "marts.leaderboard" in lit(watched, "below")
    assert "staging.truth" not in lit(watched, "above") | lit(watched, "below")
    assert "priors.overall: one row is" in watched.page.locator("#status").inner_text()
    watched.page.keyboard.press("Tab")
    watched.page.locator('[data-model="scores.adaptive"]').focus()
    assert "features.candidates" in lit(watched, "above")
    watched.page.close()


def test_the_lineage_fits_folds_finds_and_leads_on(browser: Any, folder: Path) -> None:
    watched = opened(browser, folder, "lineage", viewport={"width": 1440, "height": 900})
    page = watched.page
    assert page.evaluate("(v => v.scrollWidth <= v.clientWidth + 1)(document.querySelector('.viewport'))")
    wires = page.locator(".wires path").count()
    page.locator('[data-layer="features"] summary').click()
    page.wait_for_function(f"document.querySelectorAll('.wires path').length < {wires}")
    assert page.locator('[data-model="features.candidates"]').is_hidden()
    page.locator("#seek").fill("features.candidates")
    page.locator('[data-model="features.candidates"]').wait_for()
    page.locator('[data-model="scores.content"]').press("Enter")
    page.wait_for_url("**/scores.content.html")
    page.close()


def test_the_list_is_searched_by_column(browser: Any, folder: Path) -> None:
    watched = opened(browser, folder, "index")
    watched.page.locator("#find").fill("sibling_mean candidates")
    shown = watched.page.locator(".tree li a:visible").all_inner_texts()
    assert "candidates" in shown and "adaptive" not in shown
    watched.page.locator("#find").press("Enter")
    watched.page.wait_for_url("**candidate**.html")
    watched.page.close()
