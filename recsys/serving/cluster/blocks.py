"""What runs in the Python of a cluster's workers, which have this program but need none of its extras."""

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
    """What a function makes of each piece of its ``argument``, the others being whole in their folders."""
    kept = {name: InMemoryRelation(pq.read_table(folder)) for name, folder in folders.items()}
    for batch in batches:
        table = statement.of({**kept, argument: InMemoryRelation(pa.Table.from_batches([batch]))})
        yield from table.to_batches() or [pa.RecordBatch.from_pylist([], table.schema)]


def answers(statement: QueryTemplate, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """A row of ``ANSWER`` for each row; an error where the function cannot be had here."""
    statement.callable()
    for batch in batches:
        yield pa.RecordBatch.from_pylist([{"version": __version__}] * batch.num_rows, ANSWER)
