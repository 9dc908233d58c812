"""Weights of pairs of items by compiled loops, as ``neighbours.sql`` and ``item_knn.sql`` define them.

A join of all pairs takes ten times the processor time and gigabytes; a loop holds the sums of one item at a
time. Sums are of whole trillionths, as in the SQL, so that the rows are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_array

from recsys.learners.lists.interactions import distinct, positions
from recsys.learners.lists.item_knn import ItemKnnParameters, strongest
from recsys.learners.lists.neighbours import NeighbourParameters
from recsys.learners.lists.stored import parameters
from recsys.learners.lists.threads import for_rows
from recsys.project.contract import Context, Relation, proven

WEIGHTS = proven(
    pa.schema({"item_j": pa.int32(), "item_i": pa.int32(), "weight": pa.float64()}), ("item_j", "item_i")
)


def neighbours(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table]:
    """Return the rows of ``lists.neighbours (item_j, item_i, weight)``.

    Parameters
    ----------
    inputs : mapping
        ``placed (user_id, place, item_id, strength, share, is_sampled)`` in the order of user and place,
        ``items`` that may be recommended, and ``chosen`` settings.
    settings : mapping
        ``kept`` weights of each item_j.
    context : Context
        Threads.
    """
    from recsys.learners.lists import pair_kernels

    chosen = parameters(NeighbourParameters, inputs["chosen"].arrow(), "neighbours")
    placed = inputs["placed"].arrow()
    users, strengths, is_sampled = (placed[name].to_numpy() for name in ("user_id", "strength", "is_sampled"))
    ids, items, is_candidate = _items(placed, inputs["items"].arrow())
    begins, places = _by_item(items, len(ids))
    sampled = np.ones(len(ids))
    sampled[items] = placed["share"].to_numpy()
    decays = np.array([0.0, *(float(apart) ** -chosen.decay for apart in range(1, chosen.window + 1))])
    takes_part = is_sampled & is_candidate[items]
    found, weights = _empty(len(ids), settings["kept"])
    given = users, items, strengths, takes_part, places, begins, decays, sampled
    for_rows(lambda a, b: pair_kernels.near(*given, a, b, found, weights), len(ids), context.threads)
    rows, columns = np.nonzero(weights)
    return {"lists.neighbours": _table(ids, rows, found[rows, columns], weights[rows, columns])}


def item_knn(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table]:
    """Return the rows of ``lists.item_knn (item_j, item_i, weight)``.

    Parameters
    ----------
    inputs : mapping
        ``parts (user_id, item_id, part)``, ``items`` that may be recommended, ``size`` of the data and
        ``chosen`` settings.
    settings : mapping
        Empty.
    context : Context
        Threads.
    """
    chosen = parameters(ItemKnnParameters, inputs["chosen"].arrow(), "item_knn")
    table = inputs["parts"].arrow()
    ids, items, is_candidate = _items(table, inputs["items"].arrow())
    user_ids = table["user_id"].to_numpy()
    users = positions(known := distinct(user_ids), user_ids)
    parts = csr_array((table["part"].to_numpy(), (users, items)), shape=(len(known), len(ids)))
    parts.sort_indices()
    user_count = inputs["size"].arrow()["user_count"][0].as_py()
    factor = 1.0 if chosen.similarity == "cosine" else float(np.log(max(1, user_count))) ** 2
    found, weights = strongest(parts, factor, chosen.neighbours, context.threads)
    weights[~is_candidate] = 0.0
    scored, columns = np.nonzero(weights)
    history, values = found[scored, columns], weights[scored, columns]
    order = np.lexsort((scored, history))
    return {"lists.item_knn": _table(ids, history[order], scored[order], values[order])}


def _items(table: pa.Table, candidates: pa.Table) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the item ids, ascending, the position of each row's item, and which may be recommended."""
    given = table["item_id"].to_numpy()
    ids = distinct(given)
    is_candidate = np.zeros(len(ids) + 1, bool)
    is_candidate[positions(ids, candidates["item_id"].to_numpy())] = True
    return ids, positions(ids, given).astype(np.int32), is_candidate[:-1]


def _by_item(items: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return where the rows of each item begin among ``places``, and the rows."""
    from recsys.learners.lists import pair_kernels

    begins = np.concatenate([[0], np.cumsum(np.bincount(items, minlength=count))])
    places = np.empty(len(items), np.int64)
    pair_kernels.by_item(items, begins, places)
    return begins, places


def _empty(count: int, kept: int) -> tuple[np.ndarray, np.ndarray]:
    width = min(kept, count)
    return np.zeros((count, width), np.int32), np.zeros((count, width))


def _table(ids: np.ndarray, rows: np.ndarray, columns: np.ndarray, weights: np.ndarray) -> pa.Table:
    return pa.table([ids[rows], ids[columns], weights], names=WEIGHTS.names).cast(WEIGHTS)
