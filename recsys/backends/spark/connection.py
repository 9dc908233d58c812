"""The way to a cluster: whether there is one at an address, and a session with it for SQL."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

from pyspark.sql import SparkSession

from recsys.backends.database import EngineError
from recsys.backends.spark import session as spark_session
from recsys.backends.spark.failures import told
from recsys.backends.spark.store import located
from recsys.errors import UnavailableError, UsageError
from recsys.project.contract import Context

ADDRESSES = "expected local[N], spark://HOST:PORT, yarn or k8s://HOST:PORT"
CONNECT_SECONDS = 5.0
WORKER_SECONDS = 60.0
ROWS_PER_PARTITION = 400_000  # of input files; bytes say less, since a repeated value takes next to none
MERGED_BYTES = (
    8 << 20
)  # of partitions that Spark makes one of, packed; a table of hashes takes ten times as much


def connect(context: Context, input_rows: int) -> SparkSession:
    """A session of its own, with the settings of SQL, in the process's application; UsageError in a line.

    Data of up to a few partitions runs with fixed ones; beyond, Spark merges and splits them by their sizes.
    """
    master = context.spark_master
    if master is None:
        raise UsageError(f"--engine spark: no --master: {ADDRESSES}")
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
    """What a session is told that runs SQL over so many rows of input."""
    partitions = max(1, input_rows // ROWS_PER_PARTITION)
    is_large = partitions > 1
    return {
        "spark.sql.shuffle.partitions": partitions,
        "spark.sql.adaptive.enabled": str(is_large).lower(),
        "spark.sql.adaptive.advisoryPartitionSizeInBytes": MERGED_BYTES,
        # To join by hashes, where no partition is larger, takes half as long as to sort both sides.
        "spark.sql.adaptive.maxShuffledHashJoinLocalMapThreshold": MERGED_BYTES,
        # To compile a statement pays where it runs over many rows.
        "spark.sql.codegen.wholeStage": str(is_large).lower(),
        "spark.sql.codegen.factoryMode": "FALLBACK" if is_large else "NO_CODEGEN",
        "spark.sql.files.maxPartitionBytes": 64 << 20,
        "spark.sql.files.openCostInBytes": 4 << 20,
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",
    }


def _refuse_dead(master: str) -> None:
    """UsageError for an address that is none, or where nobody listens."""
    if not master.startswith(("local", "spark://", "yarn", "k8s://")):
        raise UsageError(f"--master {master}: {ADDRESSES}")
    if not master.startswith("spark://"):
        return
    reasons = [_unreachable(address) for address in master.removeprefix("spark://").split(",")]
    if all(reasons):
        raise UsageError(f"--master {master}: no master answers there ({reasons[0]})")


def _unreachable(address: str) -> str | None:
    """Why a master's address cannot be reached; None where somebody listens."""
    try:
        parts = urlsplit(f"//{address}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port:
        return "expected spark://HOST:PORT"
    try:
        socket.create_connection((host, port), CONNECT_SECONDS).close()
    except OSError as error:
        return error.strerror or str(error)
    return None


def _await_worker(session: SparkSession, master: str) -> None:
    """UsageError where no worker gives an executor within a minute."""
    context = session.sparkContext._jsc.sc()
    deadline = time.monotonic() + WORKER_SECONDS
    while not spark_session.executors(session):
        if context.isStopped() or time.monotonic() > deadline:
            spark_session.stop()
            raise UsageError(
                f"--master {master}: no worker has given an executor within {WORKER_SECONDS:.0f} s: "
                "start one with as much memory as session.executor.memory, and the same version of pyspark"
            )
        time.sleep(0.1)


def probe(session: SparkSession, folder: Path, place: Path, kind: str = "store") -> None:
    """UsageError where a worker cannot write to a folder, or writes to another than this machine sees.

    A line tells of it as of the ``place`` that the user knows, and of what kind that is.
    """
    try:
        with told():
            session.range(1).write.mode("overwrite").parquet(located(folder))
    except EngineError as error:
        raise UsageError(f"{place}: a worker cannot write to this {kind}: {error}") from None
    if not any(folder.glob("part-*.parquet")):
        raise UsageError(
            f"{place}: a worker's files do not arrive in this {kind}: "
            "expected a folder that this machine and all workers share"
        )
