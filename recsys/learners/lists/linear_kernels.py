"""Compiled sums of item weights over histories, in double precision and in the order of the history."""

from __future__ import annotations

from recsys.learners.common.compiled import compiled


@compiled
def add_rows(begins, items, values, weights, scores):  # type: ignore[no-untyped-def]
    """Add ``values[e] * weights[items[e]]`` of each user's entries e to ``scores`` float64 (users, items)."""
    count = weights.shape[1]
    for user in range(len(begins) - 1):
        total = scores[user]
        for entry in range(begins[user], begins[user + 1]):
            value, row = values[entry], weights[items[entry]]
            for item in range(count):
                total[item] += value * row[item]


@compiled
def add_sparse_rows(begins, items, values, starts, columns, weights, scores):  # type: ignore[no-untyped-def]
    """Do the same for weights stored by row: ``starts`` (items + 1), ``columns`` and ``weights``."""
    for user in range(len(begins) - 1):
        total = scores[user]
        for entry in range(begins[user], begins[user + 1]):
            value, j = values[entry], items[entry]
            for place in range(starts[j], starts[j + 1]):
                total[columns[place]] += value * weights[place]
