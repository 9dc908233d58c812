"""Products of sparse matrices with others as full matrices, many times faster than scipy's where compiled."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from recsys.learners.common.compiled import IS_COMPILED


def full_product(left: csr_array, right: csr_array) -> np.ndarray:
    """Return the product float64 of two sparse matrices; one thread computes."""
    if not IS_COMPILED:
        found: np.ndarray = (left @ right).toarray()
        return found
    from recsys.learners.common import product_kernels

    sums = np.zeros((left.shape[0], right.shape[1]))
    product_kernels.add_sparse_rows(*_rows(left), *_rows(right), sums)
    return sums


def product_with_dense(left: csr_array, right: np.ndarray) -> np.ndarray:
    """Return the product of a sparse and a full matrix, in their common precision; one thread computes."""
    if not IS_COMPILED:
        return np.asarray(left @ right)
    from recsys.learners.common import product_kernels

    sums = np.zeros((left.shape[0], right.shape[1]), np.result_type(left.dtype, right.dtype))
    product_kernels.add_rows(*_rows(left), right, sums)
    return sums


def _rows(matrix: csr_array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32, copy=False), matrix.data
