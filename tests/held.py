"""Relations that are Arrow tables in memory, for Python models without a database."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from recsys.engine.folds import Held
from recsys.project.contract import Relation, Rows


def held(tables: Mapping[str, pa.Table]) -> dict[str, Relation]:
    """The inputs of a Python model."""
    return {name: Held(table) for name, table in tables.items()}


def read(made: Mapping[str, Rows]) -> dict[str, pa.Table]:
    """What a Python model made, all of it read."""
    return {name: part if isinstance(part, pa.Table) else part.read_all() for name, part in made.items()}
