"""Chart of a query result: bars for names and a number, points for two numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from recsys.serving.sandbox import Answer
from recsys.ui.charts import Axis, axis

MOST_BARS = 25
IDS = ("_id", "track_i", "item_i", "item_j", "seq", "rank", "position")  # numbers that are not measures
TICKS = 5


@dataclass(frozen=True)
class Plot:
    """Hold a chart; ``rows`` are pairs of x and y without missing values."""

    x: str
    y: str
    is_bars: bool
    rows: Sequence[tuple[Any, float]]
    across: Axis
    up: Axis
    is_cut: bool


def plot_of(answer: Answer, x: str | None, y: str | None) -> Plot | None:
    """Plot a column over another, by default the first measure over the first name.

    Return None for a result without a number, or with a single row.
    """
    numbers = [name for name, kind in zip(answer.columns, answer.kinds, strict=True) if kind == "number"]
    measures = [name for name in numbers if not name.endswith(IDS)] or numbers
    if not measures or len(answer.rows) < 2:
        return None
    y = y if y in numbers else next((name for name in measures if name != x), measures[0])
    others = [name for name in answer.columns if name != y]
    words = [name for name in others if name not in measures]
    x = x if x in others else next(iter([*words, *others]), y)
    is_bars = x not in measures or x == y
    rows = _pairs(answer, x, y, is_bars)
    shown = rows[:MOST_BARS] if is_bars else rows
    if not shown:
        return None
    heights = [height for _, height in shown]
    across = axis(heights, 0.0) if is_bars else axis([place for place, _ in shown])
    return Plot(x, y, is_bars, shown, across, axis(heights), len(shown) < len(rows) or answer.is_cut)


def _pairs(answer: Answer, x: str, y: str, is_bars: bool) -> list[tuple[Any, float]]:
    one, other = answer.columns.index(x), answer.columns.index(y)
    pairs = ((row[one], row[other]) for row in answer.rows)
    known = [(place, float(height)) for place, height in pairs if height is not None]
    if is_bars:
        return [("NULL" if place is None else place, height) for place, height in known]
    return [(float(place), height) for place, height in known if place is not None]


def ticks(scale: Axis) -> list[tuple[float, float]]:
    """Return values along an axis with their positions."""
    step = (scale.high - scale.low) / (TICKS - 1)
    return [(scale.low + place * step, 100 * place / (TICKS - 1)) for place in range(TICKS)]
