"""Stream lists of recommendations to DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection

from recsys.backends.database import Limits
from recsys.serving.recommender import Recommender, RecommendRequest


class ListStream:
    """Stream lists of recommendations as Arrow; every read of the relation starts a new stream.

    Each stream has a cursor of its own, since the reading connection is busy and several streams may be open.
    """

    schema = pa.schema(
        [
            ("user", pa.string()),
            ("rank", pa.int32()),
            ("item", pa.string()),
            ("name", pa.string()),
            ("score", pa.float64()),
            ("reason", pa.string()),
        ]
    )

    def __init__(
        self,
        path: Path,
        connect: Callable[[], Connection],
        request: RecommendRequest,
        users: Sequence[int] | None = None,
        values: Mapping[int, float] | None = None,
    ) -> None:
        """Keep what makes the lists of the build that ``connect`` opens; ``path`` is its file."""
        self.path, self.connect = path, connect
        self.request, self.users, self.values = request, users, values

    def __arrow_c_schema__(self) -> object:
        """Return the schema as an Arrow capsule."""
        return self.schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return a new stream as an Arrow capsule."""
        reader = pa.RecordBatchReader.from_batches(self.schema, self._batches())
        return reader.__arrow_c_stream__(requested_schema)

    def _batches(self) -> Iterator[pa.RecordBatch]:
        with self.connect() as connection:
            recommender = Recommender(connection, self.path, Limits.of())
            for table in self._tables(recommender):
                yield from table.select(self.schema.names).cast(self.schema).to_batches()

    def _tables(self, recommender: Recommender) -> Iterator[pa.Table]:
        if self.values is None:
            yield from recommender.blocks(self.request, self.users)
        else:
            yield recommender.for_values(self.request, self.values)
