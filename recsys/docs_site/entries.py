"""Entries of the catalogue: every relation with its file, its header and its last build."""

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
from recsys.project.rendered import Rendered

BUILT, LEFT_OUT = "built", "left out"
CHECKS = "checks"


@dataclass(frozen=True)
class Column:
    """Describe a column; ``type`` is empty for a relation that the warehouse does not store.

    ``meaning`` is empty for a column that the header does not describe.
    """

    name: str
    type: str
    is_key: bool
    is_nullable: bool
    meaning: str = ""


@dataclass(frozen=True)
class Entry:
    """Describe a relation; ``record`` is what the last build recorded of it."""

    name: str
    rendered: Rendered
    standing: str
    record: Record | None
    columns: tuple[Column, ...]
    read_by: tuple[str, ...]

    @property
    def model(self) -> Model:
        """Return the model that creates the relation."""
        return self.rendered.model

    @property
    def layer(self) -> str:
        """Return the schema."""
        return _layer(self.name)

    @property
    def stem(self) -> str:
        """Return the name without the schema."""
        return self.name.split(".")[1]

    @property
    def reads(self) -> tuple[str, ...]:
        """Return the relations that it reads."""
        return self.rendered.refs

    @property
    def file(self) -> str:
        """Return the model's file, relative to the project."""
        return f"sql/{self.model.file}"

    @property
    def original(self) -> str | None:
        """Return the relation of the same file over its usual inputs; None for the file's own relation."""
        layer = self.model.file.split("/", maxsplit=1)[0]
        own = f"{layer}.{self.model.path.stem}"
        return None if own == self.model.name else own

    @property
    def source(self) -> str:
        """Return the text of the model's file."""
        return self.model.path.read_text(encoding="utf-8")

    @property
    def is_check(self) -> bool:
        """Return whether it is a check, which must return no rows."""
        return self.layer == CHECKS


class Catalogue:
    """Hold all entries in the order of their layers, and the lineage of their columns."""

    def __init__(self, facts: Facts, project: Project) -> None:
        self.facts = facts
        self.entries = _entries(facts, project)
        self.layers = _by_layer(self.entries)

    @cached_property
    def origins(self) -> Mapping[Origin, tuple[Origin, ...]]:
        """Return the columns that each column is computed from; unknown for columns of a learner."""
        known = {(entry.name, column.name) for entry in self.entries.values() for column in entry.columns}
        return {
            (entry.name, column): tuple(source for source in sources if source in known)
            for entry in self.entries.values()
            if entry.rendered.call is None and not entry.is_check
            for column, sources in (_traced(entry.rendered, self.entries) or {}).items()
        }

    @cached_property
    def uses(self) -> Mapping[Origin, tuple[Origin, ...]]:
        """Return the columns that are computed from each column."""
        found: dict[Origin, list[Origin]] = {}
        for column, sources in self.origins.items():
            for source in sources:
                found.setdefault(source, []).append(column)
        return {source: tuple(users) for source, users in found.items()}

    def roots(self, column: Origin) -> tuple[Origin, ...]:
        """Return the columns of input files and learners that a column is derived from."""
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
        """Return whether a column has no origin; a count or a constant is not a root."""
        relation, _ = column
        reads = self.entries[relation].reads if relation in self.entries else ()
        return column not in self.origins or not reads


def _entries(facts: Facts, project: Project) -> dict[str, Entry]:
    rendered = [
        *((one, BUILT) for one in project.graph().values()),
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
    """Yield a relation's columns in the warehouse; if it is not stored, those of its SELECT."""
    types = facts.columns.get(name)
    model = rendered.model
    if types is None and rendered.call is None and model.layer != CHECKS:
        types = dict.fromkeys(_traced(rendered, entries) or (), "")
    for column, kind in (types or {}).items():
        is_nullable = any(fnmatchcase(column, pattern) for pattern in model.nullable)
        yield Column(column, kind, column in model.key, is_nullable, model.described.get(column, ""))


def _by_layer(entries: Mapping[str, Entry]) -> dict[str, list[Entry]]:
    """Return the entries by name in their layers, known layers in pipeline order.

    Other layers go where the fewest readers come before what they read.
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
