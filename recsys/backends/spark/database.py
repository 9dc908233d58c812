"""A build's database on a cluster: relations are Parquet files, and the warehouse holds views over them.

Every relation is a folder of the store, a temporary view of Spark, and a view of the warehouse. Whatever is
kept as a view on one machine is files here too: others read it more often than once. What is small, DuckDB
counts and looks at through the warehouse: it answers before a cluster has begun. Text files are read by
DuckDB as well, which streams them into the store. Macros stay what they are: DuckDB alone calls them.
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

from recsys.backends.database import Database, EngineError, Measure
from recsys.backends.duckdb.database import Writer
from recsys.backends.duckdb.statements import quoted
from recsys.backends.partitions import Update
from recsys.backends.spark import session as spark_session
from recsys.backends.spark.connection import connect, probe
from recsys.backends.spark.counting import Counting
from recsys.backends.spark.dialect_lint import complaints
from recsys.backends.spark.failures import told
from recsys.backends.spark.relation import StoredRelation
from recsys.backends.spark.store import Store, located, readable
from recsys.backends.spark.translation import Translation, source_view, translated, view_of
from recsys.project.contract import Context, Rows
from recsys.sources.parquet import SUFFIX

MOST_SHOWN = 1000  # rows of a check that found some
SMALL_ROWS = 100_000  # of a mart that the warehouse holds itself
SMALL_BYTES = 32 << 20  # of the files of a relation that DuckDB counts
TEMPORARY = re.compile(r"\bscratch\.\w+\.\w+")
_groups = itertools.count(1)


class SparkDatabase:
    """The connection of one build to a cluster and to its private warehouse file."""

    def __init__(
        self, writer: Writer, files: Store, context: Context, kept: Mapping[str, Path], input_rows: int
    ) -> None:
        """``kept`` are relations of earlier builds, with their folders. UsageError where there is no cluster
        at ``context.spark_master``, or no store that it can write to.
        """
        self.writer, self.files, self.context, self.input_rows = writer, files, context, input_rows
        self.is_interrupted = False
        self.folders = dict(kept)
        self.sources: dict[str, str] = {}
        self.lines: set[str] = set()  # temporary relations that DuckDB alone has: lines of text
        self.lock = threading.RLock()
        self.group = f"recsys-{next(_groups)}"
        self._sessions: list[SparkSession] = []  # that of the process, and that of this build within it
        probe(self.session, files.scratch("probe"), files.folder)

    @property
    def session(self) -> SparkSession:
        """The session of this build, with its views; a new one where a learner's failure ended the last."""
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
        """The session, in which what this thread starts can be ended by `interrupt`."""
        if self.is_interrupted:
            raise EngineError("interrupted")
        with told(translation):
            session = self.session
            session.sparkContext.setJobGroup(self.group, "recsys", interruptOnCancel=True)
            yield session

    def prepare(self, layers: Iterable[str]) -> None:
        self.writer.prepare(layers)

    def create(
        self,
        name: str,
        kind: str,
        sql: str,
        arguments: Sequence[str] = (),
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        if kind == "macro":
            self.writer.create(name, kind, sql, arguments)
        elif self._is_for_duckdb(sql, parameters or {}):
            self._create_from_text(name, kind, sql, parameters)
        else:
            self._create_on_spark(name, sql, parameters or {})

    def _is_for_duckdb(self, sql: str, parameters: Mapping[str, Any]) -> bool:
        """Whether a model reads lines of text, or a temporary relation that is made of them."""
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
        self.writer.run(f"copy (from {quoted(place)}) to $out (format parquet)", out)
        self.writer.drop(place)
        self._add(name, folder)

    def _create_on_spark(self, name: str, sql: str, parameters: Mapping[str, Any]) -> None:
        folder = self._emptied(name)
        with self.running() as session:
            self._read_sources(session, parameters)
        self._add(name, folder, self.export(sql, folder))

    def export(self, sql: str, folder: Path) -> StructType:
        """Have the workers write the rows of a query of relations into a folder; their schema."""
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
        """The folder for the files of a relation, which has none."""
        is_temporary = name.startswith("scratch.")
        folder = self.files.scratch(name) if is_temporary else self.files.place(name)
        shutil.rmtree(folder, ignore_errors=True)
        return folder

    def _add(self, name: str, folder: Path, schema: StructType | None = None) -> None:
        """Give Spark and DuckDB a view of a relation's files."""
        with self.running() as session:
            reader = session.read if schema is None else session.read.schema(schema)
            reader.parquet(located(folder)).createOrReplaceTempView(view_of(name))
        with self.lock:
            self.folders[name] = folder
        self.writer.create(name, "view", _reading(folder))

    def alias(self, name: str, relation: str) -> None:
        """Another name for a relation, of whose files there are no others."""
        self._add(name, self.folders[relation])

    def update(self, name: str, update: Update) -> bool:
        """A folder of files is written once."""
        return False

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        translation = _translated(sql)
        with self.running(translation) as session:
            return [tuple(row) for row in session.sql(translation.sql).take(MOST_SHOWN)]

    def _counting(self, name: str) -> Database | Counting:
        """Who counts the rows of a relation: DuckDB where they are few."""
        folder = self.folders.get(name)
        if folder is None or sum(file.stat().st_size for file in folder.iterdir()) < SMALL_BYTES:
            return self.writer
        return Counting(self.running, view_of(name))

    def columns(self, name: str, arguments: int | None = None) -> dict[str, str]:
        return self.writer.columns(name, arguments)

    def measure(
        self, name: str, columns: Sequence[str] = (), finite: Sequence[str] = (), digested: bool = True
    ) -> Measure:
        return self._counting(name).measure(name, columns, finite, digested)

    def without(self, name: str, column: str, wanted: Sequence[str], is_number: bool) -> tuple[Any, ...]:
        return self._counting(name).without(name, column, wanted, is_number)

    def repeated(self, name: str, key: Sequence[str]) -> tuple[Any, ...] | None:
        return self._counting(name).repeated(name, key)

    def count(self, name: str) -> int:
        """DuckDB reads it off the ends of the files."""
        return self.writer.count(name)

    def relation(self, name: str, order: Sequence[str]) -> StoredRelation:
        return StoredRelation(self.folders[name], self.writer.relation(name, order), lambda: self.session)

    def store(self, name: str, table: Rows | DataFrame) -> None:
        """A mart is the warehouse's own; everything else becomes files, from Arrow's rows or from a frame."""
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
        """The files stay: the published warehouse may read them."""
        with self.lock:
            is_there = self.folders.pop(name, None) is not None
        if is_there:
            with self.running() as session:
                session.catalog.dropTempView(view_of(name))
        self.writer.drop(name)

    def variant(self) -> SparkDatabase:
        other = copy.copy(self)
        other.writer = self.writer.variant()
        other.group = f"recsys-{next(_groups)}"
        return other

    def progress(self) -> float:
        """Share of the tasks of this connection's running job that are done."""
        with contextlib.suppress(Exception):  # a cluster that is gone has no progress
            tracker = self._sessions[0].sparkContext.statusTracker()
            jobs = filter(None, map(tracker.getJobInfo, tracker.getJobIdsForGroup(self.group)[-1:]))
            stages = [tracker.getStageInfo(stage) for job in jobs for stage in job.stageIds]
            total = sum(stage.numTasks for stage in stages if stage)
            return sum(stage.numCompletedTasks for stage in stages if stage) / total if total else 0.0
        return 0.0

    def interrupt(self) -> None:
        self.is_interrupted = True
        self.writer.interrupt()
        with contextlib.suppress(Exception):  # nor has it jobs
            self._sessions[0].sparkContext.cancelJobGroup(self.group)

    def settle(self) -> None:
        """Small marts become tables of the warehouse, which anybody can copy and query without the store."""
        for name, folder in self.folders.items():
            if name.startswith("marts.") and self.count(name) <= SMALL_ROWS:
                self.writer.create(name, "table", _reading(folder))
        self.writer.settle()

    def close(self) -> None:
        self.writer.close()
        self.files.close()


def _translated(sql: str) -> Translation:
    """A model's SQL for Spark; EngineError where it would mean something else, or has no translation."""
    for offset, message in complaints(sql):
        raise EngineError(message, offset)
    return translated(sql)


def _reading(folder: Path) -> str:
    """A query of the Parquet files in a folder; a view takes no parameters, so the path is text of it."""
    pattern = str(folder / f"*{SUFFIX}").replace("'", "''")
    return f"select * from read_parquet('{pattern}', hive_partitioning = false)"
