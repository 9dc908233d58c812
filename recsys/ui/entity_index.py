"""What is known of all users, or of all items, of one published file: held in columns, found by id.

Every page names dozens of things. To ask the engine for them takes longer than to find them here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

MOST_BYTES = 64 << 20  # of a register; what is larger is asked of the engine

Entry = dict[str, Any]


class EntityIndex:
    """The rows of an Arrow table in the order of its column ``id``, each of which is there once."""

    def __init__(self, table: pa.Table) -> None:
        self.ids = table["id"].to_numpy()
        self.table = table.combine_chunks()

    def of_ids(self, wanted: Iterable[int]) -> dict[int, Entry]:
        """The rows that have one of these ids, by id."""
        sought = np.unique(np.fromiter(wanted, np.int64))
        places = np.searchsorted(self.ids, sought)
        places = places[places < len(self.ids)]
        return self._at(places[self.ids[places] == sought[: len(places)]])

    def of_original(self, text: str) -> dict[int, Entry]:
        """The rows with this original id, by id."""
        found = pc.equal(self.table["original_id"], text)
        return self._at(np.flatnonzero(found.to_numpy(zero_copy_only=False)))

    def _at(self, places: np.ndarray) -> dict[int, Entry]:
        return {row["id"]: row for row in self.table.take(pa.array(places)).to_pylist()}


def register(table: pa.Table, most: int = MOST_BYTES) -> EntityIndex | None:
    """The register of a table, None where it would be too large."""
    return EntityIndex(table) if table.nbytes <= most else None
