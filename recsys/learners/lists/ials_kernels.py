"""The compiled loops of implicit alternating least squares: a least-squares solution a row, exact or not."""

from __future__ import annotations

from math import sqrt

import numpy as np

from recsys.learners.common.compiled import compiled

_SOLVED = 1e-20  # size of a residual that is none


@compiled
def solve(  # type: ignore[no-untyped-def]
    begins, others, confidences, factors, base, penalties, first, last, solved
):
    """Put the factors of rows ``first`` to ``last`` into ``solved`` float64 (rows, rank).

    Row u has entries e = ``begins[u]`` to ``begins[u + 1]`` with confidence c_e for the row f_e of
    ``factors``. With D = diag(``base`` + ``penalties[u]``) and F, C of its entries, x solves (F'CF + D) x =
    F'C 1. Rows with fewer entries than factors solve the equivalent system of the size of their entries
    (Woodbury identity). Returns whether every row has a solution.
    """
    rank = factors.shape[1]
    longest = 0
    for row in range(first, last):
        longest = max(longest, begins[row + 1] - begins[row])
    gathered, right = np.empty((longest, rank)), np.empty(rank)
    for row in range(first, last):
        begin, count = begins[row], begins[row + 1] - begins[row]
        solved[row] = 0.0
        if count == 0:
            continue
        for place in range(count):
            root = sqrt(confidences[begin + place])
            vector = factors[others[begin + place]]
            for a in range(rank):
                gathered[place, a] = root * vector[a]
        if count < rank:
            is_solved = _dual(
                gathered[:count], confidences[begin : begin + count], base, penalties[row], solved[row]
            )
        else:
            is_solved = _primal(
                gathered[:count], confidences[begin : begin + count], base, penalties[row], right, solved[row]
            )
        if not is_solved:
            return False
    return True


@compiled
def approach(  # type: ignore[no-untyped-def]
    begins, others, confidences, factors, base, penalties, steps, first, last, solved
):
    """Bring ``solved`` (rows, rank) of rows ``first`` to ``last`` closer to what `solve` puts there.

    Takes ``steps`` of conjugate gradients from the values that are there, preconditioned by the diagonal
    (Takacs, Pilaszy and Tikk, RecSys 2011).
    """
    rank, longest = factors.shape[1], 0
    for row in range(first, last):
        longest = max(longest, begins[row + 1] - begins[row])
    gathered, diagonal, residual = np.empty((longest, rank)), np.empty(rank), np.empty(rank)
    direction, product = np.empty(rank), np.empty(rank)
    for row in range(first, last):
        begin, count, found = begins[row], begins[row + 1] - begins[row], solved[row]
        if count == 0:
            found[:] = 0.0
            continue
        for a in range(rank):
            diagonal[a] = base[a] + penalties[row]
            residual[a] = -diagonal[a] * found[a]
        for place in range(count):
            root, vector = sqrt(confidences[begin + place]), factors[others[begin + place]]
            _add_entry(root, vector, found, gathered[place], residual, diagonal)
        size = 0.0
        for a in range(rank):
            direction[a] = residual[a] / diagonal[a]
            size += residual[a] * direction[a]
        for _ in range(steps):
            if not size > _SOLVED:
                break
            curvature = _multiply(gathered[:count], base, penalties[row], direction, product)
            share, before, size = size / curvature, size, 0.0
            for a in range(rank):
                found[a] += share * direction[a]
                residual[a] -= share * product[a]
                size += residual[a] * residual[a] / diagonal[a]
            for a in range(rank):
                direction[a] = residual[a] / diagonal[a] + size / before * direction[a]


