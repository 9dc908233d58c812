"""The compiled choice of the k best items of every user: one pass over the scores, a heap of k."""

from __future__ import annotations

import numpy as np

from recsys.learners.common.compiled import compiled


@compiled
def largest(scores, columns, begins, seen, chosen, values):  # type: ignore[no-untyped-def]
    """Put the best places of each user into ``chosen`` int64 (users, k), their scores into ``values``.

    Place p has the score ``scores[user, columns[p]]``; of equal scores the lower place is better. Places
    ``seen[begins[user]:begins[user + 1]]`` are left out (below 0: no place). Where fewer than k are left, the
    rest of both rows stays as it is.
    """
    k, size = chosen.shape[1], len(columns)
    stamps, held, at = np.full(size, -1), np.empty(k), np.empty(k, np.int64)
    for user in range(len(chosen)):
        for entry in range(begins[user], begins[user + 1]):
            if seen[entry] >= 0:
                stamps[seen[entry]] = user
        count = 0
        for place in range(size):
            value = scores[user, columns[place]]
            if (count == k and value <= held[0]) or stamps[place] == user:
                continue
            if count < k:
                _rise(held, at, count, value, place)
                count += 1
            else:
                _sink(held, at, count, value, place)
        while count > 0:
            count -= 1
            chosen[user, count], values[user, count] = at[0], held[0]
            _sink(held, at, count, held[count], at[count])


@compiled
def _rise(held, at, count, value, place):  # type: ignore[no-untyped-def]
    """Add to a heap of ``count`` whose root is the worst: the lowest value, of equal ones the last place."""
    node = count
    while node > 0:
        parent = (node - 1) // 2
        if held[parent] < value or (held[parent] == value and at[parent] > place):
            break
        held[node], at[node] = held[parent], at[parent]
        node = parent
    held[node], at[node] = value, place


@compiled
def _sink(held, at, count, value, place):  # type: ignore[no-untyped-def]
    """Put a value in the place of the root of a heap of ``count``."""
    node = 0
    while 2 * node + 1 < count:
        child = 2 * node + 1
        other = child + 1
        if other < count and (
            held[other] < held[child] or (held[other] == held[child] and at[other] > at[child])
        ):
            child = other
        if value < held[child] or (value == held[child] and place > at[child]):
            break
        held[node], at[node] = held[child], at[child]
        node = child
    if count > 0:
        held[node], at[node] = value, place
