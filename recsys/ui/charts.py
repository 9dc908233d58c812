"""Numbers as text, and as places in a drawing: the drawings are SVG in the templates.

Drawings are 100 units wide and stretched to the room that they have, so that a place is a share in percent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import floor, isfinite, log10
from typing import Any

__all__ = ["axis", "bars", "cell", "counted", "figure", "histogram", "percent", "signed", "steps", "timeline"]

NOTHING = "\u2013"
MINUS = "\u2212"
DIGITS = 4  # of a figure that are worth reading
MOST_POINTS = 3000  # of a drawing
WINDOW = 20  # parts of a timeline that its mean is taken over


def figure(value: float | None, digits: int = DIGITS) -> str:
    """A number with its significant digits, and no exponent unless it is tiny: 0.9642, 48.21, 1,819."""
    if value is None or not isfinite(value):
        return NOTHING
    if value == 0:
        return "0"
    decimals = digits - 1 - floor(log10(abs(value)))
    text = f"{value:.{digits - 1}e}" if decimals > digits + 4 else f"{value:,.{max(decimals, 0)}f}"
    if "." in text and "e" not in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace("-", MINUS)


def cell(text: str, kind: str) -> str:
    """A value of a query's result: a real to six digits, anything else as it is."""
    is_real = kind == "number" and any(mark in text for mark in ".e") and text.strip("-+.e0123456789") == ""
    return f"{float(text):.6g}" if is_real else text


def signed(value: float | None, digits: int = DIGITS) -> str:
    """A difference: +3.2, \u22123.2, 0."""
    text = figure(value, digits)
    return f"+{text}" if value and value > 0 else text


def counted(value: int | None) -> str:
    """1,819 ratings."""
    return NOTHING if value is None else f"{value:,.0f}"


def plural(word: str, count: float) -> str:
    return word if count == 1 else f"{word}s"


def percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share == 0 or share >= 0.1 else f"{100 * share:.1f} %"


@dataclass(frozen=True)
class Axis:
    """Places, 0 to 100, of values from ``low`` to ``high``."""

    low: float
    high: float

    def at(self, value: float) -> float:
        return round(100 * (value - self.low) / ((self.high - self.low) or 1.0), 2)

    def span(self, one: float, other: float) -> float:
        """How wide a bar from one value to another is; one that is there can be seen."""
        width = abs(self.at(one) - self.at(other))
        return max(round(width, 2), 0.4) if one != other else 0.0


def axis(values: Iterable[float | None], *always: float, room: float = 0.04) -> Axis:
    """The axis of these values, and of those that it always has, with some room beside."""
    known = [value for value in values if value is not None and isfinite(value)] + list(always)
    low, high = min(known, default=0.0), max(known, default=1.0)
    margin = room * ((high - low) or 1.0)
    return Axis(low - (0 if low in always else margin), high + (0 if high in always else margin))


def bars(values: Sequence[float]) -> list[float]:
    """Each value's share in the largest, 0 to 100."""
    largest = max(map(abs, values), default=0.0) or 1.0
    return [round(100 * abs(value) / largest, 2) for value in values]


@dataclass(frozen=True)
class Bar:
    x: float
    width: float
    height: float
    label: str


def histogram(rows: Sequence[Mapping[str, Any]], start: str, value: str, room: float) -> list[Bar]:
    """Upright bars at ``start`` on the scale 0 to 100, ``room`` wide, of at most 100 units' height."""
    heights = bars([row[value] for row in rows])
    return [
        Bar(
            round(row[start] * 100 / (100 + room), 2),
            round(room * 0.86 * 100 / (100 + room), 2),
            height,
            f"{row[start]:g}: {figure(row[value])}",
        )
        for row, height in zip(rows, heights, strict=True)
    ]


@dataclass(frozen=True)
class Timeline:
    """Points of each kind as the path of an SVG, and the mean around each time as another."""

    paths: Mapping[str, str]
    mean: str
    count: int


def timeline(rows: Sequence[Mapping[str, Any]], value: str, kind: str) -> Timeline:
    """Rows in the order of time, the values 0 to 100; of a long history the last."""
    shown = rows[-MOST_POINTS:]
    width = max(len(shown) - 1, 1)
    places = [(100 * place / width, 100 - row[value]) for place, row in enumerate(shown)]
    paths: dict[str, list[str]] = {}
    for (x, y), row in zip(places, shown, strict=True):
        paths.setdefault(row[kind] or "unlisted", []).append(f"M{x:.2f} {y:g}h0")
    return Timeline({name: "".join(found) for name, found in paths.items()}, _mean(places), len(shown))


def _mean(places: Sequence[tuple[float, float]]) -> str:
    """A line through means of neighbouring points; none where there are too few."""
    size = max(len(places) // WINDOW, 5)
    if len(places) < 2 * size:
        return ""
    blocks = [places[start : start + size] for start in range(0, len(places) - size // 2, size)]
    means = ([sum(values) / len(block) for values in zip(*block, strict=True)] for block in blocks)
    return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in means)


@dataclass(frozen=True)
class Step:
    """One bar of a waterfall: from ``x``, ``width`` wide, up or down; and where it ends."""

    row: Mapping[str, Any]
    x: float
    width: float
    is_up: bool
    end: float


def steps(rows: Sequence[Mapping[str, Any]], *always: float) -> tuple[Axis, list[Step]]:
    """The bars of a waterfall, of rows with ``amount`` and ``after``, the first of which is the start."""
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
