"""Probabilities if exactly half of a user's candidates are liked: conditional logistic regression.

Of all halves H of a user's n candidates, one is liked, with probability proportional to the product of the
odds w_i of its members (Cox, "Regression Models and Life-Tables", 1972). The sums are by the recursion of
Gail, Lubin and Rubinstein, Biometrika 68, 1981. With m = n / 2 and e_k the elementary symmetric polynomial of
degree k, the sum of all products of k of the odds,

    P(candidate i is liked) = w_i e_{m-1}(odds of the others) / e_m(all odds).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from recsys.learners.ensembles.within_user import Array, Users

WIDEST = 300.0  # bound on the summed log odds of half a user's candidates: keeps products finite
STEEPEST = 60.0  # log odds per standard deviation of a score: practically certain


def symmetric_polynomial(odds: Array, degree: int) -> Array:
    """Return the elementary symmetric polynomial of each row of odds.

    Parameters
    ----------
    odds : ndarray of float64, shape (users, n)
    degree : int

    Returns
    -------
    ndarray of float64, shape (users,)
    """
    polynomials = np.zeros((len(odds), degree + 1))
    polynomials[:, 0] = 1.0
    for column in odds.T:
        polynomials[:, 1:] += column[:, None] * polynomials[:, :-1]
    return polynomials[:, degree]


def probabilities(log_odds: Array) -> Array:
    """Return the probability that each candidate is liked; rows sum to n / 2.

    Only differences within a row matter. Log odds further than 300 / n from the row's median are clipped.

    Parameters
    ----------
    log_odds : ndarray of float64, shape (users, n)

    Returns
    -------
    ndarray of float64, shape (users, n)
    """
    size = log_odds.shape[1]
    centred = log_odds - np.median(log_odds, axis=1, keepdims=True)
    odds = np.exp(np.clip(centred, -WIDEST / size, WIDEST / size))
    shares = np.empty_like(odds)
    for i in range(size):
        shares[:, i] = odds[:, i] * symmetric_polynomial(np.delete(odds, i, axis=1), size // 2 - 1)
    return shares * (size / 2) / shares.sum(axis=1, keepdims=True)


@dataclass(frozen=True)
class Calibration:
    """Relate scores to the truth x in {-1, 1}, if the log odds are the scores times a slope.

    The slope is the only unknown. Either of two averages over the candidates determines it, and so the other:
    ``accuracy``, the share of right marks with the top half by score marked 1, and ``moment``, the mean of
    score times x. ``blocks`` are distinct rows of descending scores (rows, n) with the number of users of
    each.
    """

    blocks: tuple[tuple[Array, Array], ...]
    candidates: int
    steepest: float

    @classmethod
    def of(cls, users: Users, scores: Array) -> Calibration:
        """Group the scores (candidates) by user and sort them."""
        blocks = tuple(_distinct(-np.sort(-scores[rows], axis=1)) for rows in users.blocks)
        spread = float(np.sqrt(np.mean(scores**2)))
        return cls(blocks, len(scores), STEEPEST / spread if spread else 0.0)

    def accuracy(self, slope: float) -> float:
        """Return twice the liked share of the top half: each liked candidate below it displaces one in it."""
        first_halves = sum(
            counts @ probabilities(slope * scores)[:, : scores.shape[1] // 2].sum(axis=1)
            for scores, counts in self.blocks
        )
        return 2 * float(first_halves) / self.candidates

    def moment(self, slope: float) -> float:
        """Return the mean of score times x for a slope."""
        products = sum(
            counts @ (scores * (2 * probabilities(slope * scores) - 1)).sum(axis=1)
            for scores, counts in self.blocks
        )
        return float(products) / self.candidates

    def moment_at(self, accuracy: float) -> float:
        """Return the moment that goes with an accuracy."""
        return self.moment(self._slope(self.accuracy, accuracy))

    def accuracy_at(self, moment: float) -> float:
        """Return the accuracy that goes with a moment."""
        return self.accuracy(self._slope(self.moment, moment))

    def _slope(self, average: Callable[[float], float], target: float) -> float:
        """Return the slope that gives the average, limited to +-`steepest`."""
        if target >= average(self.steepest):
            return self.steepest
        if target <= average(-self.steepest):
            return -self.steepest
        return brentq(lambda slope: average(slope) - target, -self.steepest, self.steepest, xtol=1e-9)


def _distinct(rows: Array) -> tuple[Array, Array]:
    """Return the distinct rows and their counts; ranks without ties are all the same row."""
    if (rows == rows[0]).all():
        return rows[:1], np.array([float(len(rows))])
    distinct, counts = np.unique(rows, axis=0, return_counts=True)
    return distinct, counts.astype(float)
