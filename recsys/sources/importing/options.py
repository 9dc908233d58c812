"""Options of an import, and what it found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recsys.sources.interactions import of_count, of_hundred

FEEDBACK = ("auto", "ratings", "likes", "counts", "events")
DUPLICATES = ("refuse", "last", "first", "mean", "max", "sum")
SPLITS = ("random", "time")
LARGEST_SEED = 2**31 - 1
LARGEST_HOLDOUT = 1000
LIKED_SHARE = 0.8  # of the highest rating: four of five stars, eight of ten
SUMMED = ("counts", "events")  # kinds of feedback where rows of one user and item add up

Scale = tuple[float, float]


@dataclass(frozen=True)
class Options:
    """Options of an import.

    Parameters
    ----------
    files
        Names, patterns or data frames of ratings.
    columns, item_columns
        Column names by role: user, item, rating, time; name, genres, album, artist, kind.
    refused
        Roles whose column must not be guessed.
    names
        Column names of a text file without a header, in order.
    scale
        Lowest and highest rating; None: as the data show.
    liked
        Value from which on a row is a like; None: four fifths of the scale, or every row.
    duplicates
        One of `DUPLICATES`; None: sum counts and events, keep one of repeated likes, refuse ratings.
    split
        ``"random"`` or ``"time"``; None: by time where the data have times.
    """

    files: Sequence[Any]
    out: Path
    columns: Mapping[str, str] = field(default_factory=dict)
    items: Any = None
    item_columns: Mapping[str, str] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()
    feedback: str = "auto"
    separator: str | None = None
    scale: Scale | None = None
    liked: float | None = None
    holdout: int = 0
    split: str | None = None
    seed: int = 1
    duplicates: str | None = None
    noun: str = "item"
    delimiter: str | None = None
    header: bool | None = None
    names: Sequence[str] = ()
    encoding: str | None = None
    force: bool = False
    threads: int = 2
    memory: str = "4GB"


def usually_liked(scale: Scale) -> float:
    """Return the rating from which on something is liked: four fifths up a scale from 0 or below."""
    low = min(scale[0], 0.0)
    return max(low + LIKED_SHARE * (scale[1] - low), scale[0])


def number(value: float) -> str:
    """Return a number as a person writes it: 4, 4.5, 0.1."""
    return f"{value:.15g}"


@dataclass
class Result:
    """Hold the findings and counts of an import; usable as the path of the data directory.

    Attributes
    ----------
    feedback, reason
        Kind of feedback, and how it was found.
    scale
        Lowest and highest rating of feedback of the kind ratings, else None.
    liked
        Value from which on a row is a like; None: every row is one.
    counts
        Numbers of ratings, users, tracks, albums, artists, genres, candidates and test users.
    notes, warnings
        Sentences about guesses that were dropped, and about what could be wrong with the data.
    """

    out: Path
    columns: dict[str, str | None]
    item_columns: dict[str, str | None]
    feedback: str
    reason: str
    scale: Scale | None
    is_scale_given: bool
    liked: float | None
    top_count: float | None
    split: str
    noun: str
    counts: dict[str, int]
    notes: list[str]
    warnings: list[str]
    recipe: dict[str, Any] = field(default_factory=dict)

    def __fspath__(self) -> str:
        """Return the data directory, so that a result can be passed as a path."""
        return str(self.out)


def liked_rating(result: Result) -> int:
    """Return the rating 0..100 from which on a row is a like, up to rounding."""
    if result.liked is None:
        return 0
    if result.scale is not None:
        return of_hundred(result.liked, result.scale)
    return of_count(result.liked, result.top_count or 0.0)
