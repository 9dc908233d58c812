"""Measure relations that are too large for one machine: rows, missing values, digest, duplicate keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as sql

from recsys.backends.database import Measure


class Counting:
    """Measure a view of the session that ``running`` opens; the methods are those of `Database`."""

    def __init__(self, running: Callable[[], AbstractContextManager[SparkSession]], view: str) -> None:
        self.running, self.view = running, view

    def measure(
        self, name: str, columns: Sequence[str] = (), finite: Sequence[str] = (), digested: bool = True
    ) -> Measure:
        """Count rows and missing values in one pass; the digest is the sum of the row hashes."""
        counted = {column: sql.count(_column(column)) for column in columns}
        counted |= {column: sql.count(sql.when(_is_finite(column), 1)) for column in finite}
        with self.running() as session:
            frame = session.table(self.view)
            hashed = sql.xxhash64(*map(_column, frame.columns)).cast("decimal(20, 0)")
            digests = [sql.sum(hashed)] if digested else []
            rows, *counts = frame.agg(sql.count(sql.lit(1)), *counted.values(), *digests).collect()[0]
        digest = f"{int(counts.pop() or 0) % (1 << 128):x}" if digested else ""
        found = zip(counted, counts, strict=True)
        return Measure(rows, digest, {column: rows - count for column, count in found if count < rows})

    def find_missing(self, name: str, column: str, wanted: Sequence[str], is_number: bool) -> tuple[Any, ...]:
        """Return the ``wanted`` columns of the first row without a value, in the order of those columns."""
        has_value = _is_finite(column) if is_number else _column(column).isNotNull()
        columns = [_column(one) for one in wanted]
        with self.running() as session:
            lacking = session.table(self.view).filter(~sql.coalesce(has_value, sql.lit(False)))
            return tuple(lacking.select(*columns).sort(*columns).take(1)[0])

    def duplicate_key(self, name: str, key: Sequence[str]) -> tuple[Any, ...] | None:
        """Return a duplicated key followed by its number of rows; None if the key is unique."""
        counted = sql.count(sql.lit(1)).alias("rows of the key")
        with self.running() as session:
            groups = session.table(self.view).groupBy(*map(_column, key)).agg(counted)
            found = groups.filter(_column("rows of the key") > 1).take(1)
        return tuple(found[0]) if found else None


def _is_finite(column: str) -> Column:
    return sql.abs(_column(column).cast("double")) < float("inf")


def _column(name: str) -> Column:
    return sql.col("`" + name.replace("`", "``") + "`")
