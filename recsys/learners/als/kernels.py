"""Compiled loop of alternating least squares: solve the normal equations of each row.

Sums are of double precision and run in the order of the ratings, whatever thread computes a row.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from recsys.learners.common.compiled import compiled

# Ratings per matrix product: their vectors fit in the first-level cache.
_BLOCK = 256


@compiled
def solve(begins, others, ratings, factors, penalty, first, last, solved):  # type: ignore[no-untyped-def]
    """Solve for the factors of the rows ``first`` to ``last``, into ``solved`` float32 (rows, rank).

    Row u has n >= 1 ``ratings``, from ``begins[u]`` to ``begins[u + 1]``, of the columns ``others``. With V
    the rows of ``factors`` float32 (columns, rank) that they name, its x solves (V'V + penalty n I) x = V'r.
    Stop at the first row without a solution, and return whether all rows have one.
    """
    rank = factors.shape[1]
    gathered, width = np.empty((_BLOCK, rank + 1)), rank + 1  # V and r
    product, total = np.empty((width, width)), np.empty((width, width))
    for row in range(first, last):
        begin, end = begins[row], begins[row + 1]
        total[:] = 0.0
        for start in range(begin, end, _BLOCK):
            count = min(_BLOCK, end - start)
            for place in range(count):
                vector = factors[others[start + place]]
                for a in range(rank):
                    gathered[place, a] = vector[a]
                gathered[place, rank] = ratings[start + place]
            np.dot(gathered[:count].T, gathered[:count], product)
            total += product
        for a in range(rank):
            total[a, a] += penalty * (end - begin)
        if not solve_cholesky(total, solved[row]):
            return False
    return True


@compiled
def solve_cholesky(matrix, solved):  # type: ignore[no-untyped-def]
    """Solve A x = b by Cholesky decomposition; return False where A is not positive definite.

    ``matrix`` (rank + 1, rank + 1) is A with b as its last column. It is overwritten.
    """
    rank = len(solved)
    for k in range(rank):
        if matrix[k, k] <= 0.0:
            return False
        scale = 1.0 / sqrt(matrix[k, k])
        for b in range(k, rank + 1):
            matrix[k, b] *= scale
        for a in range(k + 1, rank):
            share = matrix[k, a]
            for b in range(a, rank + 1):
                matrix[a, b] -= share * matrix[k, b]
    for k in range(rank - 1, -1, -1):
        left = matrix[k, rank]
        for b in range(k + 1, rank):
            left -= matrix[k, b] * matrix[b, rank]
        matrix[k, rank] = left / matrix[k, k]
    for k in range(rank):
        solved[k] = matrix[k, rank]
    return True
