"""What the engine asks of a database: the one interface that models are run, counted and kept through.

`recsys.backends.duckdb.database` implements it. A relation is named ``schema.name``, or ``scratch.schema.name`` if it
lives only as long as the build; names come from file names and consist of lower-case letters, digits and _.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from recsys.backends.partitions import Update
from recsys.errors import UsageError
from recsys.project.contract import Relation, Rows

MEMORY = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([KMGT]i?B)", re.IGNORECASE)


class EngineError(Exception):
    """The engine refused or failed a statement.

    ``offset`` is where in the model's SQL, if the engine knows; ``is_damage`` says that what it read from
    disk is not what was written there.
    """

    def __init__(self, message: str, offset: int | None = None, is_damage: bool = False) -> None:
        super().__init__(message)
        self.offset, self.is_damage = offset, is_damage


@dataclass(frozen=True)
class Limits:
    """What a build may take: threads, and the engine's memory as DuckDB writes it (``4GB``)."""

    threads: int = 2
    memory: str = "4GB"

    def __post_init__(self) -> None:
        if not MEMORY.fullmatch(self.memory):
            raise UsageError(f"--memory {self.memory!r}: expected a size such as 4GB or 500MB")

    @property
    def memory_bytes(self) -> int:
        """The memory in bytes: KB, MB and so on are powers of 1000, KiB of 1024, as in DuckDB."""
        number, unit = MEMORY.fullmatch(self.memory).group(1, 2)  # type: ignore[union-attr]
        base = 1024 if "i" in unit else 1000
        return int(float(number) * base ** ("KMGT".index(unit[0].upper()) + 1))


class Size(NamedTuple):
    """Of all input files together."""

    bytes: int = 0
    rows: int = 0


@dataclass(frozen=True)
class Measure:
    """What one pass over a relation finds.

    ``missing`` are the rows without a value, or a finite one, in each column that was asked for, where there
    are any;
    ``digest`` is of the content, whatever the order of its rows, and empty if it was not asked for.
    """

    row_count: int
    digest: str
    missing: Mapping[str, int] = field(default_factory=dict)


class Database(Protocol):
    """One connection of a build. All methods raise EngineError where the engine fails."""

    is_interrupted: bool

    def prepare(self, layers: Iterable[str]) -> None:
        """Make the schemas of these layers, kept and scratch."""

    def create(
        self,
        name: str,
        kind: str,
        sql: str,
        arguments: Sequence[str] = (),
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        """Make a relation of ``kind`` ``table``, ``temp``, ``view`` or ``macro`` from a rendered model."""

    def update(self, name: str, update: Update) -> bool:
        """Remove rows of a relation and add others; False where this database makes relations whole."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a rendered model returns, kept nowhere."""

    def columns(self, name: str, arguments: int | None = None) -> dict[str, str]:
        """The columns of a relation, or of a macro of so many arguments, with the names of their types."""

    def measure(
        self, name: str, columns: Sequence[str] = (), finite: Sequence[str] = (), digested: bool = True
    ) -> Measure:
        """Count a relation's rows and those without a value in ``columns``, and digest its content.

        In the columns of numbers ``finite``, infinity and NaN count as no value.
        """

    def without(self, name: str, column: str, wanted: Sequence[str], is_number: bool) -> tuple[Any, ...]:
        """The ``wanted`` columns of the first row without a value in a column, a finite one in a number."""

    def repeated(self, name: str, key: Sequence[str]) -> tuple[Any, ...] | None:
        """A key that more than one row has, followed by their number; None where all differ."""

    def count(self, name: str) -> int:
        """The rows of a relation."""

    def relation(self, name: str, order: Sequence[str]) -> Relation:
        """A relation as Python models read it, in the order of these columns."""

    def store(self, name: str, table: Rows) -> None:
        """Write Arrow rows as a relation; EngineError also for what a reader of batches raises."""

    def drop(self, name: str) -> None:
        """Remove a table, view or macro of that name, if there is one."""

    def variant(self) -> Database:
        """Another connection to the same database, for a model that runs at the same time."""

    def progress(self) -> float:
        """Share 0..1 of the running statement that is done, 0 where the engine does not know."""

    def interrupt(self) -> None:
        """End the running statement, and every later one, with an EngineError."""

    def settle(self) -> None:
        """Bring everything to disk, so that it can be published."""

    def close(self) -> None:
        """Let go of the database."""
