"""Elements of a section of the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from recsys.report.charts import AnyChart

NOTHING = "\u2013"  # a missing figure in a table


@dataclass(frozen=True)
class Figure:
    """Hold a chart and its caption; a page narrower than ``least_width`` pixels scrolls it."""

    caption: str
    chart: AnyChart
    least_width: int = 0


@dataclass(frozen=True)
class Table:
    """Hold cells as text; the first column names the row, others are right-aligned unless in ``words``."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Section:
    """Hold a heading, a text, and figures or a table.

    ``drawn`` names a template of ``templates/`` that renders ``content`` without a script.
    """

    title: str
    text: str
    figures: Sequence[Figure] = ()
    table: Table | None = None
    drawn: str = ""
    content: Mapping[str, Any] = field(default_factory=dict)

    @property
    def anchor(self) -> str:
        """Return the id of the section in the page."""
        return self.title.lower().replace(" ", "-")


@dataclass(frozen=True)
class Span:
    """Hold the ends of a scale."""

    low: float
    high: float

    @classmethod
    def around(cls, values: Sequence[float], step: float = 0.05) -> Span:
        """Return the shortest scale of whole steps that holds all values."""
        low, high = min(values), max(values)
        return cls(step * (low // step), step * -(-high // step))

    def at(self, value: float) -> float:
        """Return the position of a value in percent from the left end."""
        return 100 * (value - self.low) / ((self.high - self.low) or 1)
