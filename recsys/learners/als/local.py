"""The factorisation of `als` on one machine: Spark ML's model and order of steps, in this process.

What a fit of Spark costs besides its sums, such as shuffles of factors between blocks in each alternation, is
three quarters of it on one machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import csr_array
from threadpoolctl import threadpool_limits

from recsys.errors import UnavailableError
from recsys.learners.als import kernels as als_kernels
from recsys.learners.als.factors import AlsSettings, Factors
from recsys.project.contract import Context

# Ratings whose rows a thread solves before it asks for more.
_PIECE = 1 << 16


@dataclass(frozen=True)
class Side:
    """The ratings of users, or of items: ``ratings`` float32 (rows, columns), and the ``ids`` of the rows."""

    ids: np.ndarray
    ratings: csr_array

    def solve(self, factors: np.ndarray, penalty: float, pool: ThreadPoolExecutor) -> np.ndarray:
        """The rows' factors float32 (rows, rank), given those of the columns; UnavailableError for none."""
        solved = np.empty((len(self.ids), factors.shape[1]), np.float32)
        begins, others, values = self.ratings.indptr, self.ratings.indices, self.ratings.data

        def piece(ends: tuple[int, int]) -> bool:
            return als_kernels.solve(begins, others, values, factors, penalty, *ends, solved)

        if not all(pool.map(piece, self._pieces())):
            raise UnavailableError("ALS has no unique solution: a higher --set als.regularization")
        return solved

    def _pieces(self) -> Iterator[tuple[int, int]]:
        """First and last rows of runs of about as many ratings."""
        begins = self.ratings.indptr
        cuts = np.searchsorted(begins, np.arange(0, begins[-1], _PIECE))
        cuts = np.unique(np.append(cuts, len(self.ids)))
        return zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True)


def fit(ratings: pa.Table, settings: AlsSettings, context: Context) -> tuple[Factors, Factors]:
    """The factors of the users and of the items of ``ratings (user_id, item_id, rating)``, at least one.

    They start as users' random unit vectors. A row is solved by one thread, so that any number of threads
    gives the same factors.
    """
    users, items = sides(ratings)
    vectors = np.random.default_rng(settings.seed).normal(size=(len(users.ids), settings.rank))
    of_users = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(context.threads) as pool:
        for _ in range(settings.iterations):
            of_items = items.solve(of_users, settings.regularization, pool)
            of_users = users.solve(of_items, settings.regularization, pool)
    return Factors(users.ids, of_users), Factors(items.ids, of_items)


def sides(ratings: pa.Table) -> tuple[Side, Side]:
    """The ratings by user and by item, each in ascending order of the others."""
    (users, rows), (items, columns) = (_coded(ratings[name]) for name in ("user_id", "item_id"))
    values = ratings["rating"].to_numpy().astype(np.float32)
    by_user = csr_array((values, (rows, columns)), shape=(len(users), len(items)))
    by_user.sort_indices()
    return Side(users, by_user), Side(items, by_user.T.tocsr())


def _coded(column: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct values, ascending, and the position int32 of each value among them."""
    distinct = pc.unique(column).sort()
    return distinct.to_numpy(), pc.index_in(column, value_set=distinct).to_numpy()
