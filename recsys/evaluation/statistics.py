"""Intervals of accuracies: a bootstrap over users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000
CHUNK = 100  # resamples drawn at once: 100 x 20,000 users take 16 MB
SEED = 20110401
LEVELS = (2.5, 97.5)  # percentiles that enclose 95 %

Interval = tuple[float, float]


@dataclass(frozen=True)
class Bootstrap:
    """Accuracies of all models on the same resamples of users, so that differences of models can be paired.

    ``accuracies`` is resamples x models, 0..1.
    """

    models: tuple[str, ...]
    accuracies: NDArray[np.float64]

    def interval(self, model: str) -> Interval:
        """Return the 95 % percentile interval of a model's accuracy (Efron 1979), resampling users."""
        return _enclosing(self._of(model))

    def lift_interval(self, model: str, previous: str) -> Interval:
        """Return the 95 % interval of the difference between two models' accuracies."""
        return _enclosing(self._of(model) - self._of(previous))

    def _of(self, model: str) -> NDArray[np.float64]:
        return self.accuracies[:, self.models.index(model)]


def bootstrap(rows: Sequence[Mapping[str, Any]], resamples: int = RESAMPLES, seed: int = SEED) -> Bootstrap:
    """Resample users with replacement; ``rows`` are those of ``marts.user_accuracy``.

    A user brings all of its candidates along: they share a history, so they are no independent draws.
    """
    models, correct, judged = _by_user(rows)
    totals = np.column_stack([correct, judged]).astype(np.float64)
    generator = np.random.default_rng(seed)
    sizes = [min(CHUNK, resamples - begun) for begun in range(0, resamples, CHUNK)]
    drawn = np.concatenate([_weights(generator, size, len(totals)) @ totals for size in sizes])
    return Bootstrap(models, drawn[:, : len(models)] / drawn[:, len(models) :])


def _by_user(
    rows: Sequence[Mapping[str, Any]],
) -> tuple[tuple[str, ...], NDArray[np.int64], NDArray[np.int64]]:
    """Models, and right and judged candidates, both users x models; users in the order of their ids."""
    models, model = np.unique([row["model"] for row in rows], return_inverse=True)
    users, user = np.unique([row["user_id"] for row in rows], return_inverse=True)
    correct = np.zeros((len(users), len(models)), dtype=np.int64)
    judged = np.zeros_like(correct)
    correct[user, model] = [row["correct"] for row in rows]
    judged[user, model] = [row["judged"] for row in rows]
    return tuple(map(str, models)), correct, judged


def _weights(generator: np.random.Generator, resamples: int, users: int) -> NDArray[np.float64]:
    """Return how often each resample draws each user: resamples x users."""
    drawn = generator.integers(users, size=(resamples, users))
    drawn += np.arange(resamples)[:, None] * users
    counts = np.bincount(drawn.ravel(), minlength=resamples * users)
    return counts.reshape(resamples, users).astype(np.float64)


def _enclosing(values: NDArray[np.float64]) -> Interval:
    low, high = np.percentile(values, LEVELS)
    return float(low), float(high)
