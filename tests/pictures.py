"""Pictures of pages for the README: `python -m tests.pictures WAREHOUSE OUT` writes PNG files to a folder.

They are the top of the report, the lineage with a model lit up, and a relation of the catalogue.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from recsys.catalogue import folder
from recsys.report import page as report
from tests.browser import ARGUMENTS, executable

SIZE = {"width": 1440, "height": 900}
PAGES = {
    "report": ("report.html", "html[data-drawn]"),
    "lineage": ("catalogue/lineage.html#scores.item_neighbours", ".board.lit"),
    "relation": ("catalogue/features.candidates.html", ".wires path"),
}


def main(warehouse: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made, sync_playwright() as playwright:
        report.write(warehouse, Path(made) / "report.html")
        folder.write(warehouse, Path(made) / "catalogue")
        browser = playwright.chromium.launch(executable_path=executable(), args=list(ARGUMENTS))
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        for name, (address, drawn) in PAGES.items():
            page.goto(f"{Path(made).as_uri()}/{address}")
            page.wait_for_selector(drawn, state="attached")
            page.screenshot(path=out / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
