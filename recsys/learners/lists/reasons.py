"""The interaction that adds most to a score, for many listed items at a time."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from recsys.learners.lists.interactions import Interactions, positions
from recsys.learners.lists.linear import LinearModel
from recsys.learners.lists.model import ListModel
from recsys.learners.lists.weighting import weights

NO_REASON = -1


def strongest(
    model: ListModel, histories: Interactions, rows: np.ndarray, item_ids: np.ndarray
) -> np.ndarray:
    """Return the entry of ``histories`` that adds most to the score of each listed item.

    Parameters
    ----------
    model : ListModel
        What made the lists.
    histories : Interactions
        Of a block of users.
    rows, item_ids : int arrays (listed)
        A user of the block, ascending, and a listed item.

    Returns
    -------
    int64 array (listed)
        -1 where the model has no reasons, or nothing adds more than 0.
    """
    if isinstance(model, LinearModel):
        return _of_linear(model, histories, rows, item_ids)
    return np.full(len(rows), NO_REASON)


def _of_linear(
    model: LinearModel, histories: Interactions, rows: np.ndarray, item_ids: np.ndarray
) -> np.ndarray:
    found = np.full(len(rows), NO_REASON)
    strengths = weights(histories, model.weighting).data
    place = positions(model.item_ids, histories.item_ids[histories.items])
    columns = positions(model.item_ids, item_ids)
    begins = np.searchsorted(rows, np.arange(histories.user_count + 1))
    for user, (begin, end) in enumerate(pairwise(begins)):
        listed = begin + np.flatnonzero(columns[begin:end] < len(model.item_ids))
        entries = np.arange(histories.begins[user], histories.begins[user + 1])
        entries = entries[place[entries] < len(model.item_ids)]
        if len(listed) and len(entries):
            parts = model.weights[place[entries]][:, columns[listed]].toarray() * strengths[entries, None]
            best = parts.argmax(axis=0)
            found[listed] = np.where(parts[best, np.arange(len(best))] > 0, entries[best], NO_REASON)
    return found
