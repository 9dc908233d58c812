"""Blend inputs, and estimate the accuracy of the blend."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.errors import UsageError
from recsys.learners.ensembles import weights as weighting
from recsys.learners.ensembles.half_liked import Calibration
from recsys.learners.ensembles.pool import Pool
from recsys.learners.ensembles.within_user import Array

METHODS = ("least-squares", "vote", "average")
DIGITS = 6  # reported decimals: further ones depend on the order of summation


@dataclass(frozen=True)
class Blend:
    """Hold a blend y = S a.

    Attributes
    ----------
    method : str
    score : ndarray of float64, shape (candidates,)
    weights : ndarray of float64, shape (inputs,)
        a.
    ridge : float or None
        Ridge penalty of least squares, None for other methods.
    accuracy, uncertainty : float
        Expected accuracy of the score's top halves, and its standard error.
    foretold : ndarray of float64, shape (inputs,), or None
        Accuracy of each input as predicted from the others, None for fewer than three inputs.
    """

    method: str
    score: Array
    weights: Array
    ridge: float | None
    accuracy: float
    uncertainty: float
    foretold: Array | None


def blend(pool: Pool, method: str = METHODS[0]) -> Blend:
    """Blend the inputs of a pool.

    Parameters
    ----------
    pool : Pool
    method : {'least-squares', 'vote', 'average'}

    Returns
    -------
    Blend

    Raises
    ------
    UsageError
        The method is unknown.
    """
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
    raise UsageError(f"method {method}: choose from {', '.join(METHODS)}")


def _expectation(pool: Pool, score: Array, weights: Array) -> tuple[float, float, Array | None]:
    """Estimate the accuracy of the score's top halves, its uncertainty, and each input's from the others.

    The known accuracies fix the mean of y x, not that of the halves times x. Two estimates of the latter tend
    to err in opposite directions: least squares from the inputs' marks assumes that x is linear in them;
    calibration assumes that the log odds of x are linear in y, and all users equally hard. The estimate is
    their midpoint. Its uncertainty is the root sum of squares of half their distance, the error with which
    the inputs predict each other, and the error of the known accuracies.
    """
    marks = pool.marks.astype(float)
    gram, moments = marks.T @ marks / len(marks), 2 * pool.accuracy - 1
    ridge = weighting.choose_ridge(gram, moments)
    halves = pool.users.halves(score)
    linear = (1 + halves @ marks @ weighting.least_squares(gram, moments, ridge) / len(marks)) / 2
    logistic = Calibration.of(pool.users, score).accuracy_at(float(weights @ pool.moments))
    residuals = weighting.left_out_residuals(gram, moments, ridge) / 2
    has_residuals = len(residuals) >= weighting.FEWEST
    errors = [
        (logistic - linear) / 2,
        np.sqrt(np.mean(residuals**2)) if has_residuals else 0.0,
        np.average(pool.standard_error, weights=np.abs(weights) + np.finfo(float).tiny),
    ]
    estimate = float(np.clip((linear + logistic) / 2, 0, 1))
    foretold = (pool.accuracy - residuals).round(DIGITS) if has_residuals else None
    return round(estimate, DIGITS), round(float(np.linalg.norm(errors)), DIGITS), foretold
