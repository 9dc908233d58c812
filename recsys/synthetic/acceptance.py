"""How close a data directory comes to the real data: the acceptance table, from its files alone.

The real figures are of the labelled candidates of a 12.4-million-rating part of the Yahoo! Music data of the
KDD Cup 2011, Track 2, and of the papers in JMLR W&CP 18 (2012).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from recsys.errors import UsageError
from recsys.synthetic.evidence import Evidence, gather
from recsys.synthetic.further import further
from recsys.synthetic.ragged import BoolArray, FloatArray
from recsys.synthetic.reading import DataSet, read
from recsys.synthetic.statistic import Statistic


def check(directory: Path) -> list[Statistic]:
    """The acceptance table of a data directory with labels, then further figures without a tolerance.

    The labels are all of them where ``truth2.txt`` is there, else the published ones. Raises UsageError where
    the directory cannot be read or has no labels of both kinds.
    """
    data = read(directory)
    if not data.label.any() or data.label.all():
        raise UsageError(f"{directory} has no labels of both kinds: nothing to compare with")
    return [*acceptance(data, gather(data)), *further(data)]


def acceptance(data: DataSet, evidence: Evidence) -> list[Statistic]:
    """The statistics that a twin is held to, over all labelled candidates."""
    return [*_links(data.label, evidence), *_own_ratings(data.label, evidence), *_accuracies(data, evidence)]


def _links(liked: BoolArray, evidence: Evidence) -> list[Statistic]:
    album, artist, genre = _rated_levels(evidence)
    linked = float((album | artist)[liked].mean())
    return [
        *_both("P(album rated | {})", liked, album, (0.561, 0.011), (0.04, 0.015)),
        *_both("P(artist rated | {})", liked, artist, (0.787, 0.102), (0.04, 0.03)),
        *_both("P(any genre rated | {})", liked, genre, (0.600, 0.399), (0.06, 0.06)),
        *_both(
            "P(another track of album or artist rated | {})",
            liked,
            evidence.has_relative,
            (0.527, 0.090),
            (0.06, 0.04),
        ),
        Statistic("share of positives linked by album or artist", 0.801, linked, 0.04),
    ]


def _own_ratings(liked: BoolArray, evidence: Evidence) -> list[Statistic]:
    return [
        *_both("mean own album rating | {}", liked, evidence.album, (83, 41), (6, 12)),
        *_both("mean own artist rating | {}", liked, evidence.artist, (84, 57), (6, 10)),
    ]


def _both(
    name: str,
    liked: BoolArray,
    values: FloatArray | BoolArray,
    real: tuple[float, float],
    tolerance: tuple[float, float],
) -> list[Statistic]:
    """A mean over the liked candidates and over the others, absent values left out."""
    return [
        Statistic(name.format(word), real[place], _mean(values[group]), tolerance[place])
        for place, (word, group) in enumerate((("liked", liked), ("not", ~liked)))
    ]


def _mean(values: FloatArray | BoolArray) -> float:
    present = values[~np.isnan(values)]
    return float(present.mean()) if len(present) else float("nan")


def _rated_levels(evidence: Evidence) -> tuple[BoolArray, BoolArray, BoolArray]:
    return ~np.isnan(evidence.album), ~np.isnan(evidence.artist), ~np.isnan(evidence.genre_own)


def _accuracies(data: DataSet, evidence: Evidence) -> list[Statistic]:
    album, artist, genre = (
        np.nan_to_num(own) for own in (evidence.album, evidence.artist, evidence.genre_own)
    )
    levels = np.sum(_rated_levels(evidence), axis=0)
    scores = [
        ("number of rated levels", levels, 0.840, 0.03),
        ("own artist rating", artist, 0.814, 0.03),
        ("own album rating", album, 0.735, 0.03),
        ("genre mean", genre, 0.626, 0.04),
        ("track popularity", evidence.track_count, 0.57, 0.03),
        ("album + artist + genre own ratings", album + artist + genre, 0.865, 0.03),
        ("weighted_average", weighted_average(evidence), 0.759, 0.04),
        ("max_genre", max_genre(evidence), 0.704, 0.05),
        ("adaptive", adaptive(evidence), 0.792, 0.04),
    ]
    return [
        Statistic(f"accuracy: {name}", real, accuracy(data, evidence, score), tolerance)
        for name, score, real, tolerance in scores
    ]


def _first_of(*choices: FloatArray) -> FloatArray:
    """The first choice that is there, candidate by candidate."""
    result = choices[0]
    for choice in choices[1:]:
        result = np.where(np.isnan(result), choice, result)
    return result


def weighted_average(evidence: Evidence) -> FloatArray:
    """.40 album + .30 artist + .30 mean of the genres, each the own rating, else the item's plain mean."""
    album = _first_of(evidence.album, evidence.album_raw)
    artist = _first_of(evidence.artist, evidence.artist_raw)
    return 0.4 * album + 0.3 * artist + 0.3 * evidence.genre_mean_raw


def max_genre(evidence: Evidence) -> FloatArray:
    """.70 best genre + .20 artist + .10 album, each the own rating, else the item's plain mean."""
    album = _first_of(evidence.album, evidence.album_raw)
    artist = _first_of(evidence.artist, evidence.artist_raw)
    return 0.7 * evidence.genre_max_raw + 0.2 * artist + 0.1 * album


def adaptive(evidence: Evidence) -> FloatArray:
    """.5 album + .3 artist + .2 genres over the levels that the user rated, else over the priors."""
    weights = np.array([0.5, 0.3, 0.2])[:, None]
    own = np.stack([_first_of(evidence.album, evidence.siblings), evidence.artist, evidence.genre_own])
    rated = ~np.isnan(own)
    priors = np.stack([evidence.album_prior, evidence.artist_prior, evidence.genre_mean_prior])
    weight = (weights * rated).sum(axis=0)
    blend = (weights * np.nan_to_num(own)).sum(axis=0) / np.where(weight > 0, weight, 1.0)
    return np.where(weight > 0, blend, (weights * priors).sum(axis=0))


def accuracy(data: DataSet, evidence: Evidence, score: FloatArray) -> float:
    """Share of candidates predicted right when the better half of each user's is predicted 1.

    Ties go to the higher track prior, then to the lower track id.
    """
    order = np.lexsort((data.candidate_track, -evidence.track_prior, -score, data.candidate_user))
    _, starts, counts = np.unique(data.candidate_user[order], return_index=True, return_counts=True)
    position = np.arange(len(order)) - np.repeat(starts, counts)
    predicted = position < np.repeat(counts // 2, counts)
    return float((predicted == data.label[order]).mean())
