"""Blends of inputs, and how accurate a blend can be expected to be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.errors import UsageError
from recsys.learners.ensembles import weights as weighting
from recsys.learners.ensembles.half_liked import Calibration
from recsys.learners.ensembles.pool import Pool
from recsys.learners.ensembles.within_user import Array

METHODS = ("least-squares", "vote", "average")
DIGITS = 6  # of what is reported: beyond them, the order of summation shows


@dataclass(frozen=True)
class Blend:
    """A blend y = S a: ``score`` (candidates), ``weights`` a (inputs), ``ridge`` of least squares, else None.

    ``accuracy`` is what to expect of its first halves, give or take ``uncertainty``; ``foretold`` (inputs) is
    the accuracy of each input as the others have it, None for fewer than three.
    """

    method: str
    score: Array
    weights: Array
    ridge: float | None
    accuracy: float
    uncertainty: float
    foretold: Array | None


def blend(pool: Pool, method: str = METHODS[0]) -> Blend:
    """The blend of the pool by a method of `METHODS`; UsageError for another one."""
    weights, ridge = _weights(pool, method)
    weights = weighting.rounded(weights)
    score = weighting.combine(pool.users, pool.levels, weights)
    return Blend(method, score, weights, ridge, *_expectation(pool, score, weights))


def _weights(pool: Pool, method: str) -> tuple[Array, float | None]:
    if method == "least-squares":
        gram = weighting.gram(pool.users, pool.levels)
        ridge = weighting.choose_ridge(gram, pool.moments)
        return weighting.least_squares(gram, pool.moments, ridge), ridge
    if method == "vote":
        return weighting.log_odds(pool), None
    if method == "average":
        return weighting.equal(pool), None
    raise UsageError(f"unknown method {method!r}: expected one of {', '.join(METHODS)}")


def _expectation(pool: Pool, score: Array, weights: Array) -> tuple[float, float, Array | None]:
    """Accuracy of the score's first halves, its uncertainty, and the inputs' accuracies from each other.

    The accuracies fix the mean of y x, not that of the halves times x. Two ways to get from one to the other
    err to opposite sides as a rule: the least-squares prediction of the halves from the inputs' marks takes x
    to be linear in them, and the calibration takes the log odds of x to be linear in y, as if no user were
    harder than another. The estimate is their middle. Its uncertainty adds up, as squares, half of their
    distance, the error with which the inputs foretell each other, and that of the known accuracies.
    """
    marks = pool.marks.astype(float)
    gram, moments = marks.T @ marks / len(marks), 2 * pool.accuracy - 1
    ridge = weighting.choose_ridge(gram, moments)
    halves = pool.users.halves(score)
    linear = (1 + halves @ marks @ weighting.least_squares(gram, moments, ridge) / len(marks)) / 2
    logistic = Calibration.of(pool.users, score).accuracy_at(float(weights @ pool.moments))
    residuals = weighting.left_out_residuals(gram, moments, ridge) / 2
    is_told = len(residuals) >= weighting.FEWEST
    errors = [
        (logistic - linear) / 2,
        np.sqrt(np.mean(residuals**2)) if is_told else 0.0,
        np.average(pool.standard_error, weights=np.abs(weights) + np.finfo(float).tiny),
    ]
    estimate = float(np.clip((linear + logistic) / 2, 0, 1))
    foretold = (pool.accuracy - residuals).round(DIGITS) if is_told else None
    return round(estimate, DIGITS), round(float(np.linalg.norm(errors)), DIGITS), foretold
