"""Rebuild only the changed partitions of a relation that is partitioned by model.

A header says ``partition_by: COLUMN``, where the column names the model of ``scores/`` that a row is about.
A partition depends on its own SQL, rendered as if no other model existed, and on what that SQL reads; if it
reads a partitioned relation, it depends on the same partition of that relation only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from recsys.project import Project
from recsys.project.rendered import Rendered


class Made(Protocol):
    """Hold the fingerprint of an upstream relation."""

    @property
    def digest(self) -> str:
        """Return the digest of the whole relation."""

    @property
    def partitions(self) -> Mapping[str, str]:
        """Return the digests of its partitions by name."""


@dataclass(frozen=True)
class Update:
    """Describe an incremental update: values of ``column`` to delete, and queries whose rows to insert."""

    column: str
    removed: tuple[str, ...]
    added: tuple[str, ...]


def digests(
    project: Project, partitions: Mapping[str, Rendered], parents: Mapping[str, Made]
) -> dict[str, str]:
    """Return a digest per partition of everything that it is made from.

    Parameters
    ----------
    project : Project
        The models.
    partitions : mapping of str to Rendered
        The model rendered for each partition alone.
    parents : mapping of str to Made
        The upstream relations of the whole model.
    """
    return {name: _digest(project, name, one, parents) for name, one in partitions.items()}


def _digest(project: Project, name: str, partition: Rendered, parents: Mapping[str, Made]) -> str:
    read = {
        parent: parents[parent].partitions.get(name) or parents[parent].digest
        for parent in project.parents(partition)
    }
    made_from = json.dumps([partition.sql, partition.model.materialized, read], sort_keys=True)
    return hashlib.sha256(made_from.encode()).hexdigest()[:32]


def update(
    partitions: Mapping[str, Rendered], made: Mapping[str, str], before: Mapping[str, str]
) -> Update | None:
    """Plan the incremental update of a relation; return None if it must be rebuilt as a whole.

    Parameters
    ----------
    partitions : mapping of str to Rendered
        The model rendered for each partition alone.
    made, before : mapping of str to str
        Digests of the partitions as they should be, and as the warehouse has them.
    """
    changed = [name for name, digest in made.items() if before.get(name) != digest]
    if not before or len(changed) == len(made):
        return None
    removed = [name for name, digest in before.items() if made.get(name) != digest]
    (column,) = {one.model.header["partition_by"] for one in partitions.values()}
    return Update(column, tuple(removed), tuple(partitions[name].sql for name in changed))
