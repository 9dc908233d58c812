"""Describe the columns of a query result for a reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recsys.serving.sandbox import Answer
from recsys.ui.charts import Axis, axis, figure

QUARTILES = ("q25", "q50", "q75")


@dataclass(frozen=True)
class Quartiles:
    """Hold the positions of a column's quartiles between its smallest and largest value, 0 to 100."""

    first: float
    median: float
    third: float


@dataclass(frozen=True)
class ColumnSummary:
    """Describe a column; ``mean`` and ``quartiles`` are None for one without numbers."""

    name: str
    type: str
    low: str
    high: str
    distinct: str
    mean: str | None
    quartiles: Quartiles | None
    null_percentage: float


def column_summaries(answer: Answer) -> Sequence[ColumnSummary]:
    """Return a description of each column from the result of DuckDB's SUMMARIZE."""
    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    return [_summary(row) for row in rows]


def _summary(row: dict[str, str | None]) -> ColumnSummary:
    mean = _number(row["avg"])
    low, high = row["min"] or "", row["max"] or ""
    return ColumnSummary(
        row["column_name"] or "",
        row["column_type"] or "",
        low if mean is None else figure(_number(low)),
        high if mean is None else figure(_number(high)),
        figure(_number(row["approx_unique"])),
        None if mean is None else figure(mean),
        _quartiles(row),
        _number(row["null_percentage"]) or 0.0,
    )


def _quartiles(row: dict[str, str | None]) -> Quartiles | None:
    values = [_number(row[name]) for name in ("min", "max", *QUARTILES)]
    numbers = [value for value in values if value is not None]
    if len(numbers) < len(values) or numbers[0] == numbers[1]:
        return None
    scale: Axis = axis(numbers, room=0.0)
    return Quartiles(*map(scale.at, numbers[2:]))


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
