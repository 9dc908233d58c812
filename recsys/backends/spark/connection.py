"""Connect to a Spark cluster: check the address, open a session for SQL, check shared folders."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

from pyspark.sql import SparkSession

from recsys.backends.database import EngineError
from recsys.backends.spark import session as spark_session
from recsys.backends.spark.failures import translate_errors
from recsys.backends.spark.store import located
from recsys.errors import UnavailableError, UsageError
from recsys.project.contract import Context

ADDRESSES = "give local[N], spark://HOST:PORT, yarn or k8s://HOST:PORT"
CONNECT_SECONDS = 5.0
WORKER_SECONDS = 60.0
# Input rows per partition. Bytes would mislead: Parquet stores a repeated value almost for free.
ROWS_PER_PARTITION = 400_000
# Compressed size up to which Spark merges partitions; a hash table takes ten times as much memory.
MERGED_BYTES = 8 << 20


def connect(context: Context, input_rows: int) -> SparkSession:
    """Open a session for SQL in the process's Spark application.

    Small inputs (up to one partition) use a fixed number of partitions; for larger ones Spark merges and
    splits partitions by size.

    Parameters
    ----------
    context : Context
        Names the master and the limits.
    input_rows : int
        Rows of all input files.

    Raises
    ------
    UsageError
        There is no master at that address, or no worker answers.
    """
    master = context.spark_master
    if master is None:
        raise UsageError(f"--engine spark needs --master; {ADDRESSES}")
    _refuse_dead(master)
    try:
        base = spark_session.session(context)
    except UnavailableError as error:
        raise UsageError(f"--master {master}: {error}") from None
    if not master.startswith("local"):
        _await_worker(base, master)
    session = base.newSession()
    for name, value in settings(input_rows).items():
        session.conf.set(name, str(value))
    return session


def settings(input_rows: int) -> dict[str, object]:
    """Return the session settings for SQL over this number of input rows."""
    partitions = max(1, input_rows // ROWS_PER_PARTITION)
    is_large = partitions > 1
    return {
        "spark.sql.shuffle.partitions": partitions,
        "spark.sql.adaptive.enabled": str(is_large).lower(),
        "spark.sql.adaptive.advisoryPartitionSizeInBytes": MERGED_BYTES,
        # Hash joins of partitions up to this size take half as long as sort-merge joins.
        "spark.sql.adaptive.maxShuffledHashJoinLocalMapThreshold": MERGED_BYTES,
        # Code generation pays off only over many rows.
        "spark.sql.codegen.wholeStage": str(is_large).lower(),
        "spark.sql.codegen.factoryMode": "FALLBACK" if is_large else "NO_CODEGEN",
        "spark.sql.files.maxPartitionBytes": 64 << 20,
        "spark.sql.files.openCostInBytes": 4 << 20,
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",
    }


def _refuse_dead(master: str) -> None:
    """Raise UsageError for an invalid master address, or one where nothing listens."""
    if not master.startswith(("local", "spark://", "yarn", "k8s://")):
        raise UsageError(f"--master {master}: {ADDRESSES}")
    if not master.startswith("spark://"):
        return
    reasons = [_unreachable(address) for address in master.removeprefix("spark://").split(",")]
    if all(reasons):
        raise UsageError(
            f"--master {master}: no Spark master answers ({reasons[0]}); start one, or correct the address"
        )


def _unreachable(address: str) -> str | None:
    """Return why a master's address cannot be reached; None if it can."""
    try:
        parts = urlsplit(f"//{address}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port:
        return "not of the form spark://HOST:PORT"
    try:
        socket.create_connection((host, port), CONNECT_SECONDS).close()
    except OSError as error:
        return error.strerror or str(error)
    return None


def _await_worker(session: SparkSession, master: str) -> None:
    """Raise UsageError if no worker provides an executor within a minute."""
    context = session.sparkContext._jsc.sc()
    deadline = time.monotonic() + WORKER_SECONDS
    while not spark_session.executors(session):
        if context.isStopped() or time.monotonic() > deadline:
            spark_session.stop()
            raise UsageError(
                f"--master {master}: no worker has started an executor within {WORKER_SECONDS:.0f} s; "
                "start one with as much memory as session.executor.memory, and the same version of pyspark"
            )
        time.sleep(0.1)


def probe(session: SparkSession, folder: Path, place: Path, kind: str = "store") -> None:
    """Check that workers can write to a folder that this machine sees.

    Parameters
    ----------
    session : SparkSession
        A session of the cluster.
    folder : Path
        The folder that the workers write to.
    place : Path
        The path as the user gave it, for the message.
    kind : str, default "store"
        What the folder is, for the message.

    Raises
    ------
    UsageError
        A worker cannot write there, or its files do not appear on this machine.
    """
    try:
        with translate_errors():
            session.range(1).write.mode("overwrite").parquet(located(folder))
    except EngineError as error:
        raise UsageError(f"{place}: a worker cannot write to this {kind} ({error})") from None
    if not any(folder.glob("part-*.parquet")):
        raise UsageError(
            f"{place}: a worker's files do not arrive in this {kind}; "
            "give a folder that this machine and all workers share"
        )
