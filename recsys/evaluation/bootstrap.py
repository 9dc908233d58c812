"""Confidence intervals over users, and groups of models that the data cannot tell apart.

Efron and Tibshirani, "An Introduction to the Bootstrap", 1993: users are drawn with replacement, the same
users for all models of a comparison. All draws are seeded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

RESAMPLES = 1000
SEED = 2019
LEVEL = 0.95
DEVIATIONS = 1.959964  # standard errors of a 95 % interval
FEW = 30  # users below which an interval is at least Wilson's
_BLOCK = 1 << 22  # drawn users that are held in memory at a time


@dataclass(frozen=True)
class Interval:
    """A mean and the bounds of its 95 % interval; NaN where there are no values."""

    mean: float
    lower: float
    upper: float


def interval(values: np.ndarray, resamples: int = RESAMPLES, seed: int = SEED) -> Interval:
    """Return the mean over users and its percentile interval.

    Of few users, or of users who are all alike, resamples vary too little. The interval then encloses that of
    Wilson, "Probable inference, the law of succession, and statistical inference", JASA 1927, as well.

    Parameters
    ----------
    values : float array (users)
        One value a user, 0 to 1.
    resamples : int
        Number of bootstrap samples.
    seed : int
        Seed of the draws.
    """
    if not len(values):
        return Interval(np.nan, np.nan, np.nan)
    means = _resampled_means(np.asarray(values, float)[:, None], resamples, seed)[:, 0]
    lower, upper = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    mean = float(np.mean(values))
    if len(values) < FEW or lower == upper:
        low, high = _wilson(mean, len(values))
        lower, upper = min(lower, low), max(upper, high)
    return Interval(mean, float(lower), float(upper))


def _wilson(mean: float, users: int) -> tuple[float, float]:
    """Return the bounds of a share of so many draws."""
    squared = DEVIATIONS**2 / users
    center = (mean + squared / 2) / (1 + squared)
    half = np.sqrt(squared * max(mean * (1 - mean), 0.0) + squared**2 / 4) / (1 + squared)
    return max(0.0, center - half), min(1.0, center + half)


def groups(
    values: Mapping[str, np.ndarray], resamples: int = RESAMPLES, seed: int = SEED
) -> Mapping[str, str]:
    """Return the letters of each model, best model first.

    Models that share a letter are not significantly different from the best of that group: the paired 95 %
    interval of the difference between the best and the other includes 0.

    Parameters
    ----------
    values : mapping of model name to float array (users)
        The same users in the same order for every model.
    resamples : int
        Number of bootstrap samples, shared by all models.
    seed : int
        Seed of the draws.
    """
    if not all(len(one) for one in values.values()):
        return dict.fromkeys(sorted(values), "A")
    names = sorted(values, key=lambda name: (-float(np.mean(values[name])), name))
    if not names:
        return {}
    means = _resampled_means(np.column_stack([values[name] for name in names]), resamples, seed)
    letters = dict.fromkeys(names, "")
    for letter, members in zip(_letters(), _groups(means), strict=False):
        for member in members:
            letters[names[member]] += letter
    return letters


def is_better(better: np.ndarray, other: np.ndarray, resamples: int = RESAMPLES, seed: int = SEED) -> bool:
    """Return whether the paired 95 % interval of ``better - other`` (same users) lies above 0."""
    difference = np.asarray(better, float) - np.asarray(other, float)
    means = _resampled_means(difference[:, None], resamples, seed)[:, 0]
    return bool(np.quantile(means, (1 - LEVEL) / 2) > 0)


def _groups(means: np.ndarray) -> Iterator[list[int]]:
    """Yield groups of columns (models, best first): the first one without a group, and its equals."""
    left = list(range(means.shape[1]))
    while left:
        best = left[0]
        lower = np.quantile(means[:, [best]] - means[:, best:], (1 - LEVEL) / 2, axis=0)
        level = [best, *(best + 1 + np.flatnonzero(lower[1:] <= 0)).tolist()]
        yield level
        left = [model for model in left if model not in level]


def _letters() -> Iterator[str]:
    """Yield A to Z, then A1 to Z1 and so on."""
    number = 0
    while True:
        yield from (f"{chr(65 + place)}{number or ''}" for place in range(26))
        number += 1


def _resampled_means(values: np.ndarray, resamples: int, seed: int) -> np.ndarray:
    """Return means (resamples, columns) of users drawn with replacement from ``values``."""
    rng, users = np.random.default_rng(seed), len(values)
    rows = max(1, _BLOCK // users)
    means = np.empty((resamples, values.shape[1]))
    for begin in range(0, resamples, rows):
        end = min(begin + rows, resamples)
        for place in range(begin, end):
            drawn = np.bincount(rng.integers(0, users, users), minlength=users)
            means[place] = drawn @ values / users
    return means
