"""Start Spark, and move tables to it and back; no other module starts it."""

from __future__ import annotations

import atexit
import importlib.util
import itertools
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from recsys.errors import UnavailableError
from recsys.project.contract import Context

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
from recsys.backends.spark.java import INSTALL, java_home

# Independent of the number of threads: partitions determine the order of float sums and the learners' random
# draws, so a fixed number gives the same scores on two threads and on eight.
PARTITIONS = 4
# ALS serializes the lineage of all earlier alternations with each task, recursively: that needs a deep stack.
_JAVA_OPTIONS = "-XX:+UseParallelGC -Xss16m"
# A local session runs hundreds of classifier jobs of a few milliseconds each: the JVM's second compiler costs
# more than it gains there.
_SHORT_JOBS = "-XX:TieredStopAtLevel=1"
_LOG4J = """rootLogger.level = warn
rootLogger.appenderRef.file.ref = file
appender.file.type = File
appender.file.name = file
appender.file.fileName = {log}
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d %p %c: %m%n%ex
"""


@dataclass
class _Running:
    """Hold a session, the limits that it was started with, and its private folder."""

    session: SparkSession
    limits: tuple[int, int, str | None]
    folder: Path


_running: _Running | None = None
_frame_numbers = itertools.count()


def session(context: Context) -> SparkSession:
    """Return the process's Spark session; start it on first use and keep it for later learners.

    Raises
    ------
    UnavailableError
        Spark or its Java is missing or broken; the message names what to install.
    """
    global _running  # noqa: PLW0603  one JVM per process
    limits = (context.threads, context.memory_bytes, context.spark_master)
    if _running is not None and (_running.limits != limits or not _running.folder.is_dir()):
        stop()
    if _running is None:
        context.report(0.0, "starting Spark")
        folder = Path(tempfile.mkdtemp(prefix="spark-", dir=context.scratch))
        _running = _Running(_start(context, folder), limits, folder)
    return _running.session


def executors(started: SparkSession) -> int:
    """Return the number of worker processes of a session; 0 if this process computes itself."""
    known = started.sparkContext._jsc.sc().getExecutorMemoryStatus()
    return int(known.size()) - 1  # the driver is counted too


def have_packages(names: Sequence[str], context: Context, workers: int | None = None) -> bool:
    """Return whether this Python version with some packages is on all workers, or on ``workers`` of them."""
    started = session(context)
    count = max(1, executors(started)) if workers is None else workers
    try:
        asked = started.range(0, count, 1, count).mapInArrow(
            partial(_has_packages, names), "has_packages boolean"
        )
        return all(row.has_packages for row in asked.collect())
    except Exception:  # the error depends on what the worker lacks
        return False


