"""Define the contract between the engine and Python models (learners and readers).

A learner or a reader is a function ``function(inputs, settings, context) -> tables``:

* ``inputs`` maps the argument names of the model's call to a `Relation` each, or to paths of files;
* ``settings`` is the section of ``sql/parameters.toml`` that the call names;
* ``context`` says how to run, never what to compute: the same inputs and settings give the same tables
  in any context, except for ``device`` and on a cluster;
* ``tables`` maps relation names (``scores.random_forest``) to Arrow tables, or to readers of record batches
  that are computed while they are written: the model itself, and every relation that its header lists under
  ``also``. A function that has ensured a unique key says so in the schema (`proven`). With
  ``context.has_frames``, tables may also be Spark frames, which are computed when written.
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


def _no_report(fraction: float, message: str) -> None:
    """Ignore progress."""


@dataclass(frozen=True)
class Context:
    """Hold the settings under which a Python model runs.

    Parameters
    ----------
    scratch : Path
        Folder that the build deletes afterwards.
    logs : Path, optional
        Folder for logs that are kept. Default: the scratch folder.
    threads : int, default 2
        Limit of threads.
    memory_bytes : int, default 4 GiB
        Limit of memory.
    device : str, default "auto"
        Torch device: ``auto``, ``cpu`` or ``cuda``.
    spark_master : str, optional
        Spark URL. Default: a local session.
    has_frames : bool, default False
        Whether relations are where Spark's workers read and write them: a function that can should take and
        return frames, so that nothing of their size passes through this process.
    shared : Path, optional
        Scratch folder that these workers reach.
    report : callable
        ``report(fraction, message)`` draws the progress line.
    """

    scratch: Path
    logs: Path | None = None
    threads: int = 2
    memory_bytes: int = 4 << 30
    device: str = "auto"
    spark_master: str | None = None
    has_frames: bool = False
    shared: Path | None = None
    report: Callable[[float, str], None] = _no_report


def proven(schema: pa.Schema, key: Sequence[str]) -> pa.Schema:
    """Mark ``key`` as already proven unique, so that the build skips its duplicate check.

    Parameters
    ----------
    schema : pyarrow.Schema
        Schema of the rows.
    key : sequence of str
        Columns that are unique together.

    Returns
    -------
    pyarrow.Schema
        The schema with the key in its metadata.
    """
    return schema.with_metadata({KEY: ", ".join(key)})


def proven_key(schema: pa.Schema) -> tuple[str, ...]:
    """Return the columns that `proven` marked; an empty tuple if it was not called."""
    key = (schema.metadata or {}).get(KEY, b"").decode()
    return tuple(key.split(", ")) if key else ()


class Relation(Protocol):
    """Read a relation in a Python model, in the order of its key: one table, batches, or a Spark frame."""

    def arrow(self) -> pa.Table:
        """Return all rows in memory."""

    def batches(self, rows: int = 1 << 20) -> Iterator[pa.RecordBatch]:
        """Yield batches of at most ``rows`` rows, one in memory at a time."""

    def frame(self, context: Context) -> DataFrame:
        """Return a Spark frame in the session of the context; its rows do not pass through this process."""
