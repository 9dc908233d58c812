"""The interaction that adds most to a score, for many listed items at a time."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from recsys.learners.lists.blend import Composite
from recsys.learners.lists.interactions import Interactions, positions
from recsys.learners.lists.model import ListModel

NO_REASON = -1


def strongest(
    model: ListModel,
    histories: Interactions,
    rows: np.ndarray,
    item_ids: np.ndarray,
    strongest_parts: np.ndarray | None = None,
) -> np.ndarray:
    """Return the entry of ``histories`` that adds most to the score of each listed item.

    Parameters
    ----------
    model : ListModel
        What made the lists. Of a composite, the part that adds most to an item's score gives the reason.
    histories : Interactions
        Of a block of users.
    rows, item_ids : int arrays (listed)
        A user of the block, ascending, and a listed item.
    strongest_parts : int array (listed), optional
        Number of the part of a composite that adds most to each score, where it is known already.

    Returns
    -------
    int64 array (listed)
        -1 where the model has no reasons, or no interaction adds more than 0.
    """
    if isinstance(model, Composite):
        return _of_parts(model, histories, rows, item_ids, strongest_parts)
    found = np.full(len(rows), NO_REASON)
    if (stored := getattr(model, "weights_by_item", None)) is not None:
        from recsys.learners.lists import top_kernels

        begins = np.searchsorted(rows, np.arange(histories.user_count + 1))
        items = positions(model.item_ids, histories.item_ids)[histories.items]
        given = histories.begins, items, model.strengths(histories)  # type: ignore[attr-defined]
        top_kernels.strongest_entries(*given, stored, begins, positions(model.item_ids, item_ids), found)
        return found
    if (put := getattr(model, "strongest_entries", None)) is not None:
        begins = np.searchsorted(rows, np.arange(histories.user_count + 1))
        put(histories, begins, positions(model.item_ids, item_ids), found)
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


def _of_parts(
    model: Composite,
    histories: Interactions,
    rows: np.ndarray,
    item_ids: np.ndarray,
    strongest_parts: np.ndarray | None,
) -> np.ndarray:
    found = np.full(len(rows), NO_REASON)
    columns = positions(model.item_ids, item_ids)
    is_known = columns < len(model.item_ids)
    if strongest_parts is None:
        strongest_parts = np.zeros(len(rows), np.int64)
        scored = model.scored(histories)
        strongest_parts[is_known] = scored.strongest_part(rows[is_known], columns[is_known])
    for place, part in enumerate(model.parts.values()):
        own = np.flatnonzero(is_known & (strongest_parts == place))
        if len(own):
            found[own] = strongest(part, histories, rows[own], item_ids[own])
    return found
