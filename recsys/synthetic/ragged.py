"""Vectorised bookkeeping for lists of lists: every owner has some members, all members lie in one array."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]


def spread(counts: IntArray) -> tuple[IntArray, IntArray]:
    """The owner of each member and the member's position within it, for ``counts`` members an owner."""
    owner = np.repeat(np.arange(len(counts)), counts)
    starts = np.cumsum(counts) - counts
    return owner, np.arange(len(owner)) - starts[owner]


def first_occurrences(keys: IntArray) -> IntArray:
    """Ascending indices of the first occurrence of each distinct key."""
    return np.sort(np.unique(keys, return_index=True)[1])


def shares_out(total: int, weights: NDArray[np.float64], rng: np.random.Generator) -> IntArray:
    """``total`` things shared out at random in proportion to ``weights``, at least one to each."""
    return 1 + rng.multinomial(total - len(weights), weights / weights.sum())
