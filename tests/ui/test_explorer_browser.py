"""The explorer from end to end in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from recsys.engine.duckdb import reading
from tests.browser import Watched


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 390])
def test_from_the_start_to_an_explanation(browser: Any, address: str, scheme: str, width: int) -> None:
    watched = Watched(browser, color_scheme=scheme, viewport={"width": width, "height": 800})
    page = watched.page
    page.goto(address)
    page.get_by_label("id of the user to look at").fill("100")
    page.get_by_role("button", name="Look at this user").click()
    assert page.locator("h1").inner_text() == "User 100"
    assert page.locator(".ranking").count() == 4
    assert not watched.overflows()

    page.locator(".ranking [data-track='1']").first.click()
    assert page.locator("#explanation h2").inner_text() == "The evidence on track 1"
    assert "own rating of album 10" in page.locator("#explanation").inner_text()
    assert page.locator(".ranking [aria-current]").count() == 4
    assert not watched.overflows()

    assert watched.complaints == []
    assert [url for url in watched.requests if not url.startswith((address, "data:"))] == []
    page.close()


def test_models_can_be_chosen(browser: Any, address: str) -> None:
    watched = Watched(browser)
    page = watched.page
    page.goto(f"{address}/users/101")
    page.locator("form.models summary").click()
    for model in page.locator("form.models input:checked").evaluate_all("all => all.map(box => box.value)"):
        page.get_by_label(model, exact=True).uncheck()
    page.get_by_label("max_genre_bayes", exact=True).check()
    page.get_by_role("button", name="Show").click()
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


def test_a_query_runs_by_button_and_by_key(browser: Any, address: str, explored_warehouse: Path) -> None:
    with reading(explored_warehouse, guarded=True) as connection:
        models = connection.execute("select count(*) from marts.leaderboard").fetchall()[0][0]
    watched = Watched(browser)
    page = watched.page
    page.goto(f"{address}/sql")
    page.get_by_role("button", name="Run").click()
    page.wait_for_selector("#answer")
    assert page.locator("#answer tbody tr").count() == models
    page.get_by_label("query").fill("select 6 * 7 as answer")
    page.get_by_label("query").press("Control+Enter")
    page.wait_for_selector("#answer td:text-is('42')")
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
