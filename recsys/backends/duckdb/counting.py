"""Measure the relations that a build wrote: columns, rows, missing values, digest, duplicate keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from recsys.backends.database import EngineError, Measure
from recsys.backends.duckdb.statements import Statements
from recsys.identifiers import quoted, quoted_relation

MOST_HASHES = 1 << 25  # hashes compared at once: 256 MiB


class Measuring(Statements):
    """Run statements that inspect relations."""

    def columns(self, name: str, arguments: int | None = None) -> dict[str, str]:
        """Describe a relation or macro.

        A macro is called with NULLs, which fit any type, or with zeros if it builds text from its arguments.
        """
        if arguments is None:
            return self._described(quoted_relation(name))
        try:
            return self._described(f"{quoted_relation(name)}({', '.join(['null'] * arguments)})")
        except EngineError:
            return self._described(f"{quoted_relation(name)}({', '.join(['0'] * arguments)})")

    def _described(self, source: str) -> dict[str, str]:
        return {column: kind for column, kind, *_ in self.run(f"describe from {source}")}

    def measure(
        self, name: str, columns: Sequence[str] = (), finite: Sequence[str] = (), digested: bool = True
    ) -> Measure:
        """Count rows and missing values in one pass; the digest is the sum of the row hashes."""
        counted = {column: f"count({quoted(column)})" for column in columns}
        counted |= {column: f"count(*) filter (isfinite({quoted(column)}::double))" for column in finite}
        wanted = ["count(*)", *counted.values()]
        if digested:
            wanted.append("coalesce(sum(hash(content)::hugeint), 0)")
        rows, *counts = self.run(f"select {', '.join(wanted)} from {quoted_relation(name)} as content")[0]
        digest = f"{counts.pop():x}" if digested else ""
        found = zip(counted, counts, strict=True)
        return Measure(rows, digest, {column: rows - count for column, count in found if count < rows})

    def find_missing(self, name: str, column: str, wanted: Sequence[str], is_number: bool) -> tuple[Any, ...]:
        """Return the ``wanted`` columns of the first row without a value, in the order of all columns."""
        columns, tested = ", ".join(map(quoted, wanted)), quoted(column)
        has_value = f"coalesce(isfinite({tested}::double), false)" if is_number else f"{tested} is not null"
        return self.run(
            f"select {columns} from {quoted_relation(name)} where not ({has_value}) order by all limit 1"
        )[0]

    def duplicate_key(self, name: str, key: Sequence[str]) -> tuple[Any, ...] | None:
        """Find a duplicated key.

        Groups by the key only if two rows share its hash: NumPy sorts hashes ten times as fast.
        """
        columns, place = ", ".join(map(quoted, key)), quoted_relation(name)
        parts = 1 + self.count(name) // MOST_HASHES
        hashes = f"select hash from (select hash({columns}) as hash from {place}) where hash % {parts} ="
        if not any(_has_equals(self._array(f"{hashes} {part}")) for part in range(parts)):
            return None
        found = self.run(
            f"select {columns}, count(*) from {place} group by {columns} having count(*) > 1 limit 1"
        )
        return found[0] if found else None

    def _array(self, sql: str) -> np.ndarray:
        """Return the only column of a query as an array."""
        (column,) = self.run(sql, take=lambda result: result.fetchnumpy().values())
        return np.asarray(column)

    def count(self, name: str) -> int:
        """Count the rows of a relation."""
        return int(self.value(f"select count(*) from {quoted_relation(name)}"))


def _has_equals(numbers: np.ndarray) -> bool:
    numbers.sort()
    return bool((numbers[1:] == numbers[:-1]).any())
