"""Render the pages of the catalogue, for a folder of files and for the explorer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import jinja2

from recsys.docs_site.contracts import checks
from recsys.docs_site.entries import Catalogue, Entry
from recsys.docs_site.formatting import FILTERS
from recsys.docs_site.highlighting import highlighted
from recsys.docs_site.layers import DESCRIPTIONS

HERE = Path(__file__).resolve().parent
ASSETS = (HERE / "static", HERE.parent / "report" / "static")
INDEX, LINEAGE = "index", "lineage"
COLUMNS = "columns.js"
FIRST = "marts.recommendations"
SMALL = 8  # layers of fewer relations share a column of the drawing
TALL = 60  # a layer of more relations has two columns of its own


@dataclass(frozen=True)
class Node:
    """Hold a relation in a drawing, and what it reads there."""

    entry: Entry
    reads: tuple[str, ...]


Column = Sequence[tuple[str, Sequence[Node]]]


class Pages:
    """Render pages by name; ``explorer`` is the URL of the explorer that serves them, if any."""

    def __init__(self, catalogue: Catalogue, explorer: str | None = None) -> None:
        self.catalogue = catalogue
        self.environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.environment.filters.update(FILTERS)
        settings = catalogue.facts.settings
        self.environment.globals.update(
            catalogue=catalogue,
            data=PurePath(settings["data"]).name,
            settings=settings,
            explorer=explorer,
            tall=TALL,
            totals=_totals(catalogue),
            layer_texts=DESCRIPTIONS,
            opens_on=_opens_on(catalogue),
        )

    def trace(self) -> None:
        """Trace all columns now, which takes seconds, instead of at the first page that needs them."""
        _ = self.catalogue.uses

    def names(self) -> Iterator[str]:
        """Yield the names of all pages."""
        yield from (INDEX, LINEAGE, *self.catalogue.entries)

    def page(self, name: str) -> str | None:
        """Return the HTML of a page; None for an unknown name."""
        if name == INDEX:
            return self._render("index.html")
        if name == LINEAGE:
            return self._render("lineage.html", columns=columns(self.catalogue))
        entry = self.catalogue.entries.get(name)
        return None if entry is None else self._entry(entry)

    def _entry(self, entry: Entry) -> str:
        known = self.catalogue.entries
        return self._render(
            "entry.html",
            entry=entry,
            given=[name for name in entry.reads if name not in known],
            columns=around(self.catalogue, entry),
            checks=checks(entry),
            source=highlighted(entry.source, known),
            rendered=highlighted(entry.rendered.sql.strip() + "\n", known),
        )

    def _render(self, template: str, **content: Any) -> str:
        return self.environment.get_template(template).render(**content)

    def column_script(self) -> str:
        """Return the script COLUMNS for the search: each relation with its columns."""
        words = {
            name: " ".join(column.name for column in entry.columns)
            for name, entry in self.catalogue.entries.items()
        }
        return f"const CATALOGUE = {json.dumps(words)};\n"


def asset(name: str) -> Path | None:
    """Return the file of a stylesheet or script, None for an unknown name."""
    return next((folder / name for folder in ASSETS if (folder / name).is_file()), None)


def columns(catalogue: Catalogue) -> list[Column]:
    """Return the layers from left to right; small neighbours share a column.

    A model that writes several relations is one node.
    """
    found: list[list[tuple[str, Sequence[Node]]]] = []
    last = [*catalogue.layers][-1]
    for layer, entries in catalogue.layers.items():
        nodes = [_of_model(catalogue, entry) for entry in entries if entry.name == entry.model.name]
        joins = found and len(nodes) < SMALL and (layer == last or _is_small(found[-1]))
        found[-1].append((layer, nodes)) if joins else found.append([(layer, nodes)])
    return list(found)


def _of_model(catalogue: Catalogue, entry: Entry) -> Node:
    known = catalogue.entries
    reads = dict.fromkeys(known[name].model.name for name in entry.reads if name in known)
    return Node(entry, tuple(name for name in reads if name != entry.name))


def _is_small(column: Column) -> bool:
    return all(len(nodes) < SMALL for _, nodes in column)


def around(catalogue: Catalogue, entry: Entry) -> list[Column]:
    """Return a relation between those that it reads and those that read it."""
    known = catalogue.entries
    named = {
        "reads": [name for name in entry.reads if name in known],
        "this": [entry.name],
        "read by": entry.read_by,
    }
    return [
        [(heading, [Node(known[name], known[name].reads) for name in names])]
        for heading, names in named.items()
        if names
    ]


def _opens_on(catalogue: Catalogue) -> str:
    """Return the relation that the lineage shows first: the lists, where the warehouse has them."""
    return FIRST if FIRST in catalogue.entries else next(iter(catalogue.entries), "")


def _totals(catalogue: Catalogue) -> Mapping[str, Any]:
    records = [entry.record for entry in catalogue.entries.values() if entry.record is not None]
    return {
        "relations": len(records),
        "files": len({entry.file for entry in catalogue.entries.values()}),
        "rows": sum(record.row_count or 0 for record in records),
        "seconds": sum(record.seconds or 0 for record in records),
        "slowest": max((record.seconds or 0 for record in records), default=0) or 1,
        "peak": max((record.peak_bytes or 0 for record in records), default=0),
    }
