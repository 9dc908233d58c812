"""Small interactions for the tests of list models: random ones, and ones with known structure."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from recsys.learners.lists.interactions import Interactions


def table(
    user: np.ndarray, item: np.ndarray, rating: np.ndarray, is_like: np.ndarray, seq: np.ndarray
) -> pa.Table:
    return pa.table({"user_id": user, "item_id": item, "rating": rating, "is_like": is_like, "seq": seq})


def random_table(users: int, items: int, seed: int = 0, share: float = 0.15) -> pa.Table:
    """Ratings of 0 to 100 of random pairs, ids with gaps, likes from 80 on, some items much more popular."""
    rng = np.random.default_rng(seed)
    drawn = rng.random((users, items)) < share * rng.gamma(1.0, 1.0, items)
    drawn[rng.integers(0, users, items), np.arange(items)] = True  # each item and user has one
    drawn[np.arange(users), rng.integers(0, items, users)] = True
    rows, columns = np.nonzero(drawn)
    ratings = 20.0 * rng.integers(1, 6, len(rows))
    return table(rows * 3 + 5, columns * 2 + 11, ratings, ratings >= 80, rng.permutation(len(rows)))


def random_interactions(users: int, items: int, seed: int = 0, share: float = 0.15) -> Interactions:
    return Interactions.from_table(random_table(users, items, seed, share))


def two_tastes(users: int = 60, items: int = 40, seed: int = 1) -> Interactions:
    """Even users like even items, odd users odd ones; each user has met a random half of them."""
    rng = np.random.default_rng(seed)
    rows, columns = np.nonzero(rng.random((users, items)) < 0.5)
    same = rows % 2 == columns % 2
    rows, columns = rows[same], columns[same]
    ones = np.ones(len(rows))
    return Interactions.from_table(table(rows, columns, 100 * ones, ones > 0, np.arange(len(rows))))
