"""Build on a cluster: relations are Parquet files, and the warehouse holds views over them.

Every relation is a folder of the store, a temporary view in Spark and a view in the warehouse. Relations that
are views on one machine are files here too, because they are read more than once. DuckDB inspects small
relations through the warehouse, faster than a cluster starts a job. DuckDB also reads text files and streams
them into the store. Macros stay in the warehouse: only DuckDB calls them.
"""

from __future__ import annotations

import contextlib
import copy
import itertools
import re
import shutil
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from recsys.backends.database import Comment, Database, EngineError, Measure
from recsys.backends.duckdb.database import Writer
from recsys.backends.partitions import Update
from recsys.backends.spark import session as spark_session
from recsys.backends.spark.connection import connect, probe
from recsys.backends.spark.counting import Counting
from recsys.backends.spark.dialect_lint import complaints
from recsys.backends.spark.failures import translate_errors
from recsys.backends.spark.relation import StoredRelation
from recsys.backends.spark.store import Store, located, readable
from recsys.backends.spark.translation import Translation, source_view, translated, view_of
from recsys.identifiers import quoted_relation
from recsys.project.contract import Context, Rows
from recsys.sources.parquet import SUFFIX

MOST_SHOWN = 1000  # violations of a check to fetch
SMALL_ROWS = 100_000  # marts up to this size are copied into the warehouse
SMALL_BYTES = 32 << 20  # DuckDB inspects relations up to this size
TEMPORARY = re.compile(r"\bscratch\.\w+\.\w+")
_groups = itertools.count(1)


