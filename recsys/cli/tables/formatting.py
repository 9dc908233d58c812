"""Format numbers, and lay out tables with bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

from recsys.cli.layout import Cell, Column, bar, grid, room_for_bars

if TYPE_CHECKING:
    pass

Row = Mapping[str, Any]
LEAST_SHOWN = 1e-9  # smaller numbers are rounding errors and shown as 0


def formatted(value: Any) -> str:
    """Return a value as text: numbers with separators, a dash for None."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return fixed(value, 4) if abs(value) < 10 else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def fixed(value: float, decimals: int) -> str:
    """Return a number with so many decimals, without the sign of a rounded zero."""
    return f"{round(value, decimals) + 0.0:.{decimals}f}"


def significant(value: float) -> str:
    """Return a score with four significant digits, a rounding error as 0."""
    return f"{value if abs(value) >= LEAST_SHOWN else 0.0:.4g}"


def rows_table(rows: Sequence[Row], prose: Sequence[str] = ()) -> Table:
    """Return a table of any rows, with numbers to the right and the ``prose`` columns folded."""
    headings = [Column(name, _is_numeric(rows, name), name in prose) for name in (rows[0] if rows else ())]
    return grid(headings, [[formatted(value) for value in row.values()] for row in rows])


def _is_numeric(rows: Sequence[Row], name: str) -> bool:
    return all(isinstance(row[name], int | float | None) for row in rows)


def with_bars(
    headings: Sequence[Column], rows: Sequence[Sequence[Cell]], bars: Sequence[tuple[float, float, float]]
) -> Table:
    """Return a table with a last column of bars if there is room; a bar is (value, lowest, highest)."""
    room = room_for_bars(headings, rows)
    if not room:
        return grid(headings, rows)
    drawn = [[*row, bar(*each, room)] for row, each in zip(rows, bars, strict=True)]
    return grid([*headings, Column("")], drawn)
