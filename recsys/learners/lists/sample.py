"""Take a bounded part of large data, for the search of hyperparameters and for EASE."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.learners.lists import ease
from recsys.learners.lists.interactions import Interactions

MEMORY_SHARE = 0.5  # of the memory limit that the matrices of EASE may take
MOST_PRODUCTS = 10_000_000_000  # entries times items: what the users' form of EASE multiplies, about a minute


@dataclass(frozen=True)
class Size:
    """Numbers of users, items and interactions."""

    users: int
    items: int
    entries: int


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


def limit(size: Size, items: int, memory_bytes: int) -> str:
    """Return how many items EASE covers if not all, and the setting that changes it; else an empty text."""
    covered = affordable_items(size, items, memory_bytes)
    if covered == size.items:
        return ""
    setting = "--set lists.ease_items=N" if covered == items else "--memory SIZE"
    return (
        f"covers the {covered:,} most rated of {size.items:,} items, and other list models the rest: "
        f"{setting} covers more"
    )


def affordable(interactions: Interactions, items: int, memory_bytes: int) -> Interactions:
    """Return the interactions that EASE can be fitted to: those with the most rated items, if not all."""
    size = Size(interactions.user_count, interactions.item_count, interactions.entry_count)
    return most_rated(interactions, affordable_items(size, items, memory_bytes))


def affordable_items(size: Size, items: int, memory_bytes: int) -> int:
    """Return how many items EASE can cover.

    All of them where the users' form of EASE is the smaller one, fits into memory and takes about a minute at
    most; else at most ``items`` and as many as fit.
    """
    limit = int(MEMORY_SHARE * memory_bytes)
    is_short = size.users < size.items and size.entries * size.items <= MOST_PRODUCTS
    if is_short and ease.bytes_needed(size.users, size.items) <= limit:
        return size.items
    most = min(items, size.items)
    while most > 1 and ease.bytes_needed(max(size.users, most), most) > limit:
        most = most * 9 // 10
    return most
