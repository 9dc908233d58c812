"""Take a bounded part of large data, for the search of hyperparameters and for EASE."""

from __future__ import annotations

import numpy as np

from recsys.learners.lists import ease
from recsys.learners.lists.interactions import Interactions

MEMORY_SHARE = 0.5  # of the memory limit that the matrices of EASE may take
MOST_PRODUCTS = 10_000_000_000  # entries times items: what the users' form of EASE multiplies, about a minute


def most_rated(interactions: Interactions, count: int) -> Interactions:
    """Return the interactions with the ``count`` most rated items, of equal ones the first by id."""
    if interactions.item_count <= count:
        return interactions
    order = np.argsort(-interactions.rater_counts, kind="stable")[:count]
    return interactions.with_items(interactions.item_ids[np.sort(order)])


def sampled(interactions: Interactions, users: int, items: int) -> Interactions:
    """Return the interactions of at most ``users`` users, evenly spread by id, with the most rated items."""
    if interactions.user_count > users:
        rows = np.linspace(0, interactions.user_count - 1, users).astype(np.int64)
        interactions = interactions.users(rows)
    return most_rated(interactions, items)


def affordable(interactions: Interactions, items: int, memory_bytes: int) -> Interactions:
    """Return the interactions that EASE can be fitted to.

    All of them where the users' form of EASE is the smaller one, fits into memory and takes about a minute at
    most; else those with the most rated items, at most ``items`` and as many as fit.
    """
    users = interactions.user_count
    limit = int(MEMORY_SHARE * memory_bytes)
    is_short = users < interactions.item_count and (
        interactions.entry_count * interactions.item_count <= MOST_PRODUCTS
    )
    if is_short and ease.bytes_needed(users, interactions.item_count) <= limit:
        return interactions
    most = min(items, interactions.item_count)
    while most > 1 and ease.bytes_needed(max(users, most), most) > limit:
        most = most * 9 // 10
    return most_rated(interactions, most)
