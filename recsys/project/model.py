"""Read one file of ``sql/``: a relation and the contract in its header."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from recsys.errors import BuildError, UsageError
from recsys.identifiers import IDENTIFIER
from recsys.project.files import check_name, read_text, sql_files
from recsys.project.header import (
    NONE,
    check_header,
    check_scores,
    columns_of,
    incremental,
    nullable,
    read_header,
)

LAYERS = (  # a model reads its own layer and those before it
    *("staging", "hierarchy", "priors", "validation", "learned", "features", "scores", "lists", "marts"),
    *("internal", "main"),
)
INTERLEAVED = frozenset({"features", "scores"})  # stacked models have scores as features
SCENARIOS = frozenset({"validation", "lists"})  # layers that also hold variants of a scenario
MATERIALIZATIONS = ("table", "view", "temp", "macro", "check")


def may_read(layer: str, other: str) -> bool:
    """Return whether models of one layer may read another; schemas outside of ``LAYERS`` have no order."""
    if {layer, other} <= INTERLEAVED or not {layer, other} <= {*LAYERS}:
        return True
    return LAYERS.index(other) <= LAYERS.index(layer)


@dataclass(frozen=True)
class Model:
    """Describe one file of ``sql/``: a relation and the contract in its header.

    Parameters
    ----------
    name : str
        ``layer.stem``, the name of the relation.
    path : Path
        The file.
    header : mapping of str to str
        Values of the header by key.
    materialized : str
        ``table``, ``view``, ``temp`` (a table that exists during the build), ``macro`` (a table macro) or
        ``check`` (a query that must return no row).
    lines : mapping of str to int
        Line number of each header key.
    substitutes : mapping of str to str
        For a variant (`recsys.project.scenario`): what it reads instead of what its file names.
    file : str
        Path inside the ``sql/`` folder.
    """

    name: str
    path: Path
    header: Mapping[str, str]
    materialized: str
    lines: Mapping[str, int] = field(default_factory=dict)
    substitutes: Mapping[str, str] = field(default_factory=dict)
    file: str = ""
    original: str = ""

    @property
    def layer(self) -> str:
        """Return the first part of the name, which is the schema."""
        return self.name.split(".", maxsplit=1)[0]

    @property
    def stem(self) -> str:
        """Return the second part of the name."""
        return self.name.split(".", maxsplit=1)[1]

    @cached_property
    def described(self) -> Mapping[str, str]:
        """Meaning of each column that the header describes."""
        return columns_of(self.header)

    def listed(self, key: str) -> tuple[str, ...]:
        """Return the comma-separated names of a header line."""
        return tuple(word.strip() for word in self.header.get(key, "").split(",") if word.strip())

    @property
    def key(self) -> tuple[str, ...]:
        """Return the key columns; empty if the header says ``none``, and for most checks."""
        return () if NONE.match(self.header.get("key", "")) else self.listed("key")

    @cached_property
    def list_kind(self) -> str:
        """Kind of a list model, see `recsys.project.header.LISTS`; empty for any other model."""
        return [*self.header.get("lists", "").split(), ""][0]

    @property
    def list_settings(self) -> dict[str, str]:
        """Settings of a list model's scores, such as how strongly a rating counts."""
        return dict(word.split("=", 1) for word in self.header.get("lists", "").split()[1:])

    @property
    def nullable(self) -> tuple[str, ...]:
        """Return globs of the columns that may be NULL."""
        return nullable(self.header.get("nulls", "none"))

    @property
    def incremental(self) -> tuple[tuple[str, ...], bool] | None:
        """Return the columns by which an append updates the model, and whether it reads whole inputs."""
        return incremental(self.header.get("incremental", ""))

    def place(self, key: str) -> str:
        """Return file and line of a header key."""
        return f"{self.path}:{self.lines.get(key, 1)}"

    @property
    def relations(self) -> tuple[str, ...]:
        """Return the relations that the model writes: itself, and those listed under ``also``."""
        return (self.name, *self.listed("also"))


def read_models(root: Path, defaults: Mapping[str, str]) -> Iterable[Model]:
    """Read every model of a ``sql/`` folder.

    The first folder is the layer; folders inside it only group files, so that ``features/als/pairs.sql`` is
    the relation ``features.pairs``.

    Parameters
    ----------
    root : Path
        The ``sql/`` folder.
    defaults : mapping of str to str
        How each layer is materialized, unless a header says otherwise.

    Yields
    ------
    Model
        In the order of their names.

    Raises
    ------
    BuildError
        A name is no identifier, a header is incomplete, or two files define one relation.
    """
    found: dict[str, Path] = {}
    for path in sorted(sql_files(root), key=lambda path: (path.relative_to(root).parts[0], path.stem)):
        folders = path.relative_to(root).parts[:-1]
        if not folders:
            raise BuildError(f"{path}: expected in the folder of a layer, such as {root / 'features'}")
        layer = folders[0]
        if layer == "macros":
            continue
        if not all(IDENTIFIER.fullmatch(name) for name in (*folders, path.stem)):
            raise BuildError(f"{path}: expected a file and folder name of lower-case letters, digits and _")
        check_name(path, layer)
        name = f"{layer}.{path.stem}"
        if name in found:
            raise BuildError(
                f"{path}: {name} is defined in {found[name]} already; rename one of the two files"
            )
        found[name] = path
        header, lines = read_header(read_text(path))
        materialized = header.get("materialized", defaults.get(layer, "table"))
        if materialized not in MATERIALIZATIONS:
            where = f"{path}:{lines.get('materialized', 1)}"
            raise UsageError(f"{where}: kept as {materialized!r}: expected {', '.join(MATERIALIZATIONS)}")
        check_header(path, header, lines, materialized)
        if layer == "scores":
            check_scores(path, header, lines)
        file = path.relative_to(root).as_posix()
        yield Model(name, path, header, materialized, lines, file=file)
