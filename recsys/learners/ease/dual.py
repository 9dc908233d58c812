"""EASE from users by users: cheaper than items by items where there are fewer users.

With X the inputs (users, items) and L the penalties of the items,

    M = (I + X diag(L)^-1 X')^-1
    P = (X'X + diag(L))^-1 = diag(L)^-1 - diag(L)^-1 X' M X diag(L)^-1

by the matrix inversion lemma. M is inverted in double precision for few users, for more in single precision,
as the matrix of the primal form is: its eigenvalues are between 0 and 1, and on 5,000 users the diagonal of P
differs by 5e-6. M X is kept in single precision.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from recsys.learners.common.products import full_product, product_with_dense
from recsys.learners.ease.sweep import mirror, negative_inverse, tiles

FULL_PRECISION = 1024  # users up to which M is inverted in double precision
_TILE = 128  # columns of M or M X at a time, which stay in the cache for a whole pass over the inputs


@dataclass(frozen=True)
class Dual:
    """``solved_inputs`` M X float32 (users, items), ``penalties`` and the ``diagonal`` of P (items)."""

    solved_inputs: np.ndarray
    penalties: np.ndarray
    diagonal: np.ndarray
    inputs: csr_array

    @classmethod
    def solved(cls, inputs: csr_array, penalties: np.ndarray, pool: ThreadPoolExecutor) -> Dual:
        """Solve the regressions of ``inputs`` (users, items), equal for any number of threads."""
        kernel = _kernel(inputs, penalties, pool)
        kernel[np.diag_indices(len(kernel))] += 1.0
        negative_inverse(kernel, pool)
        mirror(kernel)
        product = _times_sparse(kernel, inputs, pool)
        by_item = inputs.tocsc()
        columns = np.repeat(np.arange(inputs.shape[1]), np.diff(by_item.indptr))
        covered = np.bincount(columns, by_item.data * product[by_item.indices, columns], inputs.shape[1])
        return cls(product, penalties, (1.0 - covered / penalties) / penalties, inputs)

    @cached_property
    def _scaled(self) -> csr_array:
        """diag(L)^-1 X' float32 (items, users)."""
        return csr_array((self.inputs / self.penalties).T.tocsr()).astype(np.float32)

    def products(self, items: slice) -> np.ndarray:
        """Return diag(L)^-1 X' M X float32 (all items, items): -P L outside of the diagonal."""
        return product_with_dense(self._scaled, np.ascontiguousarray(self.solved_inputs[:, items]))


def _kernel(inputs: csr_array, penalties: np.ndarray, pool: ThreadPoolExecutor) -> np.ndarray:
    """Return X diag(L)^-1 X' (users, users), tile by tile, summed in double precision."""
    count = inputs.shape[0]
    scaled, by_item = csr_array(inputs / penalties), csr_array(inputs.T.tocsr())
    found = np.empty((count, count), np.float64 if count <= FULL_PRECISION else np.float32)

    def multiply(rows: slice) -> None:
        found[rows] = full_product(csr_array(scaled[rows]), by_item)

    list(pool.map(multiply, list(tiles(len(found), _TILE))))
    return found


def _times_sparse(negative: np.ndarray, inputs: csr_array, pool: ThreadPoolExecutor) -> np.ndarray:
    """Return -A X float32 of a symmetric A (users, users) and sparse X (users, items), tile by tile."""
    product = np.empty(inputs.shape, np.float32)
    transposed = csr_array(inputs.T.tocsr().astype(negative.dtype))

    def multiply(rows: slice) -> None:
        product[rows] = -product_with_dense(transposed, np.ascontiguousarray(negative[:, rows])).T

    list(pool.map(multiply, list(tiles(len(negative), _TILE))))
    return product
