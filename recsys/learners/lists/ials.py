"""Factors of users and items by implicit alternating least squares with frequency-scaled regularisation.

Hu, Koren and Volinsky, "Collaborative Filtering for Implicit Feedback Datasets", ICDM 2008, in the form of
Rendle, Krichene, Zhang and Koren, "Revisiting the Performance of iALS on Item Recommendation Benchmarks",
RecSys 2022:

    sum over interactions  c_ui (1 - w_u . h_i)^2  +  unobserved * sum over all pairs (w_u . h_i)^2
    + regularization * (sum over u (n_u + unobserved * items) |w_u|^2 + sum over i (n_i + unobserved * users)
    |h_i|^2)

n are numbers of interactions, c_ui their weights. Each step solves for all rows of one side: exactly for few
factors, by some conjugate gradients from the last solution for `MANY` (Takacs, Pilaszy and Tikk,
"Applications of the conjugate gradient method for implicit feedback collaborative filtering", RecSys 2011).
Items are kept; a user's factors are solved exactly from the history when it is scored, in the same way for
users of the training data, later ones and visitors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_array

from recsys.learners.common.blas import one_thread
from recsys.learners.lists import ials_kernels
from recsys.learners.lists.interactions import Interactions, positions
from recsys.learners.lists.leaders import Leaders
from recsys.learners.lists.model import STEP, rounded, settings_of, settings_table
from recsys.learners.lists.threads import for_rows, tiles
from recsys.learners.lists.weighting import weights

MANY = 64  # factors from which conjugate gradients are faster than exact solutions
# Conjugate gradients of a row in each epoch: as good as exact solutions, in less than half the time.
_STEPS = 3
_SPREAD = 0.1  # standard deviation of the first item factors, times the root of their number: Rendle et al.
_PAIRS = 1 << 18  # pairs whose factors are in memory
_TILE = 64  # users of one matrix product: always as many, so that a row does not depend on the others


@dataclass(frozen=True)
class IalsParameters:
    """Hold the hyperparameters, chosen by validation.

    Parameters
    ----------
    weighting : str
        Confidence of an interaction, see `weighting`.
    factors : int
        Number of factors.
    unobserved : float
        Weight of all pairs without an interaction (alpha 0), above 0.
    regularization : float
        Penalty, above 0.
    epochs : int
        Alternations.
    seed : int
        Seed of the first factors.
    """

    weighting: str = "likes"
    factors: int = 64
    unobserved: float = 0.2
    regularization: float = 0.01
    epochs: int = 12
    seed: int = 2019


@dataclass(frozen=True)
class Side:
    """Rotated factors of one side: ``factors`` float64 (rows, rank) whose F'F is diag(``squares``).

    ``axes`` (rank, rank) turned the factors.
    """

    factors: np.ndarray
    squares: np.ndarray
    axes: np.ndarray

    @classmethod
    def of(cls, factors: np.ndarray) -> Side:
        """Return the factors turned so that they are uncorrelated; inner products of both sides stay."""
        with one_thread():
            squares, axes = np.linalg.eigh(factors.T @ factors)
            return cls(np.ascontiguousarray(factors @ axes), np.maximum(squares, 0.0), axes)

    def solve(
        self,
        given: csr_array,
        parameters: IalsParameters,
        threads: int,
        start: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return the factors float64 (rows of ``given``, rank) of the other side.

        Each row is solved exactly, or brought closer to that from ``start`` (rows, rank).
        """
        begins, solved = given.indptr.astype(np.int64), np.empty((given.shape[0], len(self.squares)))
        base = parameters.unobserved * self.squares
        scale = np.diff(begins) + parameters.unobserved * len(self.factors)
        entries = begins, given.indices.astype(np.int32), given.data.astype(np.float64)

        if start is not None:
            solved[:] = start

        def piece(first: int, last: int) -> bool:
            penalties = parameters.regularization * scale
            if start is not None:
                given = *entries, self.factors, base, penalties, _STEPS
                ials_kernels.approach(*given, first, last, solved)
                return bool(np.isfinite(solved[first:last]).all())
            return bool(ials_kernels.solve(*entries, self.factors, base, penalties, first, last, solved))

        if not all(for_rows(piece, len(solved), threads)):
            raise np.linalg.LinAlgError("iALS has no unique solution: raise its regularization")
        return solved


