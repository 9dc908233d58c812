"""Acceptance table: compare a data directory with the real data, from its files alone.

The real figures are of the labelled candidates of a 12.4-million-rating part of the Yahoo! Music data of KDD
Cup 2011, Track 2, and of the papers in JMLR W&CP 18 (2012).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from recsys.errors import UsageError
from recsys.synthetic.features import Features, compute
from recsys.synthetic.more_statistics import more_statistics
from recsys.synthetic.ragged import BoolArray, FloatArray
from recsys.synthetic.reading import DataSet, read
from recsys.synthetic.statistic import Statistic


def check(directory: Path) -> list[Statistic]:
    """Compare a data directory with the real data.

    Parameters
    ----------
    directory : Path
        Data directory with labels: all of them in ``truth2.txt``, else the published ones.

    Returns
    -------
    list of Statistic
        The acceptance table, then further statistics without a tolerance.

    Raises
    ------
    UsageError
        The directory cannot be read, or has no labels of both kinds.
    """
    data = read(directory)
    if not data.label.any() or data.label.all():
        raise UsageError(f"{directory}: needs labels 0 and 1; nothing to compare")
    return [*acceptance(data, compute(data)), *more_statistics(data)]


def acceptance(data: DataSet, features: Features) -> list[Statistic]:
    """Return the statistics with a tolerance, over all labelled candidates."""
    return [*_links(data.label, features), *_own_ratings(data.label, features), *_accuracies(data, features)]


def _links(liked: BoolArray, features: Features) -> list[Statistic]:
    album, artist, genre = _rated_levels(features)
    linked = float((album | artist)[liked].mean())
    return [
        *_both("P(album rated | {})", liked, album, (0.561, 0.011), (0.04, 0.015)),
        *_both("P(artist rated | {})", liked, artist, (0.787, 0.102), (0.04, 0.03)),
        *_both("P(any genre rated | {})", liked, genre, (0.600, 0.399), (0.06, 0.06)),
        *_both(
            "P(another track of album or artist rated | {})",
            liked,
            features.has_relative,
            (0.527, 0.090),
            (0.06, 0.04),
        ),
        Statistic("share of positives linked by album or artist", 0.801, linked, 0.04),
    ]


def _own_ratings(liked: BoolArray, features: Features) -> list[Statistic]:
    return [
        *_both("mean own album rating | {}", liked, features.album, (83, 41), (6, 12)),
        *_both("mean own artist rating | {}", liked, features.artist, (84, 57), (6, 10)),
    ]


def _both(
    name: str,
    liked: BoolArray,
    values: FloatArray | BoolArray,
    real: tuple[float, float],
    tolerance: tuple[float, float],
) -> list[Statistic]:
    """Return a mean over the liked candidates and one over the others, without missing values."""
    return [
        Statistic(name.format(word), real[place], _mean(values[group]), tolerance[place])
        for place, (word, group) in enumerate((("liked", liked), ("not", ~liked)))
    ]


def _mean(values: FloatArray | BoolArray) -> float:
    present = values[~np.isnan(values)]
    return float(present.mean()) if len(present) else float("nan")


def _rated_levels(features: Features) -> tuple[BoolArray, BoolArray, BoolArray]:
    return ~np.isnan(features.album), ~np.isnan(features.artist), ~np.isnan(features.genre_own)


def _accuracies(data: DataSet, features: Features) -> list[Statistic]:
    album, artist, genre = (
        np.nan_to_num(own) for own in (features.album, features.artist, features.genre_own)
    )
    levels = np.sum(_rated_levels(features), axis=0)
    scores = [
        ("number of rated levels", levels, 0.840, 0.03),
        ("own artist rating", artist, 0.814, 0.03),
        ("own album rating", album, 0.735, 0.03),
        ("genre mean", genre, 0.626, 0.04),
        ("track popularity", features.track_count, 0.57, 0.03),
        ("album + artist + genre own ratings", album + artist + genre, 0.865, 0.03),
        ("weighted_average", weighted_average(features), 0.759, 0.04),
        ("max_genre", max_genre(features), 0.704, 0.05),
        ("adaptive", adaptive(features), 0.792, 0.04),
    ]
    return [
        Statistic(f"accuracy: {name}", real, accuracy(data, features, score), tolerance)
        for name, score, real, tolerance in scores
    ]


def _first_of(*choices: FloatArray) -> FloatArray:
    """Return the first choice that is not NaN, for each candidate."""
    result = choices[0]
    for choice in choices[1:]:
        result = np.where(np.isnan(result), choice, result)
    return result


def weighted_average(features: Features) -> FloatArray:
    """Score .40 album + .30 artist + .30 mean of the genres: the user's rating, else the item's mean."""
    album = _first_of(features.album, features.album_raw)
    artist = _first_of(features.artist, features.artist_raw)
    return 0.4 * album + 0.3 * artist + 0.3 * features.genre_mean_raw


def max_genre(features: Features) -> FloatArray:
    """Score .70 best genre + .20 artist + .10 album: the user's rating, else the item's mean."""
    album = _first_of(features.album, features.album_raw)
    artist = _first_of(features.artist, features.artist_raw)
    return 0.7 * features.genre_max_raw + 0.2 * artist + 0.1 * album


def adaptive(features: Features) -> FloatArray:
    """Score .5 album + .3 artist + .2 genres over the rated levels, else over the adjusted averages."""
    weights = np.array([0.5, 0.3, 0.2])[:, None]
    own = np.stack([_first_of(features.album, features.siblings), features.artist, features.genre_own])
    rated = ~np.isnan(own)
    priors = np.stack([features.album_prior, features.artist_prior, features.genre_mean_prior])
    weight = (weights * rated).sum(axis=0)
    blend = (weights * np.nan_to_num(own)).sum(axis=0) / np.where(weight > 0, weight, 1.0)
    return np.where(weight > 0, blend, (weights * priors).sum(axis=0))


def accuracy(data: DataSet, features: Features, score: FloatArray) -> float:
    """Return the share of candidates predicted right, with the top half of each user predicted as liked.

    Ties go to the higher adjusted average of the track, then to the lower track id.
    """
    order = np.lexsort((data.candidate_track, -features.track_prior, -score, data.candidate_user))
    _, starts, counts = np.unique(data.candidate_user[order], return_index=True, return_counts=True)
    position = np.arange(len(order)) - np.repeat(starts, counts)
    predicted = position < np.repeat(counts // 2, counts)
    return float((predicted == data.label[order]).mean())
