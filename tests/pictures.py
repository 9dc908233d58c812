"""Pictures of all pages, for the README and for reviews of a page.

    python -m tests.pictures WAREHOUSE OUT [--width 1440] [--scheme light] [--whole]

Writes ``OUT/NAME.png``: the report; a relation of the catalogue, and the lineage with a model lit up; and of the explorer
the first page, a user, an item, a pair and a query. The user is the one with candidates who rated most, up to 400
ratings, the item the first of the user's list. ``--whole`` takes a page to its end.
"""

from __future__ import annotations

import argparse
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import uvicorn
from playwright.sync_api import Page, sync_playwright

from recsys.backends.duckdb.connection import reading
from recsys.docs_site import folder
from recsys.report import page as report
from recsys.ui.app import application
from recsys.ui.entities import Things
from tests.browser import ARGUMENTS, executable

HEIGHT = 900
QUERY = "select model, accuracy, auc\nfrom marts.leaderboard\norder by accuracy desc"
READY = "body:not(:has([aria-busy]))"
MADE = {  # files that are written for a reader without a server, and by what each shows that it is drawn
    "report": ("report.html", "html[data-drawn]"),
    "lineage": ("catalogue/lineage.html#scores.item_neighbours", ".board.lit"),
    "relation": ("catalogue/features.candidates.html", ".wires path"),
}
ACTIVE = """
select user_id from marts.user_activity
semi join staging.candidates using (user_id) where rating_count between 100 and 400
order by rating_count desc, user_id limit 1
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


def user_of(warehouse: Path) -> str:
    """The address of a user worth looking at."""
    with reading(warehouse) as connection:
        found = connection.execute(ACTIVE).fetchall()[0][0]
        return Things(connection).users([found])[found].url


def take(page: Page, address: str, ready: str, file: Path, whole: bool) -> None:
    page.goto(address)
    page.wait_for_selector(ready, state="attached")
    page.screenshot(path=file, full_page=whole)
    print(file, f"{file.stat().st_size / 1024:.0f} KiB")


def take_written(page: Page, warehouse: Path, out: Path, whole: bool) -> None:
    with tempfile.TemporaryDirectory() as made:
        report.write(warehouse, Path(made) / "report.html")
        folder.write(warehouse, Path(made) / "catalogue")
        for name, (address, ready) in MADE.items():
            take(page, f"{Path(made).as_uri()}/{address}", ready, out / f"{name}.png", whole)


def take_served(page: Page, warehouse: Path, out: Path, whole: bool) -> None:
    user = user_of(warehouse)
    with served(warehouse) as address:
        page.goto(address + user)
        page.wait_for_selector(".lists a.score")
        paths = {
            "home": "/",
            "user": user,
            "pair": page.locator(".lists a.score").first.get_attribute("href"),
            "item": page.locator(".lists .what a").first.get_attribute("href"),
            "sql": f"/sql?{urlencode({'query': QUERY})}",
        }
        for name, path in paths.items():
            take(page, f"{address}{path}", READY, out / f"explorer-{name}.png", whole)


def main(warehouse: Path, out: Path, width: int, scheme: str, whole: bool) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=list(ARGUMENTS))
        page = browser.new_page(viewport={"width": width, "height": HEIGHT}, color_scheme=scheme)
        take_written(page, warehouse, out, whole)
        take_served(page, warehouse, out, whole)
        browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("warehouse", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--width", type=int, default=1440)
    parser.add_argument("--scheme", choices=("light", "dark"), default="light")
    parser.add_argument("--whole", action="store_true")
    options = parser.parse_args()
    main(options.warehouse, options.out, options.width, options.scheme, options.whole)
