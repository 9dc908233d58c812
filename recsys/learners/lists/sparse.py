"""Sparse matrices whose columns are in order, made without sorting."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array, csr_array

_DENSE = 1 << 22  # cells up to which a full matrix is faster


def ordered(matrix: csr_array) -> csr_array:
    """Return the same matrix with ascending columns in each row: two passes instead of a sort."""
    return csr_array(matrix.tocsc().tocsr())


def product(left: csr_array, right: csr_array) -> csr_array:
    """Return a product with ascending columns in each row."""
    if right.shape[0] * right.shape[1] <= _DENSE and left.shape[0] * right.shape[1] <= _DENSE:
        return csr_array(left @ right.toarray())
    return ordered(csr_array(left @ right))


def summed(rows: np.ndarray, columns: np.ndarray, values: np.ndarray, size: int) -> csr_array:
    """Return the matrix (size, size) of sums of values that have the same row and column."""
    if size**2 <= _DENSE:
        cells = rows.astype(np.int64) * size + columns
        return csr_array(np.bincount(cells, values, size**2).reshape(size, size))
    return ordered(csr_array(coo_array((values, (rows, columns)), shape=(size, size))))
