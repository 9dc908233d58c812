"""A relation of a cluster as Python models read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from recsys.backends.duckdb.statements import Ordered
from recsys.backends.spark.store import located
from recsys.project.contract import Context


class StoredRelation:
    """Parquet files of the store: a frame of them, or a table or pieces that DuckDB reads in order.

    Frames are of the build's own session, which has as many partitions as the data need.
    """

    def __init__(self, folder: Path, ordered: Ordered, session: Callable[[], SparkSession]) -> None:
        self.folder, self.ordered, self.session = folder, ordered, session

    def arrow(self) -> pa.Table:
        return self.ordered.arrow()

    def batches(self, rows: int = 1 << 20) -> Iterator[pa.RecordBatch]:
        return self.ordered.batches(rows)

    def frame(self, context: Context) -> DataFrame:
        return self.session().read.parquet(located(self.folder))
