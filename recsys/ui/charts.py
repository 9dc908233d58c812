"""Format numbers and compute positions for the SVG drawings of the templates.

Drawings are 100 units wide and stretched to their container, so a position is a percentage.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import floor, isfinite, log10
from typing import Any

__all__ = [
    "axis",
    "bars",
    "cell",
    "counted",
    "decimals",
    "figure",
    "histogram",
    "percent",
    "placed",
    "signed",
    "steps",
    "timeline",
]

NOTHING = "\u2013"
MINUS = "\u2212"
DIGITS = 4  # significant digits of a figure
NOISE = 1e-9  # smaller values are rounding errors
MOST_POINTS = 3000  # points in a drawing
WINDOW = 20  # blocks of a timeline's moving mean


def figure(value: float | None, digits: int = DIGITS) -> str:
    """Format a number with significant digits, and an exponent only if it is tiny: 0.9642, 48.21, 1,819."""
    if value is None or not isfinite(value):
        return NOTHING
    if abs(value) < NOISE:
        return "0"
    decimals = digits - 1 - floor(log10(abs(value)))
    text = f"{value:.{digits - 1}e}" if decimals > digits + 4 else f"{value:,.{max(decimals, 0)}f}"
    if "." in text and "e" not in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace("-", MINUS)


def cell(text: str, kind: str) -> str:
    """Format a value of a query result: floats with six digits, anything else unchanged."""
    is_real = kind == "number" and any(mark in text for mark in ".e") and text.strip("-+.e0123456789") == ""
    return f"{float(text):.6g}" if is_real else text


def signed(value: float | None, digits: int = DIGITS) -> str:
    r"""Format a difference with its sign: +3.2, \u22123.2, 0."""
    text = figure(value, digits)
    return f"+{text}" if value and value >= NOISE else text


def decimals(values: Iterable[float | None], digits: int = DIGITS) -> int:
    """Return the decimals, at most 6, with which the largest of some numbers has so many digits."""
    largest = max((abs(value) for value in values if value and isfinite(value)), default=0.0)
    return max(0, min(6, digits - 1 - floor(log10(largest)))) if largest >= NOISE else 0


def placed(value: float, places: int, is_signed: bool = False) -> str:
    r"""Format a number with the decimals of its column: +3.20, \u22120.05, 0."""
    text = f"{value:,.{places}f}"
    if not text.strip("-0.,"):
        return "0"
    return f"{'+' if is_signed and value > 0 else ''}{text}".replace("-", MINUS)


def counted(value: int | None) -> str:
    """Format a whole number with commas."""
    return NOTHING if value is None else f"{value:,.0f}"


def plural(word: str, count: float) -> str:
    """Return the plural of a word unless the count is 1."""
    return word if count == 1 else f"{word}s"


def percent(share: float) -> str:
    """Format a share as a percentage."""
    return f"{100 * share:.0f} %" if share == 0 or share >= 0.1 else f"{100 * share:.1f} %"


@dataclass(frozen=True)
class Axis:
    """Map values from ``low`` to ``high`` to positions 0 to 100."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """Return the position of a value."""
        return round(100 * (value - self.low) / ((self.high - self.low) or 1.0), 2)

    def span(self, one: float, other: float) -> float:
        """Return the width of a bar between two values, visible unless they are equal."""
        width = abs(self.at(one) - self.at(other))
        return max(round(width, 2), 0.4) if one != other else 0.0


def axis(values: Iterable[float | None], *always: float, room: float = 0.04) -> Axis:
    """Return an axis over values and ``always``, with some room at the ends."""
    known = [value for value in values if value is not None and isfinite(value)] + list(always)
    low, high = min(known, default=0.0), max(known, default=1.0)
    margin = room * ((high - low) or 1.0)
    return Axis(low - (0 if low in always else margin), high + (0 if high in always else margin))


def bars(values: Sequence[float]) -> list[float]:
    """Return each value's percentage of the largest."""
    largest = max(map(abs, values), default=0.0) or 1.0
    return [round(100 * abs(value) / largest, 2) for value in values]


@dataclass(frozen=True)
class Bar:
    """Hold one bar of a histogram."""

    x: float
    width: float
    height: float
    label: str


def histogram(
    rows: Sequence[Mapping[str, Any]], start: str, value: str, room: float, label: str, is_even: bool = False
) -> list[Bar]:
    """Return bars at ``start`` on the scale 0 to 100, ``room`` wide, at most 100 units high.

    ``label`` is the column that says what a bar is about. Even bars have equal distances instead.
    """
    if is_even:
        rows = [{**row, start: room * place} for place, row in enumerate(rows)]
    heights = bars([row[value] for row in rows])
    return [
        Bar(
            round((row[start] + 0.07 * room) * 100 / (100 + room), 2),
            round(room * 0.86 * 100 / (100 + room), 2),
            height,
            f"{row[label]:g}: {figure(row[value])}",
        )
        for row, height in zip(rows, heights, strict=True)
    ]


@dataclass(frozen=True)
class Timeline:
    """Hold SVG paths: points of each kind, and the moving mean."""

    paths: Mapping[str, str]
    mean: str
    count: int


def timeline(rows: Sequence[Mapping[str, Any]], value: str, kind: str) -> Timeline:
    """Return a timeline of the last ratings, in order of time, with values of 0 to 100."""
    shown = rows[-MOST_POINTS:]
    width = max(len(shown) - 1, 1)
    places = [(100 * place / width, 100 - row[value]) for place, row in enumerate(shown)]
    paths: dict[str, list[str]] = {}
    for (x, y), row in zip(places, shown, strict=True):
        paths.setdefault(row[kind] or "unlisted", []).append(f"M{x:.2f} {y:g}h0")
    return Timeline({name: "".join(found) for name, found in paths.items()}, _mean(places), len(shown))


def _mean(places: Sequence[tuple[float, float]]) -> str:
    """Return a line through means of neighbouring points, empty for too few points."""
    size = max(len(places) // WINDOW, 5)
    if len(places) < 2 * size:
        return ""
    blocks = [places[start : start + size] for start in range(0, len(places) - size // 2, size)]
    means = ([sum(values) / len(block) for values in zip(*block, strict=True)] for block in blocks)
    return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in means)


@dataclass(frozen=True)
class Step:
    """Hold one bar of a waterfall: position, width, direction and end."""

    row: Mapping[str, Any]
    x: float
    width: float
    is_up: bool
    end: float


def steps(rows: Sequence[Mapping[str, Any]], *always: float) -> tuple[Axis, list[Step]]:
    """Return the bars of a waterfall from rows with ``amount`` and ``after``, beginning with the start."""
    scale = axis([row["after"] for row in rows], 0.0, *always)
    return scale, [
        Step(
            row,
            scale.at(min(row["after"], row["after"] - row["amount"])),
            scale.span(row["after"], row["after"] - row["amount"]),
            row["amount"] >= 0,
            scale.at(row["after"]),
        )
        for row in rows
    ]
