"""Give Python models access to a relation of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from recsys.backends.duckdb.statements import Ordered
from recsys.backends.spark.store import located
from recsys.project.contract import Context


class StoredRelation:
    """Read Parquet files of the store: as a Spark frame, or ordered by DuckDB as a table or batches.

    Frames belong to the build's own session, whose number of partitions fits the data.
    """

    def __init__(self, folder: Path, ordered: Ordered, session: Callable[[], SparkSession]) -> None:
        self.folder, self.ordered, self.session = folder, ordered, session

    def arrow(self) -> pa.Table:
        """Return the whole relation as an Arrow table."""
        return self.ordered.arrow()

    def batches(self, rows: int = 1 << 20) -> Iterator[pa.RecordBatch]:
        """Yield batches of at most ``rows`` rows."""
        return self.ordered.batches(rows)

    def frame(self, context: Context) -> DataFrame:
        """Return the relation as a Spark frame."""
        return self.session().read.parquet(located(self.folder))
