"""Item weights by EASE and EDLAE: ridge regressions of each item on all others, solved at once.

Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019; "Autoencoders that don't overfit
towards the Identity", NeurIPS 2020, for the penalty that grows with an item's weight. With X the input
(users, items) and the penalties L_i = regularization + dropout / (1 - dropout) * sum over users of x_ui^2,

    P = (X'X + diag(L))^-1        weight of j for i = -P_ji / P_ii, and 0 for i = j

The primal form inverts X'X + diag(L), items by items; the dual form takes the same P from users by users
(`recsys.learners.ease.dual`), so that the cost grows with the smaller side.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_array

from recsys.learners.common.blas import one_thread
from recsys.learners.ease.dual import Dual
from recsys.learners.ease.sweep import gram, mirror, negative_inverse
from recsys.learners.lists.interactions import Interactions
from recsys.learners.lists.leaders import Leaders
from recsys.learners.lists.linear import LinearModel
from recsys.learners.lists.model import STEP, rounded
from recsys.learners.lists.pruning import Budget, prune
from recsys.learners.lists.threads import tiles
from recsys.learners.lists.weighting import weights

TILE = 512
_USERS = 64  # rows of all scores at a time
_FULL_PRECISION = 1024  # items up to which the primal form is solved in double precision


@dataclass(frozen=True)
class EaseParameters:
    """Hold the hyperparameters, chosen by validation.

    Parameters
    ----------
    weighting : str
        Input, see `weighting`.
    regularization : float
        Penalty that all items share, above 0.
    dropout : float
        Share of the input that EDLAE drops in expectation, 0 (EASE) or more and below 1.
    """

    weighting: str = "likes"
    regularization: float = 300.0
    dropout: float = 0.0


class Solution(Protocol):
    """Hold the solved regressions of one input."""

    def weights_of(self, items: slice) -> np.ndarray:
        """Return the weights float32 (items of the block, all items) of all history items for a block."""

    def fitted(self, users: np.ndarray) -> np.ndarray:
        """Return the scores float32 (users, items) of users of the training data."""


def fit(
    interactions: Interactions, parameters: EaseParameters, budget: Budget, threads: int = 2
) -> LinearModel:
    """Fit EASE on all users.

    Parameters
    ----------
    interactions : Interactions
        Training data; leave out items beforehand where their number does not fit into memory, see
        `bytes_needed`.
    parameters : EaseParameters
        Hyperparameters.
    budget : Budget
        How many weights are kept.
    threads : int
        Threads; the weights are the same for any number.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the penalties are too small for single precision.
    """
    inputs = weights(interactions, parameters.weighting)
    solution = solve(inputs, parameters, threads)
    counts = interactions.rater_counts
    stored = prune(solution.weights_of, counts, interactions.is_candidate, budget, threads)
    return LinearModel(interactions.item_ids, stored, parameters.weighting)


def solve(
    inputs: csr_array,
    parameters: EaseParameters,
    threads: int = 2,
    is_dual: bool | None = None,
    products: np.ndarray | None = None,
) -> Solution:
    """Solve the regressions in the form that is cheaper, or in the one named by ``is_dual``.

    ``products`` is X'X of the same inputs where it is known already, see `item_products`.
    """
    if is_dual is None:
        is_dual = prefers_dual(inputs)
    squares = np.asarray(inputs.power(2).sum(axis=0)).ravel()
    growth = parameters.dropout / (1.0 - parameters.dropout)
    penalties = parameters.regularization + growth * squares
    with one_thread(), ThreadPoolExecutor(threads) as pool:
        if is_dual:
            return _OfDual(Dual.solved(inputs, penalties, pool))
        if products is None:
            products = _products(inputs, pool)
        return _Primal.solved(inputs, products.copy(), penalties, pool)


def prefers_dual(inputs: csr_array) -> bool:
    """Return whether the dual form is cheaper: fewer users than items."""
    return bool(inputs.shape[0] < inputs.shape[1])


def item_products(inputs: csr_array, threads: int = 2) -> np.ndarray:
    """Return X'X (items, items) for `solve`, which leaves it as it is."""
    with ThreadPoolExecutor(threads) as pool:
        return _products(inputs, pool)


