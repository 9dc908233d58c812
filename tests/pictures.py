"""Take all pictures of the README and of docs/ anew, from two warehouses.

    python -m tests.pictures DEMO FILMS OUT [--width 1280] [--scheme light]

DEMO is a warehouse of the demo data, FILMS one of `examples/films.py`, both built with learned models::

    recsys build --data data/small --warehouse demo.duckdb
    recsys build --data data/films --warehouse films.duckdb

Of the films: the first page, a user's list, the way of its first film to its score, the film, a query, the report,
the lineage and a relation. Of the demo data: the leaderboard. ``OUT/warehouses.json`` records the models of both
warehouses; a test compares them with the models of the product.
"""

from __future__ import annotations

import argparse
import json
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import uvicorn
from playwright.sync_api import Page, sync_playwright

from recsys.backends.duckdb.connection import query, reading
from recsys.docs_site import folder
from recsys.report import page as report
from recsys.ui.app import application
from tests.browser import ARGUMENTS, executable

HEIGHT = 860
MANIFEST = "warehouses.json"
QUERY = "select rank, name, round(score, 3) as score, reason\nfrom recommend('17', 10)"
READY = "body:not(:has([aria-busy]))"
MADE = {  # files for a reader without a server, and what shows that each is drawn
    "lineage": ("catalogue/lineage.html#scores.item_neighbours", ".board.lit"),
    "relation": ("catalogue/priors.items.html", ".wires path"),
}
# A user worth looking at: with test items where there are any, and a history that fits a screen.
ACTIVE = """
select facts.original_id
from marts.user_activity as activity
inner join marts.user_facts as facts using (user_id)
left join (select distinct user_id, true as is_tested from staging.candidates) as tested using (user_id)
where activity.rating_count between 30 and 400
order by is_tested nulls last, activity.rating_count desc, user_id limit 1
"""


@contextmanager
def served(warehouse: Path) -> Iterator[str]:
    """The explorer's address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(application(warehouse), log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


def rows(warehouse: Path, text: str) -> list[dict[str, object]]:
    with reading(warehouse) as connection:
        return query(connection, text).to_pylist()


def described(warehouse: Path) -> dict[str, object]:
    """What the manifest says about a warehouse: its models, and when it was built."""
    models = rows(warehouse, "select model from marts.leaderboard order by model")
    lists = rows(warehouse, "select model from marts.list_leaderboard order by model")
    built = rows(warehouse, "select name, value from marts.build where kind = 'setting' order by name")
    return {
        "models": [row["model"] for row in models],
        "list_models": [row["model"] for row in lists],
        **{row["name"]: row["value"] for row in built if row["name"] in ("recsys", "finished_at")},
    }


def stepwise(warehouse: Path) -> str:
    """The best list model whose score is a sum with named terms."""
    models = "select model from marts.list_leaderboard where model in ('ease', 'item_knn') order by ndcg desc"
    return str(rows(warehouse, models)[0]["model"])


def take(page: Page, address: str, ready: str, file: Path) -> None:
    answer = page.goto(address, timeout=90_000)
    if answer is not None and answer.status != 200:
        raise AssertionError(f"{address}: status {answer.status}")
    page.wait_for_selector(ready, state="attached", timeout=90_000)
    page.screenshot(path=file)
    print(file, f"{file.stat().st_size / 1024:.0f} KiB")


def take_files(page: Page, demo: Path, films: Path, out: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        made = Path(name)
        report.write(films, made / "report.html")
        folder.write(films, made / "catalogue")
        take(page, f"{made.as_uri()}/report.html", "html[data-drawn]", out / "report.png")
        for picture, (address, ready) in MADE.items():
            take(page, f"{made.as_uri()}/{address}", ready, out / f"{picture}.png")
    report.leaderboard_picture(demo, out / "leaderboard.svg")


def take_user(page: Page, address: str, warehouse: Path, out: Path) -> None:
    """A user's page, the pair of the user and the first item of the list, and that item."""
    user = f"/users/{rows(warehouse, ACTIVE)[0]['original_id']}"
    take(page, address + user, READY, out / "film-list.png")
    page.wait_for_selector(".lists a.score", timeout=90_000)
    pair = page.locator(".lists a.score").first.get_attribute("href") or ""
    paths = {
        "film-waterfall": f"{pair.split('?')[0]}?model={stepwise(warehouse)}",
        "explorer-item": page.locator(".lists .what a").first.get_attribute("href"),
    }
    for name, path in paths.items():
        take(page, f"{address}{path}", READY, out / f"{name}.png")


def main(demo: Path, films: Path, out: Path, width: int, scheme: str) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=list(ARGUMENTS))
        page = browser.new_page(viewport={"width": width, "height": HEIGHT}, color_scheme=scheme)
        take_files(page, demo, films, out)
        with served(films) as address:
            take(page, f"{address}/", READY, out / "explorer-home.png")
            take_user(page, address, films, out)
            take(page, f"{address}/sql?{urlencode({'query': QUERY})}", READY, out / "explorer-sql.png")
        browser.close()
    manifest = {"demo": described(demo), "films": described(films)}
    (out / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("demo", type=Path)
    parser.add_argument("films", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--scheme", choices=("light", "dark"), default="light")
    options = parser.parse_args()
    main(options.demo, options.films, options.out, options.width, options.scheme)
