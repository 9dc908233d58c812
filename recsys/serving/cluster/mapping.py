"""Compute large relations in the workers' Python, in batches.

The workers need this program and its packages in the same versions; everything else runs in Spark.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

from recsys.backends.database import EngineError
from recsys.backends.spark.failures import translate_errors
from recsys.backends.spark.session import executors
from recsys.errors import UsageError
from recsys.serving.cluster import blocks
from recsys.serving.query_templates import QueryTemplate
from recsys.version import __version__

LACKING = ("Cannot run program", "ModuleNotFoundError", "ImportError", "PYTHON_VERSION_MISMATCH")
TASKS_OF_A_WORKER = 8  # probes per worker
ROWS = 1 << 16  # rows of a batch

Pieces = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]


def mapped(
    statement: QueryTemplate, argument: str, frame: DataFrame, folders: Mapping[str, Path]
) -> DataFrame:
    """Apply a function to a frame, its ``argument``, batch by batch.

    Its other inputs are small: every task reads them from their ``folders``.
    """
    frame.sparkSession.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", str(ROWS))
    made = partial(blocks.made, statement, argument, folders)
    (nothing,) = made([pa.RecordBatch.from_pylist([], to_arrow_schema(frame.schema))])
    return _in_arrow(frame, made, nothing.schema)


def ask(session: SparkSession, statement: QueryTemplate) -> None:
    """Raise UsageError if a worker's Python cannot compute a relation, before the work begins."""
    tasks = max(1, executors(session)) * TASKS_OF_A_WORKER
    with needing_python(session, statement), translate_errors():
        asked = _in_arrow(
            session.range(0, tasks, 1, tasks), partial(blocks.answers, statement), blocks.ANSWER
        )
        found = {row.version for row in asked.collect()}
    if others := sorted(found - {__version__}):
        raise UsageError(_complaint(session, statement, f"it has recsys {others[0]}"))


@contextlib.contextmanager
def needing_python(session: SparkSession, statement: QueryTemplate) -> Iterator[None]:
    """Translate a worker's missing Python or packages into UsageError."""
    try:
        yield
    except EngineError as error:
        if any(word in str(error) for word in LACKING):
            raise UsageError(_complaint(session, statement, str(error))) from None
        raise


def _complaint(session: SparkSession, statement: QueryTemplate, reason: str) -> str:
    context = session.sparkContext
    return (
        f"--master {context.master}: a worker cannot make {statement.relation} in Python ({reason}): "
        f"pip install recsys=={__version__} on each for {context.pythonExec}, or for what PYSPARK_PYTHON "
        "names, or take --model affinity"
    )


def _in_arrow(frame: DataFrame, made: Pieces, schema: pa.Schema) -> DataFrame:
    return frame.mapInArrow(made, from_arrow_schema(schema))
