"""Relations that are Arrow tables in memory, for Python models without a database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

from recsys.engine.folds import InMemoryRelation
from recsys.project.contract import Relation, Rows


def held(tables: Mapping[str, pa.Table]) -> dict[str, Relation]:
    """The inputs of a Python model."""
    return {name: InMemoryRelation(table) for name, table in tables.items()}


@dataclass(frozen=True)
class Streamed(InMemoryRelation):
    """A relation that is never read as a whole, and comes in pieces of ``size`` rows at most."""

    size: int = 1 << 20

    def arrow(self) -> pa.Table:
        raise AssertionError("read as a whole")

    def batches(self, rows: int = 1 << 20) -> Iterator[pa.RecordBatch]:
        yield from super().batches(min(rows, self.size))


def read(made: Mapping[str, Rows]) -> dict[str, pa.Table]:
    """What a Python model made, all of it read."""
    return {name: part if isinstance(part, pa.Table) else part.read_all() for name, part in made.items()}


def untimed(name: str) -> str:
    """The columns of a relation for a query, without the seconds that the build measured."""
    return "* replace (null::double as seconds)" if name == "marts.list_leaderboard" else "*"
