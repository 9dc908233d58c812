"""Linear models of item weights: the score of an item is the weighted sum of its weights from the history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_array

from recsys.learners.common.compiled import IS_COMPILED
from recsys.learners.lists.interactions import Interactions, distinct, positions
from recsys.learners.lists.leaders import Leaders
from recsys.learners.lists.model import STEP, rounded, settings_of, settings_table
from recsys.learners.lists.weighting import LIKES, SparseRows, SumOverHistory, weights

_DENSE = 0.5  # share of stored weights from which a full matrix is faster


@dataclass(frozen=True)
class LinearModel(SumOverHistory):
    """Item weights: ``weights[j, i]`` float32 (items, items) is what item j in a history adds to item i.

    Parameters
    ----------
    item_ids : int64 array (items)
        Ascending.
    weights : csr_array float32 (items, items)
        Row j: the item of the history; column i: the item that is scored.
    weighting : str
        How strongly an interaction counts, see `weighting`.
    """

    item_ids: np.ndarray
    weights: csr_array
    weighting: str

    def scores(self, histories: Interactions) -> np.ndarray:
        """Return the scores float64 (users, items): sums over the history, in the order of the item ids."""
        inputs = weights(histories.with_items(self.item_ids), self.weighting)
        found = np.zeros(inputs.shape)
        if not IS_COMPILED:
            made = inputs @ self._double
            return rounded(made if isinstance(made, np.ndarray) else made.toarray())
        from recsys.learners.common import product_kernels

        given = inputs.indptr.astype(np.int64), inputs.indices, inputs.data
        if self._dense is not None:
            product_kernels.add_rows(*given, self._dense, found)
        else:
            product_kernels.add_sparse_rows(*given, *self._rows, found)
        return rounded(found)

    def item_weights(self, places: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Return the weights float64 (places, items) of items of a history for items, both by position."""
        return csr_array(self.weights[places])[:, items].toarray().astype(np.float64)

    def to_tables(self) -> Mapping[str, pa.Table]:
        """Return ``settings`` and ``item_weights (item_j, item_i, weight)``, by item_j and item_i.

        Items without a weight have no row: they score 0.
        """
        rows = np.repeat(self.item_ids, np.diff(self.weights.indptr))
        columns = {"item_j": rows, "item_i": self.item_ids[self.weights.indices], "weight": self.weights.data}
        return {"settings": settings_table({"weighting": self.weighting}), "item_weights": pa.table(columns)}

    @classmethod
    def from_tables(cls, tables: Mapping[str, pa.Table]) -> LinearModel:
        """Return the model that `to_tables` wrote; rows in any order, of all items or of some histories."""
        table, settings = tables["item_weights"], settings_of(tables["settings"])
        j, i = (table[name].to_numpy() for name in ("item_j", "item_i"))
        ids = distinct(j, i)
        values = table["weight"].to_numpy().astype(np.float32)
        places = [positions(ids, one).astype(np.int32) for one in (j, i)]
        stored = csr_array((values, tuple(places)), shape=(len(ids), len(ids)))
        stored.sort_indices()
        return cls(ids, stored, settings.get("weighting", LIKES))

    def with_items(self, item_ids: np.ndarray) -> LinearModel:
        """Return the same weights between more items, ascending, that include those of the model."""
        if np.array_equal(item_ids, self.item_ids):
            return self
        place, weights, count = np.searchsorted(item_ids, self.item_ids), self.weights.tocoo(), len(item_ids)
        wider = csr_array((weights.data, (place[weights.row], place[weights.col])), shape=(count, count))
        wider.sort_indices()
        return LinearModel(item_ids, wider, self.weighting)

    @property
    def few_weights(self) -> SparseRows | None:
        """Return the weights by item of the history; None where a full matrix or interpreted code is used."""
        return self._rows if IS_COMPILED and self._dense is None else None

    def leaders(self, histories: Interactions) -> Leaders | None:
        """Return the best unseen items of users, by what their histories have weights for."""
        if self.few_weights is None:
            return None
        from recsys.learners.lists import leader_kernels

        found = Leaders.empty(histories.user_count)
        given = histories.begins, histories.items, self.strengths(histories), self._rows
        leader_kernels.of_sums(*given, histories.is_candidate, STEP, found.best, found.items, found.counts)
        return found

    def scores_of(self, histories: Interactions, rows: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Return the scores float64 (pairs) of pairs of a row and an item position; rows ascend."""
        from recsys.learners.lists import leader_kernels

        begins = np.searchsorted(rows, np.arange(histories.user_count + 1))
        given = histories.begins, histories.items, self.strengths(histories), self._rows, self.weights_by_item
        found = np.empty(len(items))
        leader_kernels.sums_of_pairs(*given, begins, items, STEP, found)
        return found

    @cached_property
    def weights_by_item(self) -> SparseRows | None:
        """Return the weights by scored item, those of each by item of the history; None without numba."""
        if not IS_COMPILED:
            return None
        found = self.weights.tocsc()
        return found.indptr.astype(np.int64), found.indices, found.data

    @cached_property
    def _rows(self) -> SparseRows:
        return self.weights.indptr.astype(np.int64), self.weights.indices, self.weights.data

    @cached_property
    def _double(self) -> np.ndarray | csr_array:
        """The weights in double precision, for sums that are not compiled."""
        return (self.weights if self._dense is None else self._dense).astype(np.float64)

    @cached_property
    def _dense(self) -> np.ndarray | None:
        size = self.weights.shape[0]
        is_full = size > 0 and self.weights.nnz > _DENSE * size**2
        return self.weights.toarray() if is_full else None
