"""Scores by attributes: how much an item shares with the history of its artists, albums and genres.

A content-based model (Lops, de Gemmis and Semeraro, "Content-based recommender systems", Recommender Systems
Handbook, 2011) with attributes weighted by their rarity. It scores items that no user has chosen yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_array

from recsys.learners.lists.interactions import Interactions
from recsys.learners.lists.model import rounded, settings_of, settings_table
from recsys.learners.lists.weighting import LIKES, SumOverHistory, weights


@dataclass(frozen=True)
class AttributeModel(SumOverHistory):
    """Attributes of items: the score of an item is the sum of its cosines with the items of the history.

    Parameters
    ----------
    item_ids : int64 array (items)
        Ascending.
    attribute_ids : int64 array (attributes)
        Ascending.
    matrix : csr_array float64 (items, attributes)
        Weights of an item's attributes; each row has length 1.
    weighting : str
        How strongly an interaction counts, see `weighting`.
    """

    item_ids: np.ndarray
    attribute_ids: np.ndarray
    matrix: csr_array
    weighting: str

    def scores(self, histories: Interactions) -> np.ndarray:
        """Return the scores float64 (users, items) from the attributes of the histories."""
        inputs = weights(histories.with_items(self.item_ids), self.weighting)
        return rounded(((inputs @ self.matrix) @ self.matrix.T).toarray())

    def item_weights(self, places: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Return the cosines float64 (places, items) of items of a history and items, both by position."""
        return (csr_array(self.matrix[places]) @ csr_array(self.matrix[items]).T).toarray()

    def to_tables(self) -> Mapping[str, pa.Table]:
        """Return ``settings`` and ``item_attributes (item_id, attribute_id, weight)``."""
        rows = np.repeat(self.item_ids, np.diff(self.matrix.indptr))
        names = self.attribute_ids[self.matrix.indices]
        columns = {"item_id": rows, "attribute_id": names, "weight": self.matrix.data}
        settings = settings_table({"weighting": self.weighting})
        return {"settings": settings, "item_attributes": pa.table(columns)}

    @classmethod
    def from_tables(cls, tables: Mapping[str, pa.Table]) -> AttributeModel:
        """Return the model that `to_tables` wrote; rows in any order."""
        table, settings = tables["item_attributes"], settings_of(tables["settings"])
        items, attributes = (table[name].to_numpy() for name in ("item_id", "attribute_id"))
        item_ids, rows = np.unique(items, return_inverse=True)
        attribute_ids, columns = np.unique(attributes, return_inverse=True)
        values = table["weight"].to_numpy().astype(np.float64)
        shape = len(item_ids), len(attribute_ids)
        matrix = csr_array((values, (rows.astype(np.int32), columns.astype(np.int32))), shape=shape)
        matrix.sort_indices()
        ids = item_ids.astype(np.int64), attribute_ids.astype(np.int64)
        return cls(*ids, matrix, settings.get("weighting", LIKES))
