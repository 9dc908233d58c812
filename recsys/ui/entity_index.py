"""Index of all users or items of a warehouse, held in columns.

Every page names dozens of entities. Finding them here is faster than querying the engine.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

MOST_BYTES = 64 << 20  # larger tables are queried instead

Entry = dict[str, Any]


class EntityIndex:
    """Index the rows of an Arrow table by its unique column ``id``."""

    def __init__(self, table: pa.Table) -> None:
        ids = table["id"].to_numpy()
        self.rows = np.argsort(ids, kind="stable")  # sorting the table takes longer
        self.ids = ids[self.rows]
        self.table = table.combine_chunks()

    def of_ids(self, wanted: Iterable[int]) -> dict[int, Entry]:
        """Return the rows with one of these ids, by id."""
        sought = np.unique(np.fromiter(wanted, np.int64))
        places = np.searchsorted(self.ids, sought)
        places = places[places < len(self.ids)]
        return self._at(self.rows[places[self.ids[places] == sought[: len(places)]]])

    def of_original(self, text: str) -> dict[int, Entry]:
        """Return the rows with this original id, by id."""
        found = pc.equal(self.table["original_id"], text)
        rows = self._at(np.flatnonzero(found.to_numpy(zero_copy_only=False)))
        return dict(sorted(rows.items()))

    def _at(self, places: np.ndarray) -> dict[int, Entry]:
        return {row["id"]: row for row in self.table.take(pa.array(places)).to_pylist()}


def index_of(table: pa.Table, most: int = MOST_BYTES) -> EntityIndex | None:
    """Return the index of a table, None if it is too large."""
    return EntityIndex(table) if table.nbytes <= most else None
