"""One file of ``sql/``: a relation, and what its header promises of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from recsys.errors import BuildError, UsageError

LAYERS = ("staging", "hierarchy", "priors", "features", "scores", "marts", "main")
MATERIALIZATIONS = ("table", "view", "temp", "macro", "check")
IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")
HEADER_LINE = re.compile(r"^-- ?(?:(?P<key>[a-z]+): *)?(?P<value>.*)$")


@dataclass(frozen=True)
class Model:
    """One file of ``sql/``: a relation, and what its header promises of it.

    ``materialized`` is ``table``, ``view``, ``temp`` (a table that lives as long as the build), ``macro`` (a
    table macro) or ``check`` (a query that must return no row). ``substitutes`` maps what its file names to
    what it reads instead, for a twin of another model (`recsys.project.substitution`).
    """

    name: str
    path: Path
    header: Mapping[str, str]
    materialized: str
    substitutes: Mapping[str, str] = field(default_factory=dict)

    @property
    def layer(self) -> str:
        return self.name.split(".", maxsplit=1)[0]

    @property
    def stem(self) -> str:
        return self.name.split(".", maxsplit=1)[1]

    def listed(self, key: str) -> tuple[str, ...]:
        """The comma-separated names of a header line."""
        return tuple(word.strip() for word in self.header.get(key, "").split(",") if word.strip())

    @property
    def key(self) -> tuple[str, ...]:
        return self.listed("key")

    @property
    def relations(self) -> tuple[str, ...]:
        """The relations that the model writes: itself, and what its header names under ``also``."""
        return (self.name, *self.listed("also"))


def read_models(root: Path, defaults: Mapping[str, str]) -> Iterable[Model]:
    for path in sorted(root.glob("*/*.sql")):
        layer = path.parent.name
        if layer == "macros":
            continue
        if not (IDENTIFIER.fullmatch(layer) and IDENTIFIER.fullmatch(path.stem)):
            raise BuildError(f"{path}: expected a file and folder name of lower-case letters, digits and _")
        header = read_header(path.read_text(encoding="utf-8"))
        materialized = header.get("materialized", defaults.get(layer, "table"))
        if materialized not in MATERIALIZATIONS:
            raise UsageError(f"{path}: kept as {materialized!r}: expected {', '.join(MATERIALIZATIONS)}")
        yield Model(f"{layer}.{path.stem}", path, header, materialized)


def read_header(text: str) -> dict[str, str]:
    """The ``-- key: value`` lines at the top of a model; a line without a key continues the one before."""
    header: dict[str, str] = {}
    key = None
    for line in text.splitlines():
        match = HEADER_LINE.match(line)
        if not match:
            break
        key = match["key"] or key
        if key:
            header[key] = f"{header.get(key, '')} {match['value'].strip()}".strip()
    return header
