"""Products and inverses of symmetric matrices, in tiles of a fixed size that one thread computes each.

The results are the same to the last digit for any number of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from recsys.errors import UnavailableError
from recsys.learners.common.products import full_product

TILE = 256  # rows or columns per tile

Tile = slice


def gram(by_item: csr_array, pool: ThreadPoolExecutor) -> np.ndarray:
    """Return X'X as float32 (items, items), summed in double precision.

    Parameters
    ----------
    by_item : csr_array, shape (items, users)
        X', the ratings by item.
    pool : ThreadPoolExecutor

    Returns
    -------
    ndarray of float32, shape (items, items)
    """
    by_user = by_item.T.tocsr()
    product = np.empty((by_item.shape[0], by_item.shape[0]), dtype=np.float32)

    def multiply(rows: Tile) -> None:
        product[rows] = full_product(csr_array(by_item[rows]), by_user)

    for_each(pool, tiles(len(product)), multiply)
    return product


def negative_inverse(
    matrix: np.ndarray, pool: ThreadPoolExecutor, report: Callable[[float], None] = lambda done: None
) -> None:
    """Replace a positive definite matrix A by -A^-1, in place, with the sweep operator.

    Only the tiles on and below the diagonal are read and written.

    Parameters
    ----------
    matrix : ndarray of float32 or float64, shape (n, n)
    pool : ThreadPoolExecutor
    report : callable, optional
        Receives the share done, 0 to 1.

    Raises
    ------
    UnavailableError
        A is not positive definite in its precision.

    References
    ----------
    Goodnight, "A Tutorial on the SWEEP Operator", 1979.
    """
    blocks = list(tiles(len(matrix)))
    for done, pivots in enumerate(blocks):
        inverse = _inverse(matrix[pivots, pivots])
        column = full_rows(matrix, pivots).T.copy()
        column[pivots] = 0.0
        scaled = np.empty_like(column)

        def scale(
            rows: Tile,
            scaled: np.ndarray = scaled,
            column: np.ndarray = column,
            inverse: np.ndarray = inverse,
        ) -> None:
            np.matmul(column[rows], inverse, out=scaled[rows])

        def update(rows: Tile, scaled: np.ndarray = scaled, column: np.ndarray = column) -> None:
            matrix[rows, : rows.stop] -= scaled[rows] @ column[: rows.stop].T

        for_each(pool, blocks, scale)
        for_each(pool, blocks, update)
        matrix[pivots.stop :, pivots] = scaled[pivots.stop :]
        matrix[pivots, : pivots.start] = scaled[: pivots.start].T
        matrix[pivots, pivots] = -inverse
        report((done + 1) / len(blocks))


def _inverse(block: np.ndarray) -> np.ndarray:
    try:
        root = np.linalg.inv(np.linalg.cholesky(block))
    except np.linalg.LinAlgError:
        raise UnavailableError("the item matrix has no inverse: raise --set ease.regularization") from None
    return root.T @ root


def mirror(matrix: np.ndarray) -> None:
    """Copy the lower triangle of a symmetric matrix to the upper one, tile by tile."""
    for rows in tiles(len(matrix)):
        matrix[rows, rows.stop :] = matrix[rows.stop :, rows].T


def full_rows(matrix: np.ndarray, rows: Tile) -> np.ndarray:
    """Return full rows (rows, n) of a symmetric matrix stored in the tiles on and below the diagonal."""
    left, below = matrix[rows, : rows.stop], matrix[rows.stop :, rows]
    return np.concatenate([left, below.T], axis=1)


def tiles(size: int, tile: int | None = None) -> Iterator[Tile]:
    """Yield slices of ``tile`` rows (default `TILE`) that cover ``size``; the last may be shorter."""
    tile = tile or TILE
    return (slice(start, min(start + tile, size)) for start in range(0, size, tile))


def for_each(pool: ThreadPoolExecutor, blocks: Iterable[Tile], function: Callable[[Tile], Any]) -> list[Any]:
    """Return the results of a function for each tile, in their order."""
    return list(pool.map(function, blocks))
