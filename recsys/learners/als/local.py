"""ALS in this process: the same model and order of steps as Spark ML.

On one machine, three quarters of the time of a Spark fit are overhead, such as shuffling factors between
blocks in each alternation.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import csr_array

from recsys.errors import UnavailableError
from recsys.learners.als import kernels as als_kernels
from recsys.learners.als.factors import AlsSettings, Factors
from recsys.learners.common.blas import one_thread
from recsys.project.contract import Context

# Ratings per task of a thread.
_BLOCK_RATINGS = 1 << 16


@dataclass(frozen=True)
class Side:
    """Hold the ratings of users, or of items: ``ratings`` float32 (rows, columns) and the rows' ``ids``."""

    ids: np.ndarray
    ratings: csr_array

    def solve(self, factors: np.ndarray, penalty: float, pool: ThreadPoolExecutor) -> np.ndarray:
        """Solve for the rows' factors, float32 (rows, rank), given the columns' ``factors``."""
        solved = np.empty((len(self.ids), factors.shape[1]), np.float32)
        begins, others, values = self.ratings.indptr, self.ratings.indices, self.ratings.data

        def solve_block(ends: tuple[int, int]) -> bool:
            return als_kernels.solve(begins, others, values, factors, penalty, *ends, solved)

        if not all(pool.map(solve_block, self._blocks())):
            raise UnavailableError("ALS has no unique solution: raise --set als.regularization")
        return solved

    def _blocks(self) -> Iterator[tuple[int, int]]:
        """Yield first and last rows of blocks with about equally many ratings."""
        begins = self.ratings.indptr
        cuts = np.searchsorted(begins, np.arange(0, begins[-1], _BLOCK_RATINGS))
        cuts = np.unique(np.append(cuts, len(self.ids)))
        return zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True)


def fit(ratings: pa.Table, settings: AlsSettings, context: Context) -> tuple[Factors, Factors]:
    """Factorize one rating matrix; any number of threads gives the same factors.

    User factors start as random unit vectors. Each row is solved by one thread.

    Parameters
    ----------
    ratings : pyarrow.Table
        ``user_id``, ``item_id``, ``rating`` (0 to 100); at least one row.
    settings : AlsSettings
    context : Context

    Returns
    -------
    users, items : Factors

    Raises
    ------
    UnavailableError
        The normal equations have no unique solution.
    """
    users, items = sides(ratings)
    vectors = np.random.default_rng(settings.seed).normal(size=(len(users.ids), settings.rank))
    of_users = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    with one_thread(), ThreadPoolExecutor(context.threads) as pool:
        for _ in range(settings.iterations):
            of_items = items.solve(of_users, settings.regularization, pool)
            of_users = users.solve(of_items, settings.regularization, pool)
    return Factors(users.ids, of_users), Factors(items.ids, of_items)


def sides(ratings: pa.Table) -> tuple[Side, Side]:
    """Build the rating matrix by user and by item, columns ascending in each row.

    Parameters
    ----------
    ratings : pyarrow.Table
        ``user_id``, ``item_id``, ``rating``.

    Returns
    -------
    by_user, by_item : Side
    """
    (users, rows), (items, columns) = (_encode(ratings[name]) for name in ("user_id", "item_id"))
    values = ratings["rating"].to_numpy().astype(np.float32)
    by_user = csr_array((values, (rows, columns)), shape=(len(users), len(items)))
    by_user.sort_indices()
    return Side(users, by_user), Side(items, by_user.T.tocsr())


def _encode(column: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct values, ascending, and each value's position among them (int32)."""
    distinct = pc.unique(column).sort()
    return distinct.to_numpy(), pc.index_in(column, value_set=distinct).to_numpy()
