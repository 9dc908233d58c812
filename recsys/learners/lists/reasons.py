"""The interaction that adds most to a score, for many listed items at a time."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from recsys.learners.lists.blend import Blend
from recsys.learners.lists.interactions import Interactions, positions
from recsys.learners.lists.model import ListModel

NO_REASON = -1


def strongest(
    model: ListModel, histories: Interactions, rows: np.ndarray, item_ids: np.ndarray
) -> np.ndarray:
    """Return the entry of ``histories`` that adds most to the score of each listed item.

    Parameters
    ----------
    model : ListModel
        What made the lists. Of a blend, the part that adds most to an item's score gives the reason.
    histories : Interactions
        Of a block of users.
    rows, item_ids : int arrays (listed)
        A user of the block, ascending, and a listed item.

    Returns
    -------
    int64 array (listed)
        -1 where the model has no reasons, or no interaction adds more than 0.
    """
    if isinstance(model, Blend):
        return _of_blend(model, histories, rows, item_ids)
    if isinstance(plain := getattr(model, "blend", None), Blend):  # of a ranker
        return _of_blend(plain, histories, rows, item_ids)
    found = np.full(len(rows), NO_REASON)
    if (stored := getattr(model, "few_weights", None)) is not None:
        from recsys.learners.lists import top_kernels

        begins = np.searchsorted(rows, np.arange(histories.user_count + 1))
        items = positions(model.item_ids, histories.item_ids)[histories.items]
        given = histories.begins, items, model.strengths(histories)  # type: ignore[attr-defined]
        top_kernels.strongest_entries(*given, stored, begins, positions(model.item_ids, item_ids), found)
        return found
    if hasattr(model, "parts"):
        columns = positions(model.item_ids, item_ids)
        begins = np.searchsorted(rows, np.arange(histories.user_count + 1))
        for user, (begin, end) in enumerate(pairwise(begins)):
            listed = begin + np.flatnonzero(columns[begin:end] < len(model.item_ids))
            first, last = histories.begins[user], histories.begins[user + 1]
            if len(listed) and last > first:
                parts = model.parts(histories.users(slice(user, user + 1)), columns[listed])
                best = parts.argmax(axis=0)
                is_reason = parts[best, np.arange(len(best))] > 0
                found[listed] = np.where(is_reason, first + best, NO_REASON)
    return found


def _of_blend(blend: Blend, histories: Interactions, rows: np.ndarray, item_ids: np.ndarray) -> np.ndarray:
    found = np.full(len(rows), NO_REASON)
    columns = positions(blend.item_ids, item_ids)
    known = np.flatnonzero(columns < len(blend.item_ids))
    adds = np.stack(
        [
            blend.weights[name] * blend.part(name, histories)[rows[known], columns[known]]
            for name in blend.parts
        ]
    )
    largest = adds.argmax(axis=0) if len(known) else known
    for place, part in enumerate(blend.parts.values()):
        own = known[largest == place]
        found[own] = strongest(part, histories, rows[own], item_ids[own])
    return found
