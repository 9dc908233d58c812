"""The entries of the catalogue: every relation, as its file, its header and the last build tell of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from graphlib import TopologicalSorter

from recsys.docs_site.columns import Origin, Origins, origins
from recsys.docs_site.facts import Facts
from recsys.engine.manifest import Record
from recsys.project import LAYERS, Project
from recsys.project.model import Model
from recsys.project.rendering import Rendered

BUILT, ON_REQUEST, LEFT_OUT = "built", "on request", "left out"
CHECKS = "checks"


@dataclass(frozen=True)
class Column:
    """A column; ``type`` is empty where the warehouse does not keep the relation."""

    name: str
    type: str
    is_key: bool
    is_nullable: bool


@dataclass(frozen=True)
class Entry:
    """A relation. ``reads`` and ``read_by`` are names; ``record`` is what the last build noted of it."""

    name: str
    rendered: Rendered
    standing: str
    record: Record | None
    columns: tuple[Column, ...]
    read_by: tuple[str, ...]

    @property
    def model(self) -> Model:
        return self.rendered.model

    @property
    def layer(self) -> str:
        return _layer(self.name)

    @property
    def stem(self) -> str:
        return self.name.split(".")[1]

    @property
    def reads(self) -> tuple[str, ...]:
        return self.rendered.refs

    @property
    def file(self) -> str:
        """Where the model is written, from the project's root."""
        return f"sql/{self.model.file}"

    @property
    def original(self) -> str | None:
        """The relation whose file this is rendered from, over other inputs; None for a file's own."""
        layer = self.model.file.split("/", maxsplit=1)[0]
        own = f"{layer}.{self.model.path.stem}"
        return None if own == self.model.name else own

    @property
    def source(self) -> str:
        return self.model.path.read_text(encoding="utf-8")

    @property
    def is_check(self) -> bool:
        return self.layer == CHECKS


class Catalogue:
    """All entries in the order of their layers, and the lineage of their columns."""

    def __init__(self, facts: Facts, project: Project) -> None:
        self.facts = facts
        self.entries = _entries(facts, project)
        self.layers = _by_layer(self.entries)

    @cached_property
    def origins(self) -> Mapping[Origin, tuple[Origin, ...]]:
        """The columns that each column is computed from; those of a learner are not known."""
        known = {(entry.name, column.name) for entry in self.entries.values() for column in entry.columns}
        return {
            (entry.name, column): tuple(source for source in sources if source in known)
            for entry in self.entries.values()
            if entry.rendered.call is None and not entry.is_check
            for column, sources in (_traced(entry.rendered, self.entries) or {}).items()
        }

    @cached_property
    def uses(self) -> Mapping[Origin, tuple[Origin, ...]]:
        """The columns that are computed from each column."""
        found: dict[Origin, list[Origin]] = {}
        for column, sources in self.origins.items():
            for source in sources:
                found.setdefault(source, []).append(column)
        return {source: tuple(users) for source, users in found.items()}

    def roots(self, column: Origin) -> tuple[Origin, ...]:
        """The columns of input files and of learners that a column comes from in the end, at any remove."""
        roots, seen, waiting = set[Origin](), {column}, [column]
        while waiting:
            current = waiting.pop()
            if current != column and self._is_root(current):
                roots.add(current)
            found = [source for source in self.origins.get(current, ()) if source not in seen]
            waiting += found
            seen.update(found)
        return tuple(sorted(roots))

    def _is_root(self, column: Origin) -> bool:
        """Whether nothing is above a column; a count and a constant have nothing above, and are no root."""
        relation, _ = column
        reads = self.entries[relation].reads if relation in self.entries else ()
        return column not in self.origins or not reads


def _entries(facts: Facts, project: Project) -> dict[str, Entry]:
    requests = [one for schema in project.on_request for one in project.requests(schema)]
    wanting = {name for models in project.on_request.values() for name in models}
    wanting -= {one.model.name for one in requests}
    rendered = [
        *((one, BUILT) for one in project.graph().values()),
        *((one, ON_REQUEST) for one in requests),
        *((project.render(name), LEFT_OUT) for name in sorted(wanting)),
        *((project.render(name), LEFT_OUT) for name in sorted(project.models.keys() - project.enabled)),
    ]
    standings = {name: (one, standing) for one, standing in rendered for name in one.model.relations}
    readers: dict[str, list[str]] = {}
    for name, (one, _) in standings.items():
        for relation in one.refs:
            readers.setdefault(relation, []).append(name)
    entries: dict[str, Entry] = {}
    above = {name: [ref for ref in one.refs if ref in standings] for name, (one, _) in standings.items()}
    for name in TopologicalSorter(above).static_order():
        one, standing = standings[name]
        columns = tuple(_columns(name, one, facts, entries))
        entries[name] = Entry(
            name, one, standing, facts.records.get(name), columns, tuple(sorted(readers.get(name, ())))
        )
    return {entry.name: entry for layer in _by_layer(entries).values() for entry in layer}


def _traced(rendered: Rendered, entries: Mapping[str, Entry]) -> Origins | None:
    known = {name: entries[name].columns for name in rendered.refs if name in entries}
    return origins(rendered.sql, {name: [column.name for column in found] for name, found in known.items()})


def _columns(name: str, rendered: Rendered, facts: Facts, entries: Mapping[str, Entry]) -> Iterator[Column]:
    """Those of the warehouse; of what it does not keep, those that its SELECT returns."""
    types = facts.columns.get(name)
    model = rendered.model
    if types is None and rendered.call is None and model.layer != CHECKS:
        types = dict.fromkeys(_traced(rendered, entries) or (), "")
    for column, kind in (types or {}).items():
        is_nullable = any(fnmatchcase(column, pattern) for pattern in model.nullable)
        yield Column(column, kind, column in model.key, is_nullable)


def _by_layer(entries: Mapping[str, Entry]) -> dict[str, list[Entry]]:
    """The entries by name in their layers, those of the house in the order of the pipeline.

    A further layer stands where the fewest readers come before what they read.
    """
    found: dict[str, list[Entry]] = {}
    for name in sorted(entries):
        found.setdefault(entries[name].layer, []).append(entries[name])
    order = [layer for layer in LAYERS if layer in found]
    for layer in sorted(found.keys() - set(order)):
        above = Counter(_layer(name) for entry in found[layer] for name in entry.reads)
        below = Counter(_layer(name) for entry in found[layer] for name in entry.read_by)

        def backward(place: int, above: Counter[str] = above, below: Counter[str] = below) -> int:
            return sum(below[other] for other in order[:place]) + sum(above[other] for other in order[place:])

        order.insert(min(range(len(order), -1, -1), key=backward), layer)
    return {layer: found[layer] for layer in order}


def _layer(name: str) -> str:
    return name.split(".", maxsplit=1)[0]
