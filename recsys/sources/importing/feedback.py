"""Tell ratings, likes, counts and events apart by the values of a column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recsys.sources.importing.options import Scale, number, usually_liked

COVERED = 0.999  # of the rows are on a scale that is taken although some are not
FAR = 2.0  # times the highest rating: a value so far off is a mistake in a small file too
FEW = 1000  # rows
SURE = 10  # rows at least, so that a single one can be called a mistake, and the highest one tells the scale
HEAVY_TAIL, HIGH_MAXIMUM = 4, 20  # times the median: the 95th percentile, the maximum of counts
VOTES = (-1.0, 1.0)
EXACT = ((0.0, 1.0), VOTES)
SCALES: tuple[Scale, ...] = (
    *((1.0, 5.0), (0.5, 5.0), (0.0, 5.0), (1.0, 10.0), (0.0, 10.0), (-10.0, 10.0), (0.0, 100.0)),
)


@dataclass(frozen=True)
class Kind:
    """A kind of feedback, why it was taken, and the scale of ratings."""

    name: str
    reason: str
    scale: Scale | None = None


@dataclass(frozen=True)
class Values:
    """A column of numbers in short: rows, distinct values, bounds, percentiles, rows within each scale."""

    rows: int
    distinct: int
    lowest: float
    highest: float
    median: float
    p95: float
    within: Mapping[Scale, int]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Values:
        """Return the statistics of a row of ``values.sql``."""
        within = {scale: row[f"within_{place}"] for place, scale in enumerate((*EXACT, *SCALES))}
        names = ("rows", "distinct", "lowest", "highest", "median", "p95")
        return cls(**{name: row[name] for name in names}, within=within)


def detected(column: str, is_named_count: bool, values: Values) -> Kind:
    """Return the kind of feedback in a column of numbers."""
    if values.lowest == values.highest and not is_named_count:
        return Kind("likes", f"all values of {column} are {number(values.lowest)}")
    scale = known_scale(values)
    if is_named_count and scale != VOTES:
        return Kind("counts", f"the column is called {column}")
    if scale is not None and scale[1] <= 10:
        return Kind("ratings", f"values of {column} are on a scale", scale)
    if values.lowest >= 0 and has_tail(values):
        return Kind("counts", f"most values of {column} are low and some very high")
    return Kind("ratings", f"values of {column} are on a scale", scale or (values.lowest, values.highest))


def has_tail(values: Values) -> bool:
    """Return whether a few values are far above most, as of counts."""
    return values.p95 > HEAVY_TAIL * values.median or values.highest > HIGH_MAXIMUM * values.median


def known_scale(values: Values) -> Scale | None:
    """Return the narrowest usual scale of ratings; a few rows may be off it.

    Where none of many ratings would be a like, the range that they have: 1 to 7 is not 1 to 10.
    """
    for scale in EXACT:
        if values.within[scale] == values.rows:
            return scale
    narrow = next((scale for scale in SCALES if _covers(values, scale)), None)
    whole = next((scale for scale in SCALES if values.within[scale] == values.rows), None)
    has_halves = narrow and whole and whole[1] == narrow[1] and values.lowest > 0  # however seldom
    found = whole if has_halves else narrow or whole
    if found and values.rows >= SURE and values.highest < usually_liked(found):
        return values.lowest, values.highest
    return found


def _covers(values: Values, scale: Scale) -> bool:
    outside = values.rows - values.within[scale]
    if values.rows >= FEW:
        return outside <= (1 - COVERED) * values.rows
    is_mistake = outside == 1 and values.rows >= SURE and values.highest > FAR * scale[1]
    return outside == 0 or is_mistake


def scale_of_ratings(values: Values) -> Scale:
    """Return the scale of a column that is said to hold ratings."""
    return known_scale(values) or (values.lowest, values.highest)
