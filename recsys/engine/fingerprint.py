"""Fingerprints of relations: digests of everything that a relation is made from."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
IMPORT = re.compile(
    r"^\s*(?:from recsys\b\.?([\w.]*) import (\([^)]*\)|[^\n]*)|import recsys\.([\w.]+))", re.MULTILINE
)
IDENTIFIER = re.compile(r"\w+")
SIZE, RENEWED = "size", "renewed"  # inputs of a relation that is reused while the data grow little
GROWTH = 1.2  # of the data, which rebuilds such a relation


@dataclass(frozen=True)
class Fingerprint:
    """Hold digests of everything a model is made from.

    Parameters
    ----------
    sql, code : str
        Digests of its SQL with parameters, and of the Python code that writes it.
    inputs, parents : mapping of str to str
        Digests of its input files, and of its parents' fingerprints.
    partitions : mapping of str to str
        Digests of its partitions, if any: `recsys.backends.partitions`.
    parameters : mapping of str to str
        The constants that its SQL or settings were made with, which ``sql`` covers; of a learner with several
        solvers also ``solver``, the one that ran.
    appended : bool
        Whether an append updated rows since it was made.
    """

    sql: str
    code: str
    inputs: Mapping[str, str]
    parents: Mapping[str, str]
    partitions: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    appended: bool = False

    @property
    def digest(self) -> str:
        """Return one digest of all."""
        return digest_of(self._as_json("parameters"))

    def as_json(self) -> str:
        """Return the fingerprint as ``marts.build`` stores it."""
        return self._as_json()

    def _as_json(self, *without: str) -> str:
        optional = ("partitions", "parameters", "appended")
        fields = {name: value for name, value in vars(self).items() if name not in optional or value}
        return json.dumps({name: fields[name] for name in fields if name not in without}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Fingerprint:
        """Parse a stored fingerprint."""
        fields = json.loads(text)
        fields["partitions"] = fields.pop("parts", fields.get("partitions", {}))  # older warehouses
        return cls(**fields)

    def difference(self, other: Fingerprint | None) -> str | None:
        """Return why a relation made under ``other`` must be rebuilt; None if it is up to date."""
        if other is None or other.appended:
            return "not built yet" if other is None else "rows were appended"
        if self.sql != other.sql:
            return "its SQL or a parameter changed"
        if self.code != other.code:
            return "the learner's code changed"
        for name, digest in self.inputs.items():
            if name == SIZE and _is_alike(digest, other.inputs.get(name)):
                continue
            if other.inputs.get(name) != digest:
                return f"the input {name} changed"
        for name, digest in self.parents.items():
            if other.parents.get(name) != digest:
                return f"{name} changed"
        return None


def _is_alike(size: str, before: str | None) -> bool:
    """Return whether the data grew, or shrank, by less than a fifth."""
    return before is not None and 1 / GROWTH < (int(size) + 1) / (int(before) + 1) < GROWTH


def digest_of(text: str) -> str:
    """Return a digest of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@cache
def code_digest(module: str) -> str:
    """Return a digest of the source of a module and of all modules of this package that it needs."""
    waiting, sources = [module], {}
    while waiting:
        name = waiting.pop()
        path = PACKAGE / f"{name.replace('.', '/')}.py"
        path = path if path.exists() else PACKAGE / name.replace(".", "/") / "__init__.py"
        if name not in sources and path.exists():
            sources[name] = path.read_text(encoding="utf-8")
            waiting.extend(_imports(sources[name]))
    return digest_of(json.dumps(sources, sort_keys=True))


def _imports(source: str) -> Iterable[str]:
    """Return the modules of this package that a source imports, or that text in it seems to import."""
    for package, names, module in IMPORT.findall(source):
        yield from filter(None, (package, module))
        yield from (f"{package}.{name}".removeprefix(".") for name in IDENTIFIER.findall(names))
