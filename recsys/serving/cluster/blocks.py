"""Run learner functions in the Python of a cluster's workers, which need this program without its extras."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from recsys.engine.folds import InMemoryRelation
from recsys.serving.query_templates import QueryTemplate
from recsys.version import __version__

ANSWER = pa.schema([("version", pa.string())])


def made(
    statement: QueryTemplate, argument: str, folders: Mapping[str, Path], batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Apply a function to each batch of its ``argument``; read its other inputs whole from their folders."""
    kept = {name: InMemoryRelation(pq.read_table(folder)) for name, folder in folders.items()}
    for batch in batches:
        table = statement.of({**kept, argument: InMemoryRelation(pa.Table.from_batches([batch]))})
        yield from table.to_batches() or [pa.RecordBatch.from_pylist([], table.schema)]


def answers(statement: QueryTemplate, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Return a row of ``ANSWER`` per row; raise an error if the function cannot be imported here."""
    statement.callable()
    for batch in batches:
        yield pa.RecordBatch.from_pylist([{"version": __version__}] * batch.num_rows, ANSWER)
