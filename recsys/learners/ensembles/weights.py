"""Weights of an ensemble's inputs from their known accuracies, without any label.

With S the inputs (N candidates, K inputs) and x the truth in {-1, 1}, least squares finds the weights a that
bring S a closest to x. It needs S'S, which is known, and S'x, which follows from the accuracies (as from the
errors on the quiz set in Töscher, Jahrer and Bell, "The BigChaos Solution to the Netflix Grand Prize",
2009). Regularised, with C = S'S / N and p = S'x / N,

    a = (S'S + lambda N I)^-1 S'x = (C + lambda I)^-1 p.

The other inputs predict p_k up to a residual. Leaving out each input in turn gives (Rasmussen and Williams,
"Gaussian Processes for Machine Learning", 2006, eq. 5.12):

    p_k - prediction from the others = [(C + lambda I)^-1 p]_k / [(C + lambda I)^-1]_kk.

lambda is chosen by the one-standard-error rule (Breiman, Friedman, Olshen and Stone, "Classification and
Regression Trees", 1984, section 3.4.3): the largest one whose mean squared residual is within one standard
error of the smallest. Near-duplicates and rounded scores make a smaller lambda fit noise without predicting
better.
"""

from __future__ import annotations

import numpy as np

from recsys.learners.ensembles.pool import Pool
from recsys.learners.ensembles.within_user import Array, Users

RIDGES = np.logspace(-4, 1, 21)
FEWEST = 3  # inputs needed for leave-one-out
CERTAIN = 2.0  # standard errors above chance that make an input informative
PRECISION = 20  # binary digits of a weight


def gram(users: Users, levels: Array) -> Array:
    """Return C = S'S / N, the same for any order of summation.

    Parameters
    ----------
    users : Users
    levels : ndarray of float64, shape (candidates, inputs)

    Returns
    -------
    ndarray of float64, shape (inputs, inputs)
    """
    total: Array = np.zeros((levels.shape[1], levels.shape[1]))
    for rows in users.blocks:
        block = levels if rows.size == len(levels) else levels[rows.ravel()]
        total += block.T @ block / (rows.shape[1] - 1) ** 2
    return np.asarray(total / len(levels), np.float64)


def least_squares(gram: Array, moments: Array, ridge: float) -> Array:
    """Return the weights (C + ridge I)^-1 p.

    Parameters
    ----------
    gram : ndarray of float64, shape (inputs, inputs)
        C.
    moments : ndarray of float64, shape (inputs,)
        p.
    ridge : float

    Returns
    -------
    ndarray of float64, shape (inputs,)
    """
    return np.asarray(np.linalg.solve(gram + ridge * np.eye(len(gram)), moments), np.float64)


def left_out_residuals(gram: Array, moments: Array, ridge: float) -> Array:
    """Return each p_k less its prediction from the other inputs.

    Parameters
    ----------
    gram : ndarray of float64, shape (inputs, inputs)
        C.
    moments : ndarray of float64, shape (inputs,)
        p.
    ridge : float

    Returns
    -------
    ndarray of float64, shape (inputs,)
    """
    inverse = np.linalg.inv(gram + ridge * np.eye(len(gram)))
    return inverse @ moments / np.diag(inverse)


def choose_ridge(gram: Array, moments: Array) -> float:
    """Choose the ridge by the one-standard-error rule; the smallest for fewer than `FEWEST` inputs.

    Parameters
    ----------
    gram : ndarray of float64, shape (inputs, inputs)
        C.
    moments : ndarray of float64, shape (inputs,)
        p.

    Returns
    -------
    float
    """
    if len(gram) < FEWEST:
        return float(RIDGES[0])
    squares = np.array([left_out_residuals(gram, moments, ridge) ** 2 for ridge in RIDGES])
    errors = squares.mean(axis=1)
    best = errors.argmin()
    standard_error = squares[best].std(ddof=1) / np.sqrt(len(gram))
    return float(RIDGES[errors <= errors[best] + standard_error].max())


def log_odds(pool: Pool) -> Array:
    """Return log(P / (1 - P)): the weights of the best vote of inputs with independent errors.

    P is kept a standard error away from 0 and 1.

    Parameters
    ----------
    pool : Pool

    Returns
    -------
    ndarray of float64, shape (inputs,)

    References
    ----------
    Nitzan and Paroush, "Optimal Decision Rules in Uncertain Dichotomous Choice Situations", 1982.
    """
    accuracy = np.clip(pool.accuracy, pool.standard_error, 1 - pool.standard_error)
    return np.log(accuracy / (1 - accuracy))


def equal(pool: Pool) -> Array:
    """Return equal weights of the inputs that are better than chance by two standard errors.

    If none is, all inputs get the same weight.

    Parameters
    ----------
    pool : Pool

    Returns
    -------
    ndarray of float64, shape (inputs,)
        Sum to 1.
    """
    informative = pool.accuracy > 0.5 + CERTAIN * pool.standard_error
    chosen = informative if informative.any() else ~informative
    return chosen / chosen.sum()


def rounded(weights: Array) -> Array:
    """Round weights to a power of two near a millionth of the largest, which makes their sums exact.

    Parameters
    ----------
    weights : ndarray of float64, shape (inputs,)

    Returns
    -------
    ndarray of float64, shape (inputs,)
    """
    largest = np.abs(weights).max(initial=0.0)
    if largest == 0:
        return weights
    unit = 2.0 ** (np.ceil(np.log2(largest)) - PRECISION)
    return np.round(weights / unit) * unit


def combine(users: Users, levels: Array, weights: Array) -> Array:
    """Return S a for rounded weights a; only the last division rounds.

    Parameters
    ----------
    users : Users
    levels : ndarray of float64, shape (candidates, inputs)
    weights : ndarray of float64, shape (inputs,)

    Returns
    -------
    ndarray of float64, shape (candidates,)
    """
    return levels @ weights / users.reach
