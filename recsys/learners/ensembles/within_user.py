"""Operations within the user: ranks on a common scale, and the half that a score marks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Array = NDArray[np.float64]
Rows = NDArray[np.int64]


class Users:
    """Candidates grouped by user.

    ``blocks`` holds, for each number n of candidates that occurs, the rows of the users with that many, as
    a matrix (users, n) with ascending track ids; ``reach`` (candidates) is n - 1; ``count`` the number of
    users.

    A *level* is a rank within the user on a scale of whole numbers: 2 rank - n - 1, from -(n - 1) to n - 1,
    or plus and minus n - 1 for a mark. ``level / reach`` is the s of the ensemble, in [-1, 1]. Levels are
    kept because sums of whole numbers are exact: they do not depend on the order of summation, hence not on
    the number of threads, and ties stay ties.
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
        """Levels (candidates) of scores, ties at their mean rank; marks 0 and 1 give -reach and reach."""
        if is_marks(scores):
            return (2 * scores - 1) * self.reach
        levels = np.empty(len(scores))
        for rows in self.blocks:
            levels[rows] = 2 * rankdata(scores[rows], axis=1) - rows.shape[1] - 1
        return levels

    def halves(self, scores: Array) -> Array:
        """1 for the first half of each user's candidates by score, ties by ascending track id; else -1."""
        halves = np.full(len(scores), -1.0)
        for rows in self.blocks:
            best = np.argsort(-scores[rows], axis=1, kind="stable")[:, : rows.shape[1] // 2]
            halves[np.take_along_axis(rows, best, axis=1)] = 1.0
        return halves


def is_marks(scores: Array) -> bool:
    """Whether scores are marks 0 and 1 instead of a scale."""
    return bool(np.isin(scores, (0.0, 1.0)).all())
