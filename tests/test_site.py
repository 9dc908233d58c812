"""The site of docs/: it builds without a warning, links only to what exists, and needs no other machine."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

import recsys
from recsys.cli.commands import NAMES

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going"]
    done = subprocess.run(
        [*command, "-d", out / "doctrees", DOCS, out / "html"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return out / "html"


class Addresses(HTMLParser):
    """Collect ids, links, and the addresses that a browser loads by itself."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.ids, self.links, self.loaded = set(), [], []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids.add(given.get("id", ""))
        if tag == "a":
            self.links.append(given.get("href", ""))
        self.loaded += [given[name] for name in ("src", "srcset", "data") if name in given]
        if tag == "link" and given.get("rel") in ("stylesheet", "icon", "preload"):
            self.loaded.append(given.get("href", ""))


def pages(site: Path) -> Iterator[Path]:
    yield from (page for page in site.rglob("*.html") if "_static" not in page.parts)


def test_every_document_is_a_page(site):
    made = {page.relative_to(site).with_suffix("").as_posix() for page in pages(site)}
    assert {page.relative_to(DOCS).with_suffix("").as_posix() for page in DOCS.rglob("*.md")} <= made


def test_every_page_is_in_the_navigation(site):
    listed = Addresses(site / "index.html").links
    for page in DOCS.rglob("*.md"):
        name = page.relative_to(DOCS).with_suffix(".html").as_posix()
        assert name in listed or name == "index.html", name


def test_links_lead_to_pages_and_places_that_exist(site):
    found = {page: Addresses(page) for page in pages(site)}
    for page, addresses in found.items():
        for link in addresses.links + addresses.loaded:
            if re.match(r"https?:|mailto:|data:|$", link):
                continue
            path, place = urldefrag(link.split("?")[0])
            target = (page.parent / unquote(path)).resolve() if path else page
            assert target.exists(), f"{page.name}: {link}"
            if place and target in found:
                assert unquote(place) in found[target].ids, f"{page.name}: {link}"


def test_no_page_loads_anything_from_another_machine(site):
    for page in pages(site):
        assert [one for one in Addresses(page).loaded if re.match(r"(https?:)?//", one)] == [], page.name
    for style in site.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(https?:)?//|@import", style.read_text(encoding="utf-8")), (
            style.name
        )


def test_the_reference_has_every_command_and_every_public_name(site):
    commands = Addresses(site / "cli.html").ids
    assert {f"recsys-{name}" for name in NAMES} <= commands
    python = Addresses(site / "python.html").ids
    assert {f"recsys.{name}" for name in recsys.__all__ if name != "__version__"} <= python
    assert "recsys.Warehouse.recommend_for" in python
