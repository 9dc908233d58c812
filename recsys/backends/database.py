"""Define the interface to a database engine: how models are run, checked and stored.

`recsys.backends.duckdb.database` and `recsys.backends.spark.database` implement it. A relation is named
``schema.name``, or ``scratch.schema.name`` if it exists only during the build; names come from file names and
consist of lower-case letters, digits and _.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from recsys.backends.partitions import Update
from recsys.errors import UsageError
from recsys.project.contract import Relation, Rows

MEMORY = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([KMGT]i?B)", re.IGNORECASE)


class EngineError(Exception):
    """Report that the engine refused or failed a statement.

    Parameters
    ----------
    message : str
        The engine's own words.
    offset : int, optional
        Character offset in the model's SQL, if the engine knows it.
    is_damage : bool, default False
        Whether data read from disk differ from what was written there.
    """

    def __init__(self, message: str, offset: int | None = None, is_damage: bool = False) -> None:
        super().__init__(message)
        self.offset, self.is_damage = offset, is_damage


@dataclass(frozen=True)
class Limits:
    """Limit the threads of a build and the engine's memory, written as in DuckDB (``4GB``)."""

    threads: int = 2
    memory: str = "4GB"

    def __post_init__(self) -> None:
        """Check the format of the memory limit."""
        if not MEMORY.fullmatch(self.memory):
            raise UsageError(f"--memory {self.memory}: give a size such as 4GB or 500MB")

    @classmethod
    def of(cls, threads: int | None = None, memory: str = "4GB") -> Limits:
        """Return limits with as many threads as there are processors, unless a number is given."""
        return cls(threads or os.cpu_count() or 1, memory)

    @property
    def memory_bytes(self) -> int:
        """Return the memory limit in bytes: KB, MB and GB are powers of 1000, KiB, MiB and GiB of 1024."""
        number, unit = MEMORY.fullmatch(self.memory).group(1, 2)  # type: ignore[union-attr]
        base = 1024 if "i" in unit else 1000
        return int(float(number) * base ** ("KMGT".index(unit[0].upper()) + 1))


class Size(NamedTuple):
    """Hold the total size of all input files."""

    bytes: int = 0
    rows: int = 0


@dataclass(frozen=True)
class Measure:
    """Hold the result of one pass over a relation.

    ``missing`` counts, per column that was asked for, the rows without a (finite) value; columns without such
    rows are absent. ``digest`` identifies the content independently of row order and is empty if not
    requested.
    """

    row_count: int
    digest: str
    missing: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Comment:
    """Describe a relation and its columns, those of ``columns`` or all by ``of_column``.

    ``key`` is the column to declare as primary key, if there is one.
    """

    text: str
    columns: Mapping[str, str] = field(default_factory=dict)
    of_column: Callable[[str], str] | None = None
    key: str | None = None

    def column(self, name: str) -> str | None:
        """Return the comment of a column; None if it has none."""
        return self.columns.get(name) or (self.of_column(name) if self.of_column else None)


class Database(Protocol):
    """Define one connection of a build. All methods raise EngineError when the engine fails."""

    is_interrupted: bool

    def prepare(self, layers: Iterable[str]) -> None:
        """Create the schemas of these layers, permanent and scratch."""

    def create(
        self,
        name: str,
        kind: str,
        sql: str,
        arguments: Sequence[str] = (),
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        """Create a relation from a rendered model; ``kind`` is ``table``, ``temp``, ``view`` or ``macro``."""

    def update(self, name: str, update: Update) -> bool:
        """Apply an incremental update; return False if the engine only rebuilds whole relations."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a query and return its rows without storing them."""

    def columns(self, name: str, arguments: int | None = None) -> dict[str, str]:
        """Return column names and types of a relation, or of a macro with this number of arguments."""

    def measure(
        self, name: str, columns: Sequence[str] = (), finite: Sequence[str] = (), digested: bool = True
    ) -> Measure:
        """Count the rows and the missing values of a relation, and compute its digest.

        Parameters
        ----------
        name : str
            The relation.
        columns : sequence of str
            Columns in which NULL counts as missing.
        finite : sequence of str
            Numeric columns in which NULL, NaN and infinity count as missing.
        digested : bool, default True
            Whether to compute the digest.
        """

    def find_missing(self, name: str, column: str, wanted: Sequence[str], is_number: bool) -> tuple[Any, ...]:
        """Return the ``wanted`` columns of the first row without a (finite) value in ``column``."""

    def duplicate_key(self, name: str, key: Sequence[str]) -> tuple[Any, ...] | None:
        """Return a duplicated key followed by its number of rows; None if the key is unique."""

    def count(self, name: str) -> int:
        """Return the number of rows of a relation."""

    def relation(self, name: str, order: Sequence[str]) -> Relation:
        """Return a relation for a Python model, ordered by these columns."""

    def store(self, name: str, table: Rows) -> None:
        """Write Arrow rows as a relation; raise EngineError also if the reader of batches fails."""

    def drop(self, name: str) -> None:
        """Drop a table, view or macro if it exists."""

    def variant(self) -> Database:
        """Open another connection to the same database, for a model that runs at the same time."""

    def progress(self) -> float:
        """Return the finished share (0..1) of the running statement; 0 if the engine does not know it."""

    def interrupt(self) -> None:
        """Stop the running statement and fail every later one with EngineError."""

    def comment(self, comments: Mapping[str, Comment]) -> None:
        """Describe relations and their columns to other tools; those that are not there are skipped."""

    def flush(self) -> None:
        """Flush everything to disk, ready for publication."""

    def close(self) -> None:
        """Close the connection."""
