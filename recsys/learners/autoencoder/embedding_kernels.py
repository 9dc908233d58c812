"""Compiled Adam step of `RowTable`: one pass over the rows instead of a dozen tensor operations."""

from __future__ import annotations

from math import sqrt

import numpy as np

from recsys.learners.common.compiled import compiled


@compiled
def move(rows, gradient, weight, mean, square, slow, slower, rate, unit, tiny):  # type: ignore[no-untyped-def]
    """Apply Adam's step to some ``rows`` of three float32 tables, along the ``gradient`` (rows, columns).

    ``slow`` and ``slower`` are the decay rates of the moments ``mean`` and ``square``. Their bias is
    corrected in ``rate``, the step size, and ``unit``, a factor of the square root.
    """
    slow, slower, tiny = np.float32(slow), np.float32(slower), np.float32(tiny)
    rate, unit, one = np.float32(rate), np.float32(unit), np.float32(1.0)
    for place in range(len(rows)):
        row = rows[place]
        pulls, weights, means, squares = gradient[place], weight[row], mean[row], square[row]
        for column in range(len(weights)):
            pull = pulls[column]
            means[column] = slow * means[column] + (one - slow) * pull
            squares[column] = slower * squares[column] + (one - slower) * pull * pull
            weights[column] -= rate * means[column] / (sqrt(squares[column]) * unit + tiny)
