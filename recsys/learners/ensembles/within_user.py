"""Ranks within each user on a common scale, and the top half of each user's candidates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Array = NDArray[np.float64]
Rows = NDArray[np.int64]


class Users:
    """Group candidates by user.

    A *level* is a rank within the user on a scale of integers: 2 rank - n - 1, from -(n - 1) to n - 1, or
    plus and minus n - 1 for a mark. ``level / reach`` is the s of the ensemble, in [-1, 1]. Sums of integers
    are exact: they do not depend on the order of summation, so not on the number of threads, and ties stay
    ties.

    Attributes
    ----------
    blocks : list of ndarray of int64, shape (users, n)
        For each number n of candidates that occurs, the rows of the users with that many, track ids
        ascending.
    reach : ndarray of float64, shape (candidates,)
        n - 1 of the candidate's user.
    count : int
        Number of users.
    """

    def __init__(self, user_id: Rows, track_id: Rows) -> None:
        order = np.lexsort((track_id, user_id))
        sizes = np.unique(user_id, return_counts=True)[1]
        firsts = np.cumsum(sizes) - sizes
        self.count = len(sizes)
        self.blocks = [order[firsts[sizes == n, None] + np.arange(n)] for n in np.unique(sizes)]
        self.reach = np.empty(len(order))
        for rows in self.blocks:
            self.reach[rows] = rows.shape[1] - 1

    def levels(self, scores: Array) -> Array:
        """Return levels (candidates) of scores, ties at the mean rank; marks 0 and 1 give -+reach."""
        if is_marks(scores):
            return (2 * scores - 1) * self.reach
        levels = np.empty(len(scores))
        for rows in self.blocks:
            levels[rows] = 2 * rankdata(scores[rows], axis=1) - rows.shape[1] - 1
        return levels

    def halves(self, scores: Array) -> Array:
        """Return 1 for the top half of each user's candidates by score, ties by track id; else -1."""
        halves = np.full(len(scores), -1.0)
        for rows in self.blocks:
            best = np.argsort(-scores[rows], axis=1, kind="stable")[:, : rows.shape[1] // 2]
            halves[np.take_along_axis(rows, best, axis=1)] = 1.0
        return halves


def is_marks(scores: Array) -> bool:
    """Return whether scores are marks 0 and 1 instead of a scale.

    Parameters
    ----------
    scores : ndarray of float64, shape (candidates,)

    Returns
    -------
    bool
    """
    return bool(np.isin(scores, (0.0, 1.0)).all())