@dataclass(frozen=True)
class IalsModel:
    """Item factors: ``factors`` float32 (items, rank) of ``item_ids`` (ascending)."""

    item_ids: np.ndarray
    factors: np.ndarray
    parameters: IalsParameters

    def scores(self, histories: Interactions, threads: int = 1) -> np.ndarray:
        """Return the scores float64 (users, items) from the users' factors, solved from their histories."""
        found = np.empty((histories.user_count, len(self.item_ids)))
        for rows, scores in self._products(self.user_factors(histories, threads)):
            found[rows] = scores
        return rounded(found)

    def leaders(self, histories: Interactions) -> Leaders:
        """Return the best unseen items of users, some rows of scores at a time."""
        from recsys.learners.lists import leader_kernels

        found = Leaders.empty(histories.user_count)
        for rows, scores in self._products(self.user_factors(histories)):
            some = histories.users(rows)
            given = scores, some.begins, some.items, some.is_candidate, STEP
            leader_kernels.of_rows(*given, found.best[rows], found.items[rows], found.counts[rows])
        return found

    def scores_of(self, histories: Interactions, rows: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Return the scores float64 (pairs) of pairs of a row and an item position."""
        users, found = self.user_factors(histories), np.empty(len(items))
        for some in tiles(len(items), _PAIRS):
            found[some] = np.einsum("ij,ij->i", users[rows[some]], self._side.factors[items[some]])
        return rounded(found)

    def _products(self, users: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield inner products float64 (users, items) of some users, in tiles of one shape."""
        padded = np.zeros((_TILE, users.shape[1]))
        for rows in tiles(len(users), _TILE):
            padded[: rows.stop - rows.start] = users[rows]
            with one_thread():
                products = padded @ self._side.factors.T
            yield rows, products[: rows.stop - rows.start]

    def user_factors(self, histories: Interactions, threads: int = 1) -> np.ndarray:
        """Return the factors float64 (users, rank) of users, on the axes of the rotated item factors."""
        given = weights(histories.with_items(self.item_ids), self.parameters.weighting)
        return self._side.solve(given, self.parameters, threads)

    def strengths(self, history: Interactions) -> np.ndarray:
        """Return how strongly each entry of a history counts, float64 (entries)."""
        found: np.ndarray = weights(history, self.parameters.weighting).data
        return found

    def contributions(self, history: Interactions, item: int) -> np.ndarray:
        """Return what each entry of one user's history adds to the score of ``item`` (position).

        With A = F'CF + D, the score h_i' A^-1 F'c is the sum over history items j of h_i' A^-1 h_j c_j.
        """
        return self.parts(history, np.array([item]))[:, 0]

    def parts(self, history: Interactions, items: np.ndarray) -> np.ndarray:
        """Return what each entry of one user's history adds to scores, float64 (entries, items)."""
        place = positions(self.item_ids, history.item_ids[history.items])
        known = place < len(self.item_ids)
        given, parts = self._side.factors[place[known]], np.zeros((history.entry_count, len(items)))
        confidences = weights(history, self.parameters.weighting).data[known]
        scale = known.sum() + self.parameters.unobserved * len(self.item_ids)
        matrix = (given.T * confidences) @ given
        matrix += np.diag(
            self.parameters.unobserved * self._side.squares + self.parameters.regularization * scale
        )
        solved = np.linalg.solve(matrix, self._side.factors[items].T)
        parts[known] = (given @ solved) * confidences[:, None]
        return parts

    def strongest_entries(
        self, histories: Interactions, listed_begins: np.ndarray, listed: np.ndarray, found: np.ndarray
    ) -> None:
        """Put the entry of ``histories`` that adds most to each listed item's score into ``found``.

        ``listed[listed_begins[u]:listed_begins[u + 1]]`` are the items of user u, by position. Where no entry
        adds more than 0, ``found`` stays as it is.
        """
        parameters, side = self.parameters, self._side
        items = positions(self.item_ids, histories.item_ids)[histories.items]
        given = histories.begins, items, self.strengths(histories), side.factors
        penalties = parameters.unobserved * side.squares, parameters.regularization, parameters.unobserved
        ials_kernels.strongest_entries(*given, *penalties, listed_begins, listed, found)

    def to_tables(self) -> Mapping[str, pa.Table]:
        """Return ``settings`` and ``item_factors (item_id, factors FLOAT[])``."""
        rank = self.factors.shape[1]
        lists = pa.ListArray.from_arrays(
            np.arange(0, self.factors.size + 1, rank, dtype=np.int32), pa.array(self.factors.ravel())
        )
        return {
            "settings": settings_table(vars(self.parameters)),
            "item_factors": pa.table({"item_id": self.item_ids, "factors": lists}),
        }

    @classmethod
    def from_tables(cls, tables: Mapping[str, pa.Table]) -> IalsModel:
        """Return the model that `to_tables` wrote; rows in any order."""
        table = tables["item_factors"].sort_by("item_id").combine_chunks()
        parameters = _parameters(settings_of(tables["settings"]))
        lists = table["factors"].combine_chunks() if table.num_rows else None
        flat = np.zeros(0, np.float32) if lists is None else lists.flatten().to_numpy()
        factors = flat.astype(np.float32).reshape(-1, parameters.factors)
        return cls(table["item_id"].to_numpy(), factors, parameters)

    @cached_property
    def _side(self) -> Side:
        return Side.of(self.factors.astype(np.float64))


def fit(interactions: Interactions, parameters: IalsParameters, threads: int = 2) -> IalsModel:
    """Fit item factors on all users.

    Parameters
    ----------
    interactions : Interactions
        Training data.
    parameters : IalsParameters
        Hyperparameters.
    threads : int
        Threads; the factors are the same for any number.

    Raises
    ------
    numpy.linalg.LinAlgError
        If a row has no unique solution.
    """
    by_user = weights(interactions, parameters.weighting)
    by_item = csr_array(by_user.T.tocsr())
    rng = np.random.default_rng(parameters.seed)
    shape = interactions.item_count, parameters.factors
    items = rng.normal(size=shape) * _SPREAD / np.sqrt(parameters.factors)
    users = np.zeros((len(by_user.indptr) - 1, parameters.factors))
    is_exact = parameters.factors < MANY
    for _ in range(parameters.epochs):
        side = Side.of(items)
        users = side.solve(by_user, parameters, threads, None if is_exact else users @ side.axes)
        items, side = side.factors, Side.of(users)
        items = side.solve(by_item, parameters, threads, None if is_exact else items @ side.axes)
        users = side.factors
    return IalsModel(interactions.item_ids, items.astype(np.float32), parameters)


def _parameters(texts: Mapping[str, str]) -> IalsParameters:
    kinds: dict[str, Any] = {"weighting": str, "factors": int, "epochs": int, "seed": int}
    return IalsParameters(**{key: kinds.get(key, float)(text) for key, text in texts.items()})
