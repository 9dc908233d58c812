"""What a Python model gets and gives: the contract between the engine, the learners and the readers.

A learner or a reader is a function ``function(inputs, settings, context) -> tables``:

* ``inputs`` maps the argument names of the model's call to a `Relation` each, or to paths of files;
* ``settings`` is the section of ``sql/parameters.toml`` that the call names;
* ``context`` says how to run, never what to compute: the same inputs and settings give the same tables
  for any context but for ``device`` and for a cluster;
* ``tables`` maps relation names (``scores.random_forest``) to Arrow tables, or to readers of record batches
  that are made as they are written: the model itself, and every further relation that its header names under
  ``also``. Whoever has seen to it that a key is there once says so in the schema (`proven`). Where
  ``context.has_frames``, tables may be Spark frames as well, which are computed as they are written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


KEY = b"recsys.key"
Rows = pa.Table | pa.RecordBatchReader


def _silent(fraction: float, message: str) -> None:
    """The progress reporter of somebody who does not want to know."""


@dataclass(frozen=True)
class Context:
    """How a Python model is to run.

    ``threads`` and ``memory_bytes`` are the limits of the build, ``device`` is torch's (``auto``, ``cpu`` or
    ``cuda``), ``spark_master`` a Spark URL or None for a local session, ``scratch`` a folder that the build
    removes afterwards, ``logs`` one that it keeps (None: the scratch folder does), and
    ``report(fraction, message)`` draws the progress line. With ``has_frames`` relations are where Spark's
    workers read and write them: whoever can, takes frames and returns frames, and nothing of their size
    passes through this process. ``shared`` is another scratch folder, which these workers reach.
    """

    scratch: Path
    logs: Path | None = None
    threads: int = 2
    memory_bytes: int = 4 << 30
    device: str = "auto"
    spark_master: str | None = None
    has_frames: bool = False
    shared: Path | None = None
    report: Callable[[float, str], None] = _silent


def proven(schema: pa.Schema, key: Sequence[str]) -> pa.Schema:
    """The schema, with the word of whoever makes the rows that none of them has the key of another."""
    return schema.with_metadata({KEY: ", ".join(key)})


def proven_key(schema: pa.Schema) -> tuple[str, ...]:
    """The columns that `proven` spoke of; none where it was not asked."""
    key = (schema.metadata or {}).get(KEY, b"").decode()
    return tuple(key.split(", ")) if key else ()


class Relation(Protocol):
    """A relation that a Python model reads, in the order of its key: as one table, in pieces, or on Spark."""

    def arrow(self) -> pa.Table:
        """All of it in memory."""

    def batches(self, rows: int = 1 << 20) -> Iterator[pa.RecordBatch]:
        """Pieces of at most so many rows: the memory of one piece at a time."""

    def frame(self, context: Context) -> DataFrame:
        """A Spark frame in the session of the context; what it holds does not pass through this process."""
