"""Discover a Parquet data directory on a file system that Spark reads, without reading its rows.

An input is one Parquet file, as the import writes it, or a folder of files as Spark writes it. Its digest
covers names, sizes and modification times, not bytes: those would all have to pass through this machine.
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
from recsys.backends.spark.failures import translate_errors
from recsys.errors import InputError, UsageError
from recsys.project.contract import Context
from recsys.sources import parquet, parquet_rows
from recsys.sources.directory import SUBMISSIONS, of_parquet
from recsys.sources.remote import Remote
from recsys.sources.source_file import SourceFile

HIDDEN = ("_", ".")  # prefixes of files that Spark ignores


def discover(
    directory: Remote, no_candidates: bool, context: Context
) -> tuple[dict[str, SourceFile], dict[str, Any]]:
    """List the files of a data directory and read the constants that its import chose.

    Parameters
    ----------
    directory : Remote
        URL of the data directory.
    no_candidates : bool
        Whether a directory without a test file is accepted.
    context : Context
        Names the Spark master.

    Returns
    -------
    tuple of dict and dict
        The files by source name, and parameters by dotted name.

    Raises
    ------
    UsageError
        Spark cannot read the directory, or a file is missing.
    InputError
        A file has the wrong columns.
    """
    session = connect(context, 0)
    try:
        with translate_errors():
            folder = Folder(session, directory)
            metadata = folder.metadata()
            return of_parquet(folder, str(directory), metadata, no_candidates), parquet.parameters(metadata)
    except EngineError as error:
        raise UsageError(f"{directory}: Spark cannot read this data directory: {error}") from None


def explain_refusal(files: Mapping[str, SourceFile], context: Context) -> None:
    """Raise InputError for the first row that breaks the format; its file part and line are unknown here."""
    session = connect(context, sum(file.line_count for file in files.values()))
    frames = {}
    for name, file in files.items():
        place = str(file.path)
        try:
            with translate_errors():
                frames[name] = session.read.parquet(place)
                _refuse_rows(name, place, frames[name])
        except EngineError as error:
            raise InputError(place, None, None, f"readable rows: {error}") from None
    with translate_errors():
        _refuse_contradictions(files, frames)


def _refuse_rows(name: str, place: str, frame: DataFrame) -> None:
    """Raise InputError for an invalid value or a duplicate key, EngineError for an unreadable row."""
    for column, kind in parquet.COLUMNS[name].items():
        is_right = _is_right(sql.col(column), kind, f"{name}.{column}" in parquet.MAY_LACK)
        for row in frame.where(~is_right).select(column).take(1):
            expected = f"{parquet_rows.expected_of(kind)} in the column {column}"
            raise InputError(place, None, str(row[0]), expected)
    if key := parquet.KEYS.get(name):
        _refuse_repeated(place, frame.select(*key), f"one row for each {' and '.join(key)}")


def _refuse_contradictions(files: Mapping[str, SourceFile], frames: Mapping[str, DataFrame]) -> None:
    """Raise InputError for ids and pairs that contradict other rows or files."""
    listed = [
        frames[name].select(sql.col(next(iter(parquet.COLUMNS[name]))).alias("id")) for name in parquet.LISTS
    ]
    _refuse_repeated(
        str(files["tracks"].path), reduce(DataFrame.union, listed), "an id listed once in all files"
    )
    if "candidates" in files:
        _refuse_candidates(files, frames)


def _is_right(column: Column, kind: Any, may_lack: bool) -> Column:
    """Return a condition that holds where a value satisfies `parquet.COLUMNS`."""
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
    """Access a data directory through the Hadoop file system of the session."""

    def __init__(self, session: SparkSession, directory: Remote) -> None:
        self.session, self.directory = session, directory
        self._java = session.sparkContext._gateway.jvm
        root = self._java.org.apache.hadoop.fs.Path(str(directory))
        self._files = root.getFileSystem(session.sparkContext._jsc.hadoopConfiguration())
        if not self._files.exists(root) or not self._files.getFileStatus(root).isDirectory():
            raise UsageError(f"{directory}: no such directory")
        if self.exists(SUBMISSIONS):
            place = directory / SUBMISSIONS
            raise UsageError(f"{place}: submissions are read only from a data directory of this machine")

    def exists(self, name: str) -> bool:
        """Return whether a file exists in the directory."""
        return bool(self._files.exists(self._path(name)))

    def metadata(self) -> dict[str, Any]:
        """Read ``dataset.json``; return an empty dictionary if there is none."""
        place = self.directory / parquet.METADATA
        if not self.exists(parquet.METADATA):
            return {}
        rows = self.session.read.text(str(place), wholetext=True).collect()
        return parquet.read_metadata(str(place), rows[0][0] if rows else "")

    def inspected(self, name: str, file: str) -> SourceFile:
        """Describe one file; raise InputError if it has the wrong columns."""
        place = self.directory / file
        frame = self.session.read.parquet(str(place))
        rows = frame.count()
        parquet.refuse_columns(name, str(place), to_arrow_schema(frame.schema), rows)
        parts = sorted(self._parts(self._path(file), ""))
        digest = hashlib.sha256("\n".join(f"{part} {size} {time}" for part, size, time in parts).encode())
        return SourceFile(name, place, digest.hexdigest(), sum(size for _, size, _ in parts), rows)

    def refuse_repeated_order(self, file: str) -> None:
        """Raise InputError if two ratings of a user have the same ``seq``."""
        place = self.directory / file
        keys = self.session.read.parquet(str(place)).select("user_id", "seq")
        _refuse_repeated(str(place), keys, "one rating for each user_id and seq")

    def _path(self, name: str) -> Any:
        return self._java.org.apache.hadoop.fs.Path(str(self.directory / name))

    def _parts(self, path: Any, above: str) -> Iterator[tuple[str, int, int]]:
        """Yield the relative name, size in bytes and modification time of each file."""
        for status in self._files.listStatus(path):
            file = str(status.getPath().getName())
            name = str(PurePosixPath(above) / file)
            if status.isFile() and not file.startswith(HIDDEN):
                yield name, int(status.getLen()), int(status.getModificationTime())
            elif status.isDirectory() and not file.startswith(HIDDEN):
                yield from self._parts(status.getPath(), name)
