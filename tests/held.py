"""Relations that are Arrow tables in memory, for Python models without a database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import DataFrame

from recsys import spark
from recsys.project.contract import Context, Relation


@dataclass(frozen=True)
class Held:
    """A relation that is a table in memory."""

    table: pa.Table

    def arrow(self) -> pa.Table:
        return self.table

    def batches(self, rows: int = 1 << 20) -> Iterator[pa.RecordBatch]:
        yield from self.table.to_batches(max_chunksize=rows)

    def frame(self, context: Context) -> DataFrame:
        return spark.frame(context, self.table)


def held(tables: Mapping[str, pa.Table]) -> dict[str, Relation]:
    """The inputs of a Python model."""
    return {name: Held(table) for name, table in tables.items()}
