"""Relations whose rows about one model of ``scores/`` depend on that model alone: only the parts that changed
are made anew.

The header says so by ``parts: COLUMN``, where the column names the model. A part is made from its SQL,
rendered as if there were no other model, and from what that reads: of a relation with parts, the same part.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from recsys.project import Project
from recsys.project.rendering import Rendered


class Made(Protocol):
    """What a relation that is read was made from."""

    @property
    def digest(self) -> str: ...
    @property
    def parts(self) -> Mapping[str, str]: ...


@dataclass(frozen=True)
class Update:
    """What brings a relation in line: rows to remove, by their values in a column, and queries of new."""

    column: str
    removed: tuple[str, ...]
    added: tuple[str, ...]


def digests(project: Project, parts: Mapping[str, Rendered], parents: Mapping[str, Made]) -> dict[str, str]:
    """A digest for each part of all that it is made from; ``parents`` are those of the whole relation."""
    return {name: _digest(project, name, part, parents) for name, part in parts.items()}


def _digest(project: Project, name: str, part: Rendered, parents: Mapping[str, Made]) -> str:
    read = {
        parent: parents[parent].parts.get(name) or parents[parent].digest for parent in project.parents(part)
    }
    made_from = json.dumps([part.sql, part.model.materialized, read], sort_keys=True)
    return hashlib.sha256(made_from.encode()).hexdigest()[:32]


def update(
    parts: Mapping[str, Rendered], made: Mapping[str, str], before: Mapping[str, str]
) -> Update | None:
    """How to get from the parts that a warehouse has to those that it should; None where it is all anew.

    ``made`` and ``before`` are the digests of the parts as they should be, and as they are.
    """
    changed = [name for name, digest in made.items() if before.get(name) != digest]
    if not before or len(changed) == len(made):
        return None
    removed = [name for name, digest in before.items() if made.get(name) != digest]
    (column,) = {part.model.header["parts"] for part in parts.values()}
    return Update(column, tuple(removed), tuple(parts[name].sql for name in changed))
