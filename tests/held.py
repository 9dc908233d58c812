"""Relations that are Arrow tables in memory, for Python models without a database."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from recsys.engine.folds import Held
from recsys.project.contract import Relation


def held(tables: Mapping[str, pa.Table]) -> dict[str, Relation]:
    """The inputs of a Python model."""
    return {name: Held(table) for name, table in tables.items()}