@compiled
def strongest_entries(  # type: ignore[no-untyped-def]
    begins, items, confidences, factors, base, regularization, unobserved, listed_begins, listed, found
):
    """Put the entry that adds most to the score of each listed item into ``found``, if one adds more than 0.

    Entries and listed items are as in `top_kernels.strongest_entries`; entry j of a user adds h_i'(F'CF +
    D)^-1 h_j c_j to the score of item i. Of equal entries the first counts.
    """
    size, rank = factors.shape
    for user in range(len(listed_begins) - 1):
        entries = np.arange(begins[user], begins[user + 1])
        entries = entries[items[entries] < size]
        places = np.arange(listed_begins[user], listed_begins[user + 1])
        places = places[listed[places] < size]
        if len(entries) == 0 or len(places) == 0:
            continue
        given, weighted = np.empty((len(entries), rank)), np.empty((len(entries), rank))
        for number in range(len(entries)):
            given[number] = factors[items[entries[number]]]
            weighted[number] = confidences[entries[number]] * given[number]
        matrix = np.dot(given.T, weighted)
        for a in range(rank):
            matrix[a, a] += base[a] + regularization * (len(entries) + unobserved * size)
        scored = np.empty((rank, len(places)))
        for column in range(len(places)):
            scored[:, column] = factors[listed[places[column]]]
        adds = np.dot(weighted, np.linalg.solve(matrix, scored))
        for column in range(len(places)):
            most = 0.0
            for number in range(len(entries)):
                if adds[number, column] > most:
                    most = adds[number, column]
                    found[places[column]] = entries[number]


@compiled
def _add_entry(root, vector, found, kept, residual, diagonal):  # type: ignore[no-untyped-def]
    """Keep an entry's factors times the root of its confidence; add what it adds to residual and diagonal."""
    inner = 0.0
    for a in range(len(kept)):
        kept[a] = root * vector[a]
        inner += vector[a] * found[a]
    left = root * (1.0 - inner)
    for a in range(len(kept)):
        residual[a] += left * kept[a]
        diagonal[a] += kept[a] * kept[a]


@compiled
def _multiply(gathered, base, penalty, direction, product):  # type: ignore[no-untyped-def]
    """Put (A'A + D) d of a ``direction`` d into ``product``; return d'(A'A + D) d."""
    for a in range(len(direction)):
        product[a] = (base[a] + penalty) * direction[a]
    for place in range(len(gathered)):
        kept, inner = gathered[place], 0.0
        for a in range(len(direction)):
            inner += kept[a] * direction[a]
        for a in range(len(direction)):
            product[a] += inner * kept[a]
    curvature = 0.0
    for a in range(len(direction)):
        curvature += direction[a] * product[a]
    return curvature


@compiled
def _primal(gathered, confidences, base, penalty, right, solved):  # type: ignore[no-untyped-def]
    """Solve (A'A + D) x = A' sqrt(c) for A = ``gathered`` (entries, rank)."""
    rank = len(solved)
    product = np.dot(gathered.T, gathered)
    right[:] = 0.0
    for place in range(len(gathered)):
        root = sqrt(confidences[place])
        for a in range(rank):
            right[a] += root * gathered[place, a]
    for a in range(rank):
        product[a, a] += base[a] + penalty
    return _cholesky(product, right, solved)


@compiled
def _dual(gathered, confidences, base, penalty, solved):  # type: ignore[no-untyped-def]
    """Solve the same by x = D^-1 A' y with (A D^-1 A' + I) y = sqrt(c)."""
    count, rank = gathered.shape
    scaled = np.empty((count, rank))
    for a in range(rank):
        if base[a] + penalty <= 0.0:
            return False
        share = 1.0 / (base[a] + penalty)
        for place in range(count):
            scaled[place, a] = gathered[place, a] * share
    product = np.dot(scaled, gathered.T)
    right, found = np.empty(count), np.empty(count)
    for place in range(count):
        product[place, place] += 1.0
        right[place] = sqrt(confidences[place])
    if not _cholesky(product, right, found):
        return False
    for place in range(count):
        for a in range(rank):
            solved[a] += scaled[place, a] * found[place]
    return True


@compiled
def _cholesky(matrix, right, solved):  # type: ignore[no-untyped-def]
    """Solve A x = b for a positive definite A (n, n), which is used up with b; return whether it is."""
    size = len(right)
    for k in range(size):
        if not matrix[k, k] > 0.0:
            return False
        scale = 1.0 / sqrt(matrix[k, k])
        right[k] *= scale
        for b in range(k, size):
            matrix[k, b] *= scale
        for a in range(k + 1, size):
            share = matrix[k, a]
            right[a] -= share * right[k]
            for b in range(a, size):
                matrix[a, b] -= share * matrix[k, b]
    for k in range(size - 1, -1, -1):
        left = right[k]
        for b in range(k + 1, size):
            left -= matrix[k, b] * solved[b]
        solved[k] = left / matrix[k, k]
    return True
