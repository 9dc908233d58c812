"""Compiled products of sparse matrices with others: each row of the left one is summed in its own order."""

from __future__ import annotations

from recsys.learners.common.compiled import compiled


@compiled
def add_rows(begins, columns, values, right, found):  # type: ignore[no-untyped-def]
    """Add the product of a sparse and a dense matrix to ``found`` (rows, columns of ``right``).

    Row r of the sparse matrix has ``values[begins[r]:begins[r + 1]]`` in ``columns``.
    """
    count = right.shape[1]
    for row in range(len(begins) - 1):
        total = found[row]
        for entry in range(begins[row], begins[row + 1]):
            value, other = values[entry], right[columns[entry]]
            for column in range(count):
                total[column] += value * other[column]


@compiled
def add_sparse_rows(begins, columns, values, right_begins, right_columns, right_values, found):  # type: ignore[no-untyped-def]
    """Do the same for a right matrix that is sparse, stored as the left one is."""
    for row in range(len(begins) - 1):
        total = found[row]
        for entry in range(begins[row], begins[row + 1]):
            value, other = values[entry], columns[entry]
            for place in range(right_begins[other], right_begins[other + 1]):
                total[right_columns[place]] += value * right_values[place]
