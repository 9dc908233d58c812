"""Pictures of the explorer's pages, for the README and for whoever changes one.

    python -m tests.ui.screenshots WAREHOUSE OUT [--width 1440] [--scheme light] [--whole]

Writes ``OUT/explorer-PAGE.png`` for the first page, a user, an item, a pair and a query of the warehouse: the user with
candidates who rated most, and the first track of the user's list. ``--whole`` takes the page to its end.
"""

from __future__ import annotations

import argparse
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import uvicorn
from playwright.sync_api import Page, sync_playwright

from recsys.engine.duckdb import reading
from recsys.ui.server import application
from recsys.ui.things import Things
from tests.browser import ARGUMENTS, executable

HEIGHT = 900
QUERY = "select model, accuracy, auc\nfrom marts.leaderboard\norder by accuracy desc"
READY = "body:not(:has([aria-busy]))"
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


def take(page: Page, address: str, path: str, file: Path, whole: bool) -> None:
    page.goto(address + path)
    page.wait_for_selector(READY)
    page.screenshot(path=file, full_page=whole)
    print(file, f"{file.stat().st_size / 1024:.0f} KiB")


def main(warehouse: Path, out: Path, width: int, scheme: str, whole: bool) -> None:
    out.mkdir(parents=True, exist_ok=True)
    user = user_of(warehouse)
    with served(warehouse) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=list(ARGUMENTS))
        page = browser.new_page(viewport={"width": width, "height": HEIGHT}, color_scheme=scheme)
        page.goto(address + user)
        page.wait_for_selector(".lists a.score")
        pair = page.locator(".lists a.score").first.get_attribute("href") or ""
        item = page.locator(".lists .what a").first.get_attribute("href") or ""
        paths = {
            "home": "/",
            "user": user,
            "pair": pair,
            "item": item,
            "sql": f"/sql?{urlencode({'query': QUERY})}",
        }
        for name, path in paths.items():
            take(page, address, path, out / f"explorer-{name}.png", whole)
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
