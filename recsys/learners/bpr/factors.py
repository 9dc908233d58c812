"""Factors of users and items, and the settings that they are fitted with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.learners.bpr.taxonomy import Taxonomy

HISTORY = ("album_rating", "album_liked", "artist_rating", "artist_liked")


@dataclass(frozen=True)
class FactorSettings:
    """Settings of `fit_predict`.

    Attributes
    ----------
    factors : int
        Number of latent factors.
    epochs : int
    learning_rate, final_learning_rate : float
        First and last learning rate; it falls by one factor per epoch.
    l2 : float
        L2 penalty.
    negatives : int
        Sampled negatives per positive rating; the hardest is used.
    positive_threshold : int
        Least rating (0 to 100) of a positive.
    like_threshold : int
        Least rating (0 to 100) that has full weight, and that marks an album or artist as liked.
    low_confidence_weight : float
        Weight of positives below ``like_threshold``.
    deviation : float
        Standard deviation of the initial factors.
    seed : int
    """

    factors: int
    epochs: int
    learning_rate: float
    final_learning_rate: float
    l2: float
    negatives: int
    positive_threshold: int
    like_threshold: int
    low_confidence_weight: float
    deviation: float
    seed: int

    def learning_rate_of(self, epoch: int) -> float:
        """Return the learning rate of an epoch, counted from 0."""
        share = epoch / max(1, self.epochs - 1)
        return float(self.learning_rate * (self.final_learning_rate / self.learning_rate) ** share)


@dataclass
class Factors:
    """Hold the parameters, float32.

    ``users`` (m, k), ``own`` (n, k), ``parent`` (n + 1, k, the last row zero), ``biases`` (n) and
    ``weights`` (4).
    """

    users: np.ndarray
    own: np.ndarray
    parent: np.ndarray
    biases: np.ndarray
    weights: np.ndarray

    @classmethod
    def random(cls, users: int, items: int, settings: FactorSettings) -> Factors:
        """Draw small random user and item factors; everything else is zero."""
        rng, rank = np.random.default_rng(settings.seed), settings.factors
        started = (
            rng.normal(0, settings.deviation, (rows, rank)).astype(np.float32) for rows in (users, items)
        )
        zeros = (np.zeros(shape, np.float32) for shape in ((items + 1, rank), items, len(HISTORY)))
        return cls(*started, *zeros)

    def model(self, taxonomy: Taxonomy) -> FactorModel:
        """Return a copy with the taxonomy summed up, for scoring."""
        vectors = taxonomy.sums(self.own, self.parent)
        return FactorModel(self.users.copy(), vectors, self.biases.copy(), self.weights.copy())


@dataclass(frozen=True)
class FactorModel:
    """Hold factors summed over the taxonomy, float32.

    ``users`` (m, k), ``items`` (n, k), ``biases`` (n) and ``weights`` (4).
    """

    users: np.ndarray
    items: np.ndarray
    biases: np.ndarray
    weights: np.ndarray
