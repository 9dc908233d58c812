"""Write the catalogue as a folder of pages that open without a server."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from recsys.backends.duckdb.connection import reading
from recsys.docs_site.entries import Catalogue
from recsys.docs_site.facts import Facts
from recsys.docs_site.pages import ASSETS, COLUMNS, INDEX, Pages
from recsys.errors import UsageError, unwritable
from recsys.outputs import keep_owner

OF_A_RELATION = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+\.html")


def catalogue_of(warehouse: Path, sql: Path | None = None) -> Catalogue:
    """Return the catalogue of a warehouse; raise UsageError without one."""
    with reading(warehouse, guarded=True) as connection:
        facts = Facts.of(connection)
    return Catalogue(facts, facts.project(sql))


def write(warehouse: Path, out: Path, sql: Path | None = None) -> int:
    """Write all pages to a folder, and return their number.

    Pages of an earlier catalogue are replaced. Raise UsageError, and write nothing, where ``out`` is a file
    or a folder with other files, or there is no warehouse.
    """
    _refuse_foreign(out)
    pages = Pages(catalogue_of(warehouse, sql))
    try:
        out.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out, prefix=".unfinished-") as unfinished:
            names = _write(pages, Path(unfinished))
            for file in [*Path(unfinished).iterdir()]:
                keep_owner(out / file.name, file)
                file.replace(out / file.name)
        for page in out.iterdir():
            if OF_A_RELATION.fullmatch(page.name) and page.stem not in names:
                page.unlink()
    except OSError as error:
        raise unwritable(out, error, "choose another folder") from None
    return len(names)


def _write(pages: Pages, folder: Path) -> set[str]:
    names = set(pages.names())
    for name in names:
        (folder / f"{name}.html").write_text(pages.page(name) or "", encoding="utf-8")
    (folder / COLUMNS).write_text(pages.column_script(), encoding="utf-8")
    for assets in ASSETS:
        for file in assets.iterdir():
            shutil.copyfile(file, folder / file.name)
    return names


def _refuse_foreign(out: Path) -> None:
    if out.is_dir():
        is_ours = not any(out.iterdir()) or ((out / f"{INDEX}.html").exists() and (out / COLUMNS).exists())
        if not is_ours:
            raise UsageError(
                f"{out}: has other files; choose a new folder, or one that recsys docs has written"
            )
    elif out.exists() or not out.absolute().parent.is_dir():
        raise UsageError(
            f"{out}: {'is a file; give a folder' if out.exists() else 'its folder does not exist; create it'}"
        )
