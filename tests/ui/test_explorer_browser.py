"""The explorer from end to end in a real browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from recsys.backends.duckdb.connection import reading
from tests.browser import Watched


def test_from_a_search_to_a_recommendation_and_why(browser: Any, address: str) -> None:
    watched = Watched(browser, viewport={"width": 1200, "height": 800})
    page = watched.page
    page.goto(address)
    page.keyboard.press("/")
    page.keyboard.type("100")
    page.wait_for_selector("#suggestions [role=option]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/users/100")
    assert page.locator("h1").inner_text() == "User 100"
    page.wait_for_selector("#recommendations .lists a.score")
    assert page.locator(".lists .list").count() == 1

    page.locator(".lists a.score").first.click()
    page.wait_for_url("**/users/100/tracks/*")
    assert page.locator("h1").inner_text().startswith("Why Track")
    assert page.locator("#explanation").is_visible()

    page.get_by_label("model to explain").select_option("adaptive")
    page.get_by_role("button", name="Explain").click()
    page.wait_for_url("**model=adaptive**")
    assert "mean of all ratings" in page.locator(".waterfall").inner_text()
    page.go_back()
    page.go_back()
    assert page.locator("h1").inner_text() == "User 100"

    assert watched.complaints == []
    assert [url for url in watched.requests if not url.startswith((address, "data:"))] == []
    page.close()


PAGES = (
    *(
        "/",
        "/users/100",
        "/users/100?list=popularity&list=item_knn",
        "/users/101",
        "/albums/10",
        "/genres/30",
    ),
    *("/users/100/tracks/1?model=adaptive", "/models/adaptive", "/search?q=1&all=1", "/search?q=zz", "/sql"),
    *("/sql?query=from+marts.leaderboard", "/sql?query=from+marts.user_activity", "/sql?query=drop"),
    *("/sql?query=from+marts.user_activity&view=columns", "/sql?query=from+marts.leaderboard&view=plot"),
    *("/users/nobody", "/users/100/lists", "/users", "/items?type=all", "/try?item=1&item=x", "/glossary"),
    *("/compare", "/compare?of=models"),
)


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1440, "dark")])
def test_every_page_is_accessible_and_fits(browser: Any, address: str, scheme: str, width: int) -> None:
    watched = Watched(browser, color_scheme=scheme, viewport={"width": width, "height": 900})
    found = {}
    for path in PAGES:
        watched.page.goto(address + path)
        watched.page.wait_for_selector("body:not(:has([aria-busy]))")
        found[path] = [*watched.violations(), *(["overflows"] if watched.overflows() else [])]
    assert found == {path: [] for path in PAGES}
    watched.page.close()


@pytest.mark.parametrize("width", [390, 700, 1440])
def test_the_leaderboard_is_whole_and_breaks_names_after_underscores_only(
    browser: Any, address: str, width: int
) -> None:
    watched = Watched(browser, viewport={"width": width, "height": 900})
    watched.page.goto(address)
    assert watched.page.evaluate(
        """() => {
            const box = document.querySelector("#leaderboard").parentElement;
            return box.scrollHeight <= box.clientHeight + 1;
        }"""
    )
    # <wbr> divides a name into texts; one that is broken within a word has more than one rectangle.
    lines = watched.page.evaluate(
        """() => [...document.querySelectorAll("#leaderboard th a")].flatMap((link) => [...link.childNodes])
            .filter((node) => node.nodeType === Node.TEXT_NODE)
            .map((node) => { const range = new Range(); range.selectNode(node); return range.getClientRects().length; })"""
    )
    assert lines and set(lines) == {1}
    watched.page.close()


def test_models_can_be_chosen(browser: Any, address: str) -> None:
    watched = Watched(browser)
    page = watched.page
    page.goto(f"{address}/users/101")
    page.locator("form.models summary").click()
    for model in page.locator("form.models input:checked").evaluate_all("all => all.map(box => box.value)"):
        page.get_by_label(model, exact=True).uncheck()
    page.get_by_label("max_genre_bayes", exact=True).check()
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**model=max_genre_bayes**")
    assert page.locator(".ranking h3").all_inner_texts()[0].startswith("max_genre_bayes")
    assert page.locator(".ranking").count() == 1
    assert watched.complaints == []
    page.close()


def test_pointing_at_a_candidate_finds_it_in_the_other_rankings(browser: Any, address: str) -> None:
    watched = Watched(browser)
    watched.page.goto(f"{address}/users/100")
    watched.page.locator(".ranking [data-track='3']").first.hover()
    same = watched.page.locator(".ranking .same")
    assert same.count() == 4
    assert set(same.evaluate_all("links => links.map(link => link.dataset.track)")) == {"3"}
    watched.page.close()


def test_a_query_is_completed_run_and_downloaded(
    browser: Any, address: str, explored_warehouse: Path
) -> None:
    with reading(explored_warehouse, guarded=True) as connection:
        lists, models = (
            connection.execute(f"select count(*) from marts.{name}").fetchall()[0][0]
            for name in ("list_leaderboard", "leaderboard")
        )
    watched = Watched(browser)
    page = watched.page
    page.goto(f"{address}/sql")
    editor = page.locator(".editor .cm-content")
    editor.wait_for()
    page.get_by_role("button", name="Run").click()
    page.wait_for_selector("#answer")
    assert page.locator("#answer tbody tr").count() == lists
    assert page.locator("#plot").count() == 0
    page.goto(f"{address}/sql?query=select+model,+accuracy+from+marts.leaderboard")
    page.get_by_role("link", name="plot", exact=True).click()
    page.wait_for_selector("#plot li", timeout=10_000)
    assert page.locator("#plot li").count() == models
    page.go_back()

    editor.fill("")
    page.keyboard.type("select 6 * 7 as answer from marts.leaderb", delay=5)
    page.locator(".editor .cm-tooltip-autocomplete li", has_text="leaderboard").first.click()
    page.keyboard.type(" limit 1")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#answer td:text-is('42')")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert Path(download.value.path()).read_bytes() == b"answer\r\n42\r\n"

    page.go_back()
    assert page.locator("#answer tbody tr").count() == models
    assert watched.complaints == []
    page.close()


def test_completion_offers_relations_of_a_layer_and_columns_of_a_relation(browser: Any, address: str) -> None:
    watched = Watched(browser)
    page = watched.page
    page.goto(f"{address}/sql")
    editor = page.locator(".editor .cm-content")
    editor.wait_for()
    editor.fill("")
    offered = page.locator(".editor .cm-tooltip-autocomplete li")
    page.keyboard.type("from marts.le", delay=5)
    offered.first.wait_for()
    assert offered.all_inner_texts()[0] == "leaderboard" and "leakproof" not in offered.all_inner_texts()
    page.keyboard.press("Escape")
    page.keyboard.type("aderboard as l where l.", delay=5)
    offered.filter(has_text=re.compile("^auc")).first.wait_for()  # not the list of before
    assert {"model", "accuracy", "auc"} <= set(offered.all_inner_texts())
    assert watched.complaints == []
    page.close()


def test_a_query_is_kept_in_the_history_and_a_layer_opens(browser: Any, address: str) -> None:
    watched = Watched(browser)
    page = watched.page
    page.goto(f"{address}/sql?query=select+41+as+answer")
    assert page.locator("#past a").all_inner_texts() == ["select 41 as answer"]
    page.locator("[data-opens='/sql/relations/priors'] summary").click()
    page.locator("[data-insert='priors.items']").wait_for(state="attached")
    page.get_by_role("button", name="Clear").click()
    assert not page.locator("#past").is_visible()
    assert watched.complaints == []
    page.close()


def test_the_styles_of_the_content_policy_hold(browser: Any, address: str) -> None:
    """A script that found its way into a page would not run."""
    watched = Watched(browser)
    watched.page.goto(address)
    ran = watched.page.evaluate(
        "() => { const script = document.createElement('script'); script.textContent = 'window.ran = true';"
        " document.body.append(script); return Boolean(window.ran); }"
    )
    assert ran is False
    assert any("Content Security Policy" in complaint for complaint in watched.complaints)
    watched.page.close()


def test_the_theme_is_kept_and_no_page_flashes_in_the_other_one(browser: Any, address: str) -> None:
    watched = Watched(browser, color_scheme="light")
    page = watched.page
    page.goto(address)
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(ground)
    page.keyboard.press("t")
    dark = page.evaluate(ground)
    assert dark != light
    # Until the style sheet is there the ground is transparent and, since the sheet blocks rendering, nothing is drawn.
    page.add_init_script(
        "(function look() { const seen = document.documentElement && "
        + ground
        + "; if (seen && seen !== 'rgba(0, 0, 0, 0)') window.first = seen; else requestAnimationFrame(look); })();"
    )
    page.goto(f"{address}/users")
    page.wait_for_function("window.first")
    assert page.evaluate("window.first") == dark
    sheets = "performance.getEntriesByType('resource').filter(entry => entry.name.includes('.css'))"
    assert set(page.evaluate(f"{sheets}.map(entry => entry.renderBlockingStatus)")) == {"blocking"}
    page.goto(f"{address}/catalogue/")
    assert page.evaluate(ground) == dark
    page.get_by_label("dark theme").click()
    assert page.evaluate(ground) == light
    assert watched.complaints == []
    page.close()


def test_keys_lead_to_pages_and_are_listed(browser: Any, address: str) -> None:
    watched = Watched(browser)
    page = watched.page
    page.goto(address)
    page.keyboard.press("?")
    assert "random user" in page.get_by_role("dialog").inner_text()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("u")
    page.wait_for_url("**/users")
    page.get_by_role("link", name="ratings").click()
    page.wait_for_url("**reverse=1")
    assert watched.complaints == []
    page.close()


def test_a_list_is_tried_with_suggestions_for_items(browser: Any, address: str) -> None:
    watched = Watched(browser)
    page = watched.page
    page.goto(f"{address}/try")
    page.get_by_label("track 1").fill("1")
    page.locator("#try-1 [role=option]").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.get_by_label("track 1").input_value() != ""
    page.get_by_role("button", name="Recommend").click()
    page.locator("#list .picks li").first.wait_for()
    page.locator("#list summary").click()
    assert "recommend_for" in page.locator("#list .copy").inner_text()
    assert watched.complaints == []
    page.close()


def test_a_term_shows_its_meaning_to_a_reader_with_a_keyboard(browser: Any, address: str) -> None:
    watched = Watched(browser)
    page = watched.page
    page.goto(address)
    page.locator(".term").first.focus()
    shown = page.evaluate("getComputedStyle(document.activeElement, '::after').content")
    assert "held" in shown or "like" in shown
    assert watched.complaints == []
    page.close()