def _has_packages(names: Sequence[str], batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    found = all(importlib.util.find_spec(name) is not None for name in names)
    for _ in batches:
        yield pa.RecordBatch.from_arrays([pa.array([found])], ["has_packages"])


def stop() -> None:
    """Stop the session and its JVM and delete its files; do nothing if none runs."""
    global _running  # noqa: PLW0603
    if _running is None:
        return
    from pyspark import SparkContext

    gateway = SparkContext._gateway
    with suppress(Exception):  # the JVM may be dead already
        _running.session.stop()
    if gateway is not None:
        gateway.shutdown()
        gateway.proc.stdin.close()  # the JVM exits when this pipe closes
        gateway.proc.wait()
    SparkContext._gateway = SparkContext._jvm = None
    shutil.rmtree(_running.folder, ignore_errors=True)
    _running = None


atexit.register(stop)


def frame(context: Context, table: pa.Table, partitions: int = PARTITIONS) -> DataFrame:
    """Convert an Arrow table to a Spark frame of ``partitions`` partitions, each a run of rows."""
    return frame_of_batches(context, table.schema, table.num_rows, table.to_batches(), partitions)


def frame_of_batches(
    context: Context,
    schema: pa.Schema,
    row_count: int,
    batches: Iterable[pa.RecordBatch],
    partitions: int = PARTITIONS,
) -> DataFrame:
    """Convert Arrow batches of ``row_count`` rows to a Spark frame, each partition a run of rows.

    The rows travel as Parquet files in a folder that the executors see.
    """
    folder = (context.shared or context.scratch) / f"frame-{os.getpid()}-{next(_frame_numbers)}"
    folder.mkdir()
    paths = [folder / f"part-{part:03}.parquet" for part in range(partitions)]
    size = max(1, -(-row_count // partitions))
    for part, slices in itertools.groupby(_slices(batches, size), key=itemgetter(0)):
        with pq.ParquetWriter(paths[part], schema) as writer:
            for _, part_of_batch in slices:
                writer.write_batch(part_of_batch)
    for path in paths[-(-row_count // size) :]:
        pq.write_table(schema.empty_table(), path)
    return session(context).read.parquet(str(folder))


def _slices(batches: Iterable[pa.RecordBatch], size: int) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Split batches after every ``size`` rows; yield the number of the run and the slice."""
    done = 0
    for batch in batches:
        begin = done
        while done < begin + batch.num_rows:
            part_of_batch = batch.slice(done - begin, size - done % size)
            yield done // size, part_of_batch
            done += part_of_batch.num_rows


def collect(result: DataFrame) -> pa.Table:
    """Convert a Spark frame to an Arrow table, in the frame's order of partitions and rows."""
    return result.toArrow()


@contextmanager
def spark_failures() -> Iterator[None]:
    """Translate any failure inside Spark into UnavailableError, with the line of the trace that matters."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (Py4JError, PySparkException) as error:
        stop()
        raise UnavailableError(f"Spark failed: {cause(str(error))}") from error


def cause(trace: str) -> str:
    """Return the last "Caused by" of a Java trace, else its first line."""
    causes = [line.strip() for line in trace.splitlines() if line.strip().startswith("Caused by: ")]
    return (causes or trace.splitlines() or ["the Java process ended"])[-1 if causes else 0]


def _start(context: Context, folder: Path) -> SparkSession:
    try:
        from pyspark import SparkConf, SparkContext
        from pyspark.java_gateway import launch_gateway
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise UnavailableError(f"Spark is not installed ({error}): {INSTALL}") from error
    log = (context.logs or context.scratch) / "spark.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    conf = SparkConf().setAll(list(_settings(context, folder, log).items()))
    with _environment(_variables(context, folder)), _signals_kept(), log.open("ab") as stream:
        try:
            gateway = launch_gateway(conf, {"stdout": stream, "stderr": stream})
            spark = SparkContext(conf=conf, gateway=gateway)
        except Exception as error:
            raise UnavailableError(f"Spark did not start ({_reason(log, error)}): {INSTALL}") from error
    return SparkSession(spark)


def _settings(context: Context, folder: Path, log: Path) -> dict[str, str]:
    """Return Spark's configuration: as few partitions and threads as the data need, no console output."""
    log4j = folder / "log4j2.properties"
    log4j.write_text(_LOG4J.format(log=log.as_posix()))
    java_options = _JAVA_OPTIONS if context.spark_master else f"{_JAVA_OPTIONS} {_SHORT_JOBS}"
    settings = {
        "spark.app.name": "recsys",
        "spark.master": context.spark_master or f"local[{context.threads}]",
        # Half of the limit: DuckDB, Python and the JVM's own overhead share the rest.
        "spark.driver.memory": f"{max(1 << 10, context.memory_bytes >> 21)}m",
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={log4j.as_uri()} {java_options}",
        "spark.executor.extraJavaOptions": _JAVA_OPTIONS,
        "spark.default.parallelism": str(PARTITIONS),
        "spark.sql.shuffle.partitions": str(PARTITIONS),
        # Adaptive execution would merge partitions by measured size, which changes float sums.
        "spark.sql.adaptive.enabled": "false",
        # One partition per Parquet file, in order of their names.
        "spark.sql.files.openCostInBytes": str(1 << 40),
        "spark.sql.files.maxPartitionBytes": str(1 << 40),
        # Frequent garbage collection on the driver deletes shuffle files soon after their last use. Spark's
        # own option, deleting them when the statement ends, takes them from obsolete stages that still run:
        # each of their tasks then waits two minutes for files that are gone.
        "spark.cleaner.periodicGC.interval": "30s",
        "spark.sql.warehouse.dir": str(folder / "tables"),
        "spark.local.dir": str(folder),
        # Fail at once, not after ten minutes, if there are too few workers for distributed training.
        "spark.scheduler.barrier.maxConcurrentTasksCheck.interval": "1s",
        "spark.executorEnv.TORCH_CPP_LOG_LEVEL": "ERROR",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    if _is_on_this_machine(context.spark_master):
        settings |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    return settings


def _is_on_this_machine(master: str | None) -> bool:
    """Return whether all of Spark runs on this machine, so that the loopback network suffices."""
    is_in_this_process = master is None or master.startswith("local")
    return is_in_this_process or urlsplit(master).hostname in ("127.0.0.1", "localhost", "::1")


def _variables(context: Context, folder: Path) -> dict[str, str]:
    python = os.environ.get("PYSPARK_PYTHON", sys.executable)
    variables = {"JAVA_HOME": str(java_home(folder)), "PYSPARK_PYTHON": python}
    if _is_on_this_machine(context.spark_master):
        variables["SPARK_LOCAL_IP"] = "127.0.0.1"
    return variables


def _reason(log: Path, error: Exception) -> str:
    """Return the log line that names the problem, or the exception's first line."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    named = [line for line in lines if re.search(r"error|exception|not found|could not", line, re.IGNORECASE)]
    return (named or [str(error).splitlines()[0] if str(error) else type(error).__name__])[0].strip()


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Set environment variables while the JVM starts, then restore them."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Restore the SIGINT handler that Spark replaces on start; the build handles interrupts itself."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler: Any = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


if __name__ == "__main__":  # prints a JAVA_HOME for the scripts of a cluster
    print(java_home(Path(tempfile.mkdtemp(prefix="recsys-java-"))))