@dataclass(frozen=True)
class FittedUsers:
    """A solution as a list model of the users of its training data, without forming the weights."""

    item_ids: np.ndarray
    user_ids: np.ndarray
    solution: Solution

    def scores(self, histories: Interactions) -> np.ndarray:
        """Return the scores float64 (users, items) of users of the training data, by their ids."""
        rows = np.searchsorted(self.user_ids, histories.user_ids)
        return rounded(self.solution.fitted(rows).astype(np.float64))

    def leaders(self, histories: Interactions) -> Leaders:
        """Return the best unseen items of users of the training data."""
        from recsys.learners.lists import leader_kernels

        found = Leaders.empty(histories.user_count)
        for rows in tiles(histories.user_count, _USERS):
            some = histories.users(rows)
            given = self.scores(some), some.begins, some.items, some.is_candidate, STEP
            leader_kernels.of_rows(*given, found.best[rows], found.items[rows], found.counts[rows])
        return found

    def scores_of(self, histories: Interactions, rows: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Return the scores float64 (pairs) of pairs of a row and an item position; ``rows`` ascend."""
        begins, found = np.searchsorted(rows, np.arange(histories.user_count + 1)), np.empty(len(items))
        for users in tiles(histories.user_count, _USERS):
            pairs = slice(begins[users.start], begins[users.stop])
            found[pairs] = self.scores(histories.users(users))[rows[pairs] - users.start, items[pairs]]
        return found

    def to_tables(self) -> Mapping[str, pa.Table]:
        """Return no relation: this model serves validation alone."""
        return {}


def bytes_needed(user_count: int, item_count: int) -> int:
    """Return the memory of the cheaper form in bytes."""
    if user_count < item_count:
        return 8 * user_count**2 + 4 * user_count * item_count * 2 + 4 * TILE * item_count
    return 4 * item_count**2 + 4 * TILE * item_count * 2


@dataclass(frozen=True)
class _Primal:
    """-P with its diagonal, ``matrix`` (items, items), valid on and below the diagonal of tiles."""

    matrix: np.ndarray
    inputs: csr_array

    @classmethod
    def solved(
        cls, inputs: csr_array, matrix: np.ndarray, penalties: np.ndarray, pool: ThreadPoolExecutor
    ) -> _Primal:
        matrix[np.diag_indices(len(matrix))] += penalties.astype(matrix.dtype)
        negative_inverse(matrix, pool)
        mirror(matrix)
        return cls(matrix, inputs)

    def weights_of(self, items: slice) -> np.ndarray:
        found = self.matrix[items] / -np.diagonal(self.matrix)[items, None]
        found[np.arange(len(found)), np.arange(items.start, items.start + len(found))] = 0.0
        return found.astype(np.float32, copy=False)

    def fitted(self, users: np.ndarray) -> np.ndarray:
        given = csr_array(self.inputs[users]).astype(self.matrix.dtype)
        diagonal = -np.diagonal(self.matrix)
        return (given @ self.matrix + given.toarray() * diagonal) / diagonal


@dataclass(frozen=True)
class _OfDual:
    """The solution from users by users."""

    dual: Dual

    def weights_of(self, items: slice) -> np.ndarray:
        dual = self.dual
        found = dual.products(items)
        found /= (dual.penalties * dual.diagonal)[items].astype(np.float32)
        places = np.arange(items.start, items.stop)
        found[places, places - items.start] = 0.0
        return found.T

    def fitted(self, users: np.ndarray) -> np.ndarray:
        dual = self.dual
        scale = dual.penalties * dual.diagonal
        return dual.inputs[users].toarray() - dual.solved_inputs[users] / scale


def _products(inputs: csr_array, pool: ThreadPoolExecutor) -> np.ndarray:
    """Return X'X, in double precision for few items."""
    by_item = csr_array(inputs.T.tocsr())
    if inputs.shape[1] > _FULL_PRECISION:
        return gram(by_item, pool)
    found: np.ndarray = (by_item @ by_item.T).toarray()
    return found
