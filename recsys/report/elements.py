"""What a section of the report consists of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from recsys.report.charts import AnyChart

NOTHING = "\u2013"  # in a table, for a figure that is not there


@dataclass(frozen=True)
class Figure:
    """A chart and its caption; a page narrower than ``least_width`` pixels scrolls it."""

    caption: str
    chart: AnyChart
    least_width: int = 0


@dataclass(frozen=True)
class Table:
    """Cells as text; the first column names the row, the others are set flush right unless in ``words``."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Section:
    """A heading, a few sentences, and what there is to look at.

    ``drawn`` names a template of ``templates/`` that draws ``content`` without a script.
    """

    title: str
    text: str
    figures: Sequence[Figure] = ()
    table: Table | None = None
    drawn: str = ""
    content: Mapping[str, Any] = field(default_factory=dict)

    @property
    def anchor(self) -> str:
        return self.title.lower().replace(" ", "-")


@dataclass(frozen=True)
class Span:
    """Where values stand on a scale, in percent from its left end."""

    low: float
    high: float

    @classmethod
    def around(cls, values: Sequence[float], step: float = 0.05) -> Span:
        """The shortest scale of whole steps that holds all values."""
        low, high = min(values), max(values)
        return cls(step * (low // step), step * -(-high // step))

    def at(self, value: float) -> float:
        return 100 * (value - self.low) / ((self.high - self.low) or 1)
