"""A data directory of Parquet on a file system that Spark reads: what is there, without reading its rows.

A file is what an import writes, or a folder of files as Spark writes it. Its digest is of names, sizes and
times of change, not of its bytes: all of them would pass through this machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import reduce
from pathlib import PurePosixPath
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as sql
from pyspark.sql.pandas.types import to_arrow_schema

from recsys.backends.database import EngineError
from recsys.backends.spark.connection import connect
from recsys.backends.spark.failures import told
from recsys.errors import InputError, UsageError
from recsys.project.contract import Context
from recsys.sources import parquet
from recsys.sources.directory import SUBMISSIONS, SourceFile, of_parquet
from recsys.sources.remote import Remote

HIDDEN = ("_", ".")  # what Spark passes over in a folder


def discover(
    directory: Remote, no_candidates: bool, context: Context
) -> tuple[dict[str, SourceFile], dict[str, Any]]:
    """The files of a data directory by source name, and the constants that an import has chosen for them.

    UsageError for a directory that Spark cannot read or that lacks a file, InputError for other columns.
    """
    session = connect(context, 0)
    try:
        with told():
            folder = Folder(session, directory)
            metadata = folder.metadata()
            return of_parquet(folder, str(directory), metadata, no_candidates), parquet.parameters(metadata)
    except EngineError as error:
        raise UsageError(f"{directory}: Spark cannot read this data directory: {error}") from None


def explain_refusal(files: Mapping[str, SourceFile], context: Context) -> None:
    """Raise InputError for a row that breaks the format; which row of which part is not known here."""
    session = connect(context, sum(file.line_count for file in files.values()))
    frames = {}
    for name, file in files.items():
        place = str(file.path)
        try:
            with told():
                frames[name] = session.read.parquet(place)
                _refuse_rows(name, place, frames[name])
        except EngineError as error:
            raise InputError(place, None, None, f"readable rows: {error}") from None
    with told():
        _refuse_contradictions(files, frames)


def _refuse_rows(name: str, place: str, frame: DataFrame) -> None:
    """InputError for a value or a key that must not be there; EngineError where a row cannot be read."""
    for column, kind in parquet.COLUMNS[name].items():
        is_right = _is_right(sql.col(column), kind, f"{name}.{column}" in parquet.MAY_LACK)
        for row in frame.where(~is_right).select(column).take(1):
            expected = f"{parquet.expected_of(kind)} in the column {column}"
            raise InputError(place, None, str(row[0]), expected)
    if key := parquet.KEYS.get(name):
        _refuse_repeated(place, frame.select(*key), f"one row for each {' and '.join(key)}")


def _refuse_contradictions(files: Mapping[str, SourceFile], frames: Mapping[str, DataFrame]) -> None:
    """InputError for ids and pairs that do not fit those of other rows or files."""
    listed = [
        frames[name].select(sql.col(next(iter(parquet.COLUMNS[name]))).alias("id")) for name in parquet.LISTS
    ]
    _refuse_repeated(
        str(files["tracks"].path), reduce(DataFrame.union, listed), "an id listed once in all files"
    )
    if "candidates" in files:
        _refuse_candidates(files, frames)


def _is_right(column: Column, kind: Any, may_lack: bool) -> Column:
    """Whether a value is what `parquet.COLUMNS` says."""
    if kind == parquet.IDS:
        within = sql.forall(column, lambda one: sql.coalesce(one.between(*parquet.ID), sql.lit(False)))
        return sql.coalesce(within, sql.lit(True))
    is_there = column.isNotNull() if kind is parquet.TEXT else column.between(*kind)
    return sql.coalesce(is_there, sql.lit(False)) | (column.isNull() & sql.lit(may_lack))


def _refuse_repeated(place: str, keys: DataFrame, expected: str) -> None:
    for row in keys.groupBy(*keys.columns).count().where("count > 1").orderBy(*keys.columns).take(1):
        text = ", ".join(f"{name} = {row[name]}" for name in keys.columns)
        raise InputError(place, None, text, expected)


def _refuse_candidates(files: Mapping[str, SourceFile], frames: Mapping[str, DataFrame]) -> None:
    candidates = frames["candidates"]
    for row in candidates.groupBy("user_id").count().where("count % 2 = 1").orderBy("user_id").take(1):
        expected = "an even number of candidates of each user"
        raise InputError(str(files["candidates"].path), None, f"user_id = {row['user_id']}", expected)
    for name in {"labels", "truth"} & frames.keys():
        for row in frames[name].join(candidates, ["user_id", "track_id"], "left_anti").take(1):
            text = f"user_id = {row['user_id']}, track_id = {row['track_id']}"
            raise InputError(str(files[name].path), None, text, "a pair that is a candidate")


class Folder:
    """A data directory, seen by the session's Java."""

    def __init__(self, session: SparkSession, directory: Remote) -> None:
        self.session, self.directory = session, directory
        self._java = session.sparkContext._gateway.jvm
        root = self._java.org.apache.hadoop.fs.Path(str(directory))
        self._files = root.getFileSystem(session.sparkContext._jsc.hadoopConfiguration())
        if not self._files.exists(root) or not self._files.getFileStatus(root).isDirectory():
            raise UsageError(f"{directory}: expected a data directory")
        if self.exists(SUBMISSIONS):
            place = directory / SUBMISSIONS
            raise UsageError(f"{place}: submissions are read from a data directory of this machine alone")

    def exists(self, name: str) -> bool:
        return bool(self._files.exists(self._path(name)))

    def metadata(self) -> dict[str, Any]:
        """What an import says of the directory."""
        place = self.directory / parquet.METADATA
        if not self.exists(parquet.METADATA):
            return {}
        rows = self.session.read.text(str(place), wholetext=True).collect()
        return parquet.read_metadata(str(place), rows[0][0] if rows else "")

    def inspected(self, name: str, file: str) -> SourceFile:
        """One file; InputError where its columns are not what they must be."""
        place = self.directory / file
        frame = self.session.read.parquet(str(place))
        rows = frame.count()
        parquet.refuse_columns(name, str(place), to_arrow_schema(frame.schema), rows)
        parts = sorted(self._parts(self._path(file), ""))
        digest = hashlib.sha256("\n".join(f"{part} {size} {time}" for part, size, time in parts).encode())
        return SourceFile(name, place, digest.hexdigest(), sum(size for _, size, _ in parts), rows)

    def refuse_repeated_order(self, file: str) -> None:
        """InputError for a user's rating that has the ``seq`` of another."""
        place = self.directory / file
        keys = self.session.read.parquet(str(place)).select("user_id", "seq")
        _refuse_repeated(str(place), keys, "one rating for each user_id and seq")

    def _path(self, name: str) -> Any:
        return self._java.org.apache.hadoop.fs.Path(str(self.directory / name))

    def _parts(self, path: Any, above: str) -> Iterator[tuple[str, int, int]]:
        """Name within the directory, bytes, and time of change of each file."""
        for status in self._files.listStatus(path):
            file = str(status.getPath().getName())
            name = str(PurePosixPath(above) / file)
            if status.isFile() and not file.startswith(HIDDEN):
                yield name, int(status.getLen()), int(status.getModificationTime())
            elif status.isDirectory() and not file.startswith(HIDDEN):
                yield from self._parts(status.getPath(), name)
