"""Published figures of the real data, for comparison with the data summary.

The real data is a part, with 12.4 million ratings, of the Yahoo! Music data of KDD Cup 2011, Track 2 (Dror,
Koenigstein, Koren and Weimer, JMLR W&CP 18, 2012). It may not be redistributed; these figures may.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from recsys.sources.interactions import plural_of


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _share(value: float) -> str:
    return f"{value:.1%}"


def _decimal(value: float) -> str:
    return f"{value:.2f}"


@dataclass(frozen=True)
class Figure:
    """Hold a figure of the real data, None where unknown, and its format."""

    real: float | None
    written: Callable[[float], str]


# In the order of the table; the names are the measures of marts.data_summary.
FIGURES: Mapping[str, Figure] = {
    "ratings": Figure(12_400_000, _count),
    "users": Figure(49_204, _count),
    "items": Figure(296_111, _count),
    "tracks": Figure(224_041, _count),
    "albums": Figure(52_829, _count),
    "artists": Figure(18_674, _count),
    "genres": Figure(567, _count),
    "rating mean": Figure(49.8, _decimal),
    "share of likes": Figure(0.366, _share),
    "ratings per user, median": Figure(61, _count),
    "ratings per user, mean": Figure(252, _count),
    "ratings per user, largest": Figure(107_936, _count),
    "ratings per rated item, median": Figure(10, _count),
    "ratings per rated item, largest": Figure(23_400, _count),
    "share of ratings on tracks": Figure(0.439, _share),
    "share of ratings on artists": Figure(0.311, _share),
    "share of ratings on albums": Figure(0.193, _share),
    "share of ratings on genres": Figure(0.057, _share),
    "tracks without album": Figure(0.083, _share),
    "tracks without artist": Figure(0.120, _share),
    "tracks without artist after the fill": Figure(0.084, _share),
    "albums without artist": Figure(0.116, _share),
    "genres per track": Figure(2.44, _decimal),
    "test users": Figure(20_000, _count),
    "candidates": Figure(120_000, _count),
    "users with labels to train on": Figure(1_000, _count),
    "judged candidates": Figure(None, _count),
}

# Measures that the report writes in other words.
LABELS: Mapping[str, str] = {
    "candidates": "test items",
    "judged candidates": "with known answers",
    "users with labels to train on": "users with known answers to train on",
    "tracks without artist after the fill": "tracks without artist on track or album",
}


def label(measure: str, noun: str) -> str:
    """Return the name of a measure, with the data's noun instead of track."""
    text = LABELS.get(measure, measure)
    return text.replace("tracks", plural_of(noun)).replace("track", noun)


def is_of_kinds(measure: str, values: Mapping[str, float | None]) -> bool:
    """Return whether a measure is about kinds of items that the data have: genres, albums or artists."""
    kinds = [kind for kind in ("album", "artist", "genre") if kind in LABELS.get(measure, measure)]
    return all(values.get(f"{kind}s") for kind in kinds)


# Number of ratings of a user, and the mean rating of such users.
MEAN_BY_ACTIVITY = ((20, 83.0), (100, 62.0), (1_000, 50.0), (10_000, 33.0))

# The stops of the star widget and of the slider that ratings pile up on, with their shares of all ratings.
COMMON_RATINGS = ((0, 0.29), (30, 0.085), (50, 0.11), (70, 0.105), (80, 0.05), (90, 0.29), (100, 0.04))