class SparkDatabase:
    """Connect a build to a cluster and to its private warehouse file."""

    def __init__(
        self, writer: Writer, files: Store, context: Context, kept: Mapping[str, Path], input_rows: int
    ) -> None:
        """Connect; ``kept`` maps relations of earlier builds to their folders.

        Raises UsageError if there is no cluster at ``context.spark_master``, or its workers cannot write to
        the store.
        """
        self.writer, self.files, self.context, self.input_rows = writer, files, context, input_rows
        self.comments: Mapping[str, Comment] = {}
        self.is_interrupted = False
        self.folders = dict(kept)
        self.sources: dict[str, str] = {}
        self.lines: set[str] = set()  # temporary relations of text lines, only in DuckDB
        self.lock = threading.RLock()
        self.group = f"recsys-{next(_groups)}"
        self._sessions: list[SparkSession] = []  # the process's session and this build's child session
        probe(self.session, files.scratch("probe"), files.folder)

    @property
    def session(self) -> SparkSession:
        """Return this build's session with its views; reopen it if a learner's failure ended the last one."""
        with self.lock:
            if not self._sessions or self._sessions[0] is not spark_session.session(self.context):
                child = connect(self.context, self.input_rows)
                self._sessions[:] = [spark_session.session(self.context), child]
                for name, folder in self.folders.items():
                    with readable(folder):
                        child.read.parquet(located(folder)).createOrReplaceTempView(view_of(name))
                for name, path in self.sources.items():
                    child.read.parquet(path).createOrReplaceTempView(source_view(name))
            return self._sessions[1]

    @contextlib.contextmanager
    def running(self, translation: Translation | None = None) -> Iterator[SparkSession]:
        """Yield the session; jobs that this thread starts in the block can be stopped by `interrupt`."""
        if self.is_interrupted:
            raise EngineError("interrupted")
        with translate_errors(translation):
            session = self.session
            session.sparkContext.setJobGroup(self.group, "recsys", interruptOnCancel=True)
            yield session

    def prepare(self, layers: Iterable[str]) -> None:
        """Create the schemas of these layers in the warehouse."""
        self.writer.prepare(layers)

    def create(
        self,
        name: str,
        kind: str,
        sql: str,
        arguments: Sequence[str] = (),
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        """Create a relation from a rendered model: macros and text files with DuckDB, the rest on Spark."""
        if kind == "macro":
            self.writer.create(name, kind, sql, arguments)
        elif self._is_for_duckdb(sql, parameters or {}):
            self._create_from_text(name, kind, sql, parameters)
        else:
            self._create_on_spark(name, sql, parameters or {})

    def _is_for_duckdb(self, sql: str, parameters: Mapping[str, Any]) -> bool:
        """Return whether a model reads text files, or a temporary relation that is made of them."""
        is_text = any(not str(path).endswith(SUFFIX) for path in parameters.values())
        return is_text or not self.lines.isdisjoint(TEMPORARY.findall(sql))

    def _create_from_text(self, name: str, kind: str, sql: str, parameters: Mapping[str, Any] | None) -> None:
        place = name if kind == "temp" else f"scratch.{name}"
        self.writer.create(place, "table", sql, (), parameters)
        if kind == "temp":
            self.lines.add(name)
            return
        folder = self._emptied(name)
        folder.mkdir(parents=True)
        out = {"out": str(folder / f"part-0{SUFFIX}")}
        self.writer.run(f"copy (from {quoted_relation(place)}) to $out (format parquet)", out)
        self.writer.drop(place)
        self._add(name, folder)

    def _create_on_spark(self, name: str, sql: str, parameters: Mapping[str, Any]) -> None:
        folder = self._emptied(name)
        with self.running() as session:
            self._read_sources(session, parameters)
        self._add(name, folder, self.export(sql, folder))

    def export(self, sql: str, folder: Path) -> StructType:
        """Write the rows of a query to a folder, by the workers, and return their schema."""
        translation = _translated(sql)
        with self.running(translation) as session:
            frame = session.sql(translation.sql)
            frame.write.mode("overwrite").parquet(located(folder))
        return frame.schema

    def _read_sources(self, session: SparkSession, parameters: Mapping[str, Any]) -> None:
        for name, path in parameters.items():
            with self.lock:
                self.sources[name] = str(path)
            session.read.parquet(str(path)).createOrReplaceTempView(source_view(name))

    def _emptied(self, name: str) -> Path:
        """Return the folder of a relation after deleting its files."""
        is_temporary = name.startswith("scratch.")
        folder = self.files.scratch(name) if is_temporary else self.files.place(name)
        shutil.rmtree(folder, ignore_errors=True)
        return folder

    def _add(self, name: str, folder: Path, schema: StructType | None = None) -> None:
        """Create the views of a relation's files in Spark and in DuckDB."""
        with self.running() as session:
            reader = session.read if schema is None else session.read.schema(schema)
            reader.parquet(located(folder)).createOrReplaceTempView(view_of(name))
        with self.lock:
            self.folders[name] = folder
        self.writer.create(name, "view", _reading(folder))

    def alias(self, name: str, relation: str) -> None:
        """Register ``name`` as an alias of ``relation`` without copying its files."""
        self._add(name, self.folders[relation])

    def update(self, name: str, update: Update) -> bool:
        """Return False: a folder of files is only rebuilt as a whole."""
        return False

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a query on Spark and return at most 1000 rows."""
        translation = _translated(sql)
        with self.running(translation) as session:
            return [tuple(row) for row in session.sql(translation.sql).take(MOST_SHOWN)]

    def _counting(self, name: str) -> Database | Counting:
        """Choose the engine that inspects a relation: DuckDB for small ones, else Spark."""
        folder = self.folders.get(name)
        if folder is None or sum(file.stat().st_size for file in folder.iterdir()) < SMALL_BYTES:
            return self.writer
        return Counting(self.running, view_of(name))

    def columns(self, name: str, arguments: int | None = None) -> dict[str, str]:
        """Return the columns of a relation or macro, as DuckDB describes its view."""
        return self.writer.columns(name, arguments)

    def measure(
        self, name: str, columns: Sequence[str] = (), finite: Sequence[str] = (), digested: bool = True
    ) -> Measure:
        """Count the rows and the missing values of a relation, and compute its digest."""
        return self._counting(name).measure(name, columns, finite, digested)

    def find_missing(self, name: str, column: str, wanted: Sequence[str], is_number: bool) -> tuple[Any, ...]:
        """Return the ``wanted`` columns of the first row without a value."""
        return self._counting(name).find_missing(name, column, wanted, is_number)

    def duplicate_key(self, name: str, key: Sequence[str]) -> tuple[Any, ...] | None:
        """Return a duplicated key followed by its number of rows; None if the key is unique."""
        return self._counting(name).duplicate_key(name, key)

    def count(self, name: str) -> int:
        """Return the number of rows, which DuckDB reads from the Parquet footers."""
        return self.writer.count(name)

    def relation(self, name: str, order: Sequence[str]) -> StoredRelation:
        """Return a relation for a Python model."""
        return StoredRelation(self.folders[name], self.writer.relation(name, order), lambda: self.session)

    def store(self, name: str, table: Rows | DataFrame) -> None:
        """Write rows as a relation: a mart into the warehouse, anything else as files."""
        if name.startswith("marts."):
            self.writer.store(name, table)
            return
        folder = self._emptied(name)
        if isinstance(table, (pa.Table, pa.RecordBatchReader)):
            folder.mkdir(parents=True)
            try:
                with pq.ParquetWriter(folder / f"part-0{SUFFIX}", table.schema) as writer:
                    for batch in table.to_batches() if isinstance(table, pa.Table) else table:
                        writer.write_batch(batch)
            except pa.ArrowException as error:
                raise EngineError(str(error)) from None
        else:
            with self.running():
                table.write.mode("overwrite").parquet(located(folder))
        self._add(name, folder)

    def drop(self, name: str) -> None:
        """Drop the views of a relation; keep its files, which the published warehouse may read."""
        with self.lock:
            is_there = self.folders.pop(name, None) is not None
        if is_there:
            with self.running() as session:
                session.catalog.dropTempView(view_of(name))
        self.writer.drop(name)

    def variant(self) -> SparkDatabase:
        """Open another connection with its own job group."""
        other = copy.copy(self)
        other.writer = self.writer.variant()
        other.group = f"recsys-{next(_groups)}"
        return other

    def progress(self) -> float:
        """Return the finished share of the tasks of this connection's running job."""
        with contextlib.suppress(Exception):  # the cluster may be gone
            tracker = self._sessions[0].sparkContext.statusTracker()
            jobs = filter(None, map(tracker.getJobInfo, tracker.getJobIdsForGroup(self.group)[-1:]))
            stages = [tracker.getStageInfo(stage) for job in jobs for stage in job.stageIds]
            total = sum(stage.numTasks for stage in stages if stage)
            return sum(stage.numCompletedTasks for stage in stages if stage) / total if total else 0.0
        return 0.0

    def interrupt(self) -> None:
        """Cancel the jobs of this connection and fail every later statement."""
        self.is_interrupted = True
        self.writer.interrupt()
        with contextlib.suppress(Exception):  # the cluster may be gone
            self._sessions[0].sparkContext.cancelJobGroup(self.group)

    def comment(self, comments: Mapping[str, Comment]) -> None:
        """Keep the comments until the relations are what they will be published as."""
        self.comments = comments

    def flush(self) -> None:
        """Copy small marts into the warehouse as tables, so that they can be queried without the store."""
        for name, folder in self.folders.items():
            if name.startswith("marts.") and self.count(name) <= SMALL_ROWS:
                self.writer.create(name, "table", _reading(folder))
        self.writer.comment(self.comments)
        self.writer.flush()

    def close(self) -> None:
        """Close the warehouse file and remove the build's scratch folder."""
        self.writer.close()
        self.files.close()


def _translated(sql: str) -> Translation:
    """Translate a model's SQL; raise EngineError if it would mean something else on Spark."""
    for offset, message in complaints(sql):
        raise EngineError(message, offset)
    return translated(sql)


def _reading(folder: Path) -> str:
    """Return a query of the Parquet files in a folder; views take no parameters, so the path is inlined."""
    pattern = str(folder / f"*{SUFFIX}").replace("'", "''")
    return f"select * from read_parquet('{pattern}', hive_partitioning = false)"
