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


def shown(watched: Watched) -> set[str]:
    links = watched.page.locator(".board li:not([hidden]) a")
    return set(links.evaluate_all("all => all.map(one => one.dataset.model)"))


def test_the_lineage_opens_on_the_lists_with_their_neighbours(browser: Any, folder: Path) -> None:
    watched = opened(browser, folder, "lineage", viewport={"width": 1440, "height": 900})
    names = shown(watched)
    assert {"marts.recommendations", "lists.interactions", "internal.described_lists"} <= names
    assert "staging.ratings" not in names and len(names) < 30
    assert "marts.recommendations: one row is" in watched.page.locator("#status").inner_text()
    assert lit(watched, "self") == {"marts.recommendations"}
    watched.page.close()


def test_the_lineage_goes_deeper_and_the_address_says_where_it_is(browser: Any, folder: Path) -> None:
    watched = opened(browser, folder, "lineage", viewport={"width": 1440, "height": 900})
    page = watched.page
    page.goto(f"{(folder / 'lineage.html').as_uri()}#priors.overall")
    page.wait_for_function("document.querySelector('.board a.self').dataset.model === 'priors.overall'")
    assert "staging.ratings" in shown(watched) and "staging.train" not in shown(watched)
    near = shown(watched)
    page.locator("#depth").select_option("2")
    page.wait_for_url("**#priors.overall&steps=2")
    page.wait_for_function(f"document.querySelectorAll('.board li:not([hidden])').length > {len(near)}")
    assert near < shown(watched)
    page.locator("#depth").select_option("all")
    page.wait_for_url("**steps=all")
    page.wait_for_function("!document.querySelector('.board li[hidden]')")
    assert "marts.leaderboard" in lit(watched, "below")
    assert page.evaluate("(v => v.scrollWidth <= v.clientWidth + 1)(document.querySelector('.viewport'))")
    page.go_back()
    page.go_back()
    page.wait_for_function(f"document.querySelectorAll('.board li:not([hidden])').length === {len(near)}")
    assert watched.complaints == []
    page.close()


def test_a_click_leads_on_and_a_second_one_opens_the_page(browser: Any, folder: Path) -> None:
    watched = opened(browser, folder, "lineage", viewport={"width": 1440, "height": 900})
    page = watched.page
    page.locator('[data-model="lists.interactions"]').click()
    page.wait_for_url("**#lists.interactions")
    page.mouse.move(1, 1)
    assert lit(watched, "self") == {"lists.interactions"}
    page.locator('[data-model="lists.interactions"]').press("Enter")
    page.wait_for_url("**/lists.interactions.html")
    page.close()


def test_the_search_of_the_lineage_takes_exact_names_first(browser: Any, folder: Path) -> None:
    watched = opened(browser, folder, "lineage", viewport={"width": 1440, "height": 900})
    page = watched.page
    page.locator("#seek").fill("adaptive")
    assert page.locator("#sought a").first.inner_text() == "scores.adaptive"
    assert page.locator("#sought a").count() > 1
    page.locator("#seek").press("Enter")
    page.wait_for_url("**#scores.adaptive")
    assert lit(watched, "self") == {"scores.adaptive"}
    page.close()


def test_the_list_is_searched_by_column(browser: Any, folder: Path) -> None:
    watched = opened(browser, folder, "index")
    watched.page.locator("#find").fill("sibling_mean candidates")
    shown = watched.page.locator(".tree li a:visible").all_inner_texts()
    assert "candidates" in shown and "adaptive" not in shown
    watched.page.locator("#find").press("Enter")
    watched.page.wait_for_url("**candidate**.html")
    watched.page.close()
