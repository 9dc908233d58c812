"""What a build finds in a relation that it has written: columns, rows, missing values, digest, keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from recsys.backends.database import EngineError, Measure
from recsys.backends.duckdb.statements import Statements, quoted

MOST_HASHES = 1 << 25  # that are looked at in one go: 256 MiB


class Measuring(Statements):
    """Statements that look at relations."""

    def columns(self, name: str, arguments: int | None = None) -> dict[str, str]:
        """A macro is bound with NULL, which is of any type, or 0, where it makes a text of its arguments."""
        if arguments is None:
            return self._described(quoted(name))
        try:
            return self._described(f"{quoted(name)}({', '.join(['null'] * arguments)})")
        except EngineError:
            return self._described(f"{quoted(name)}({', '.join(['0'] * arguments)})")

    def _described(self, source: str) -> dict[str, str]:
        return {column: kind for column, kind, *_ in self.run(f"describe from {source}")}

    def measure(
        self, name: str, columns: Sequence[str] = (), finite: Sequence[str] = (), digested: bool = True
    ) -> Measure:
        """The digest is the sum of the rows' hashes, so that their order does not matter."""
        counted = {column: f"count({_column(column)})" for column in columns}
        counted |= {column: f"count(*) filter (isfinite({_column(column)}::double))" for column in finite}
        wanted = ["count(*)", *counted.values()]
        if digested:
            wanted.append("coalesce(sum(hash(content)::hugeint), 0)")
        rows, *counts = self.run(f"select {', '.join(wanted)} from {quoted(name)} as content")[0]
        digest = f"{counts.pop():x}" if digested else ""
        found = zip(counted, counts, strict=True)
        return Measure(rows, digest, {column: rows - count for column, count in found if count < rows})

    def without(self, name: str, column: str, wanted: Sequence[str], is_number: bool) -> tuple[Any, ...]:
        columns, tested = ", ".join(map(_column, wanted)), _column(column)
        has_value = f"coalesce(isfinite({tested}::double), false)" if is_number else f"{tested} is not null"
        return self.run(f"select {columns} from {quoted(name)} where not ({has_value}) order by all limit 1")[
            0
        ]

    def repeated(self, name: str, key: Sequence[str]) -> tuple[Any, ...] | None:
        """Groups by the key only where two rows share its hash: NumPy sorts hashes ten times as fast."""
        columns, place = ", ".join(map(quoted, key)), quoted(name)
        parts = 1 + self.count(name) // MOST_HASHES
        hashes = f"select hash from (select hash({columns}) as hash from {place}) where hash % {parts} ="
        if not any(_has_equals(self._array(f"{hashes} {part}")) for part in range(parts)):
            return None
        found = self.run(
            f"select {columns}, count(*) from {place} group by {columns} having count(*) > 1 limit 1"
        )
        return found[0] if found else None

    def _array(self, sql: str) -> np.ndarray:
        """The only column of a query."""
        (column,) = self.run(sql, take=lambda result: result.fetchnumpy().values())
        return np.asarray(column)

    def count(self, name: str) -> int:
        return int(self.value(f"select count(*) from {quoted(name)}"))


def _has_equals(numbers: np.ndarray) -> bool:
    numbers.sort()
    return bool((numbers[1:] == numbers[:-1]).any())


def _column(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
