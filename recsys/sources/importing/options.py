"""What a person asks of an import, and what it found."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

DUPLICATES = ("refuse", "last", "mean")


@dataclass(frozen=True)
class Options:
    """What a person asked of an import; ``columns`` and ``item_columns`` name columns by what they hold."""

    files: Sequence[str]
    out: Path
    columns: Mapping[str, str] = field(default_factory=dict)
    items: str | None = None
    item_columns: Mapping[str, str] = field(default_factory=dict)
    separator: str | None = None
    scale: tuple[float, float] | None = None
    liked: float | None = None
    holdout: int = 3
    seed: int = 1
    duplicates: str = "refuse"
    force: bool = False
    threads: int = 2
    memory: str = "4GB"


LIKED_SHARE = 0.8  # of the highest rating: four of five stars, eight of ten


def usually_liked(scale: tuple[float, float]) -> float:
    """The rating from which on people call something liked; of a scale from below 0, four fifths up."""
    low = min(scale[0], 0.0)
    return low + LIKED_SHARE * (scale[1] - low)


def of_hundred(rating: float, scale: tuple[float, float]) -> int:
    """A rating as it is written, 0..100 for lowest..highest, reckoned as in ``rated.sql``."""
    low, high = scale
    return math.floor(100 * (rating - low) / (high - low) + 0.5) if high > low else 100


@dataclass
class Result:
    """What an import found and wrote: the column of each thing, the scale, from where on a rating is a like
    (on the scale of the ratings), and counts.
    """

    columns: dict[str, str | None]
    item_columns: dict[str, str | None]
    scale: tuple[float, float]
    is_scale_given: bool
    liked: float
    counts: dict[str, int]
