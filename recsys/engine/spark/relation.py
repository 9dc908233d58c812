"""A relation of a cluster as Python models read it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame

from recsys import spark
from recsys.engine.spark.store import located
from recsys.engine.statements import Ordered
from recsys.project.contract import Context


class StoredRelation:
    """Parquet files of the store: a frame of them, or a table or pieces that DuckDB reads in order."""

    def __init__(self, folder: Path, ordered: Ordered) -> None:
        self.folder, self.ordered = folder, ordered

    def arrow(self) -> pa.Table:
        return self.ordered.arrow()

    def batches(self, rows: int = 1 << 20) -> Iterator[pa.RecordBatch]:
        return self.ordered.batches(rows)

    def frame(self, context: Context) -> DataFrame:
        return spark.session(context).read.parquet(located(self.folder))
