"""Choice of the item weights to keep: all where they are affordable, else those that move the most scores.

A model is what is kept: lists, single requests and explanations read the same weights. Weights w of history
item j for item i compete over the whole matrix by |w| sqrt(n_i n_j), n the entries of an item. On Last.fm
(15,000 items) 300 weights an item chosen this way rank as well as all 15,000 (NDCG@10 .238); the 300 largest
|w| of each item lose .005.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, vstack

from recsys.learners.lists.threads import tiles

TILE = 256  # scored items at a time
STRONGEST = (
    20  # weights of every scored item that are kept whatever its popularity, for reasons and `similar`
)
_BINS, _OCTAVE = 4096, 64  # sizes are distinguished by 1/64 of a factor of two, over 64 factors of two
_LOWEST = -48.0


@dataclass(frozen=True)
class Budget:
    """Limits of the weights that are kept.

    Parameters
    ----------
    weights : int
        Number of weights in all.
    sums : int
        Number of additions that scores for all users take: each entry of a history adds the weights of its
        item.
    """

    weights: int = 10_000_000
    sums: int = 6_000_000_000


@dataclass(frozen=True)
class _Weights:
    """Weights of blocks of scored items, and what the budget counts.

    ``roots`` are square roots of the entries of each item, ``counts`` the entries.
    """

    weights_of: Callable[[slice], np.ndarray]
    is_target: np.ndarray
    roots: np.ndarray
    counts: np.ndarray

    def block(self, items: slice) -> np.ndarray:
        """Return the weights float32 (items of the block, all items) of all history items for a block."""
        found = np.ascontiguousarray(self.weights_of(items))
        found[~self.is_target[items]] = 0.0
        return found

    def sizes(self, weights: np.ndarray, items: slice) -> np.ndarray:
        """Return |w| sqrt(n_i n_j) of a block's absolute weights."""
        return weights * self.roots * self.roots[items, None]

    def measured(self, items: slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return, by bins of sizes, how many weights there are and sums they take; the strongest weights."""
        weights = np.abs(self.block(items))
        bins = _bins(self.sizes(weights, items))
        sums = np.bincount(bins.ravel(), np.tile(self.counts.astype(np.float64), len(bins)), _BINS)
        most = min(STRONGEST, weights.shape[1])
        weights.partition(weights.shape[1] - most, axis=1)
        floors = weights[:, -most:].min(axis=1) if most == STRONGEST else np.zeros(len(weights))
        return np.bincount(bins.ravel(), minlength=_BINS), sums.astype(np.int64), floors

    def kept(self, items: slice, limit: float, floors: np.ndarray | None) -> csr_array:
        """Return the kept weights of a block, a row for each scored item."""
        weights = self.block(items)
        if floors is not None:
            absolute = np.abs(weights)
            is_small = (self.sizes(absolute, items) < limit) & (absolute < floors[items, None])
            weights[is_small] = 0.0
        return csr_array(weights)


def prune(
    weights_of: Callable[[slice], np.ndarray],
    counts: np.ndarray,
    is_target: np.ndarray,
    budget: Budget,
    threads: int = 2,
) -> csr_array:
    """Return the kept weights float32 (items, items), rows: items of histories, columns: scored items.

    Parameters
    ----------
    weights_of : function
        Weights float32 (items of the block, all items) of all history items for a block of scored items.
        Called up to twice for each block, by several threads.
    counts : int array (items)
        Entries of each item.
    is_target : bool array (items)
        Items that may be recommended; other columns stay empty.
    budget : Budget
        Limits.
    threads : int
        Blocks at a time; the result is the same for any number.
    """
    size, entries = len(counts), int(counts.sum())
    made = _Weights(weights_of, is_target, np.sqrt(counts).astype(np.float32), counts)
    blocks = list(tiles(size, TILE))
    is_whole = size * int(is_target.sum()) <= budget.weights and size * entries <= budget.sums
    limit, floors = 0.0, None
    with ThreadPoolExecutor(threads) as pool:
        if not is_whole:
            limit, floors = _limits(list(pool.map(made.measured, blocks)), budget)
        parts = list(pool.map(lambda items: made.kept(items, limit, floors), blocks))
    by_target = vstack(parts, format="csr") if parts else csr_array((0, 0), dtype=np.float32)
    return csr_array(csr_array(by_target).T.tocsr())


def _limits(
    measured: list[tuple[np.ndarray, np.ndarray, np.ndarray]], budget: Budget
) -> tuple[float, np.ndarray]:
    """Return the least affordable |w| sqrt(n_i n_j), and the least |w| of the strongest of each item."""
    numbers, sums = (np.sum([found[place] for found in measured], axis=0) for place in (0, 1))
    numbers[0] = sums[0] = 0  # zeros and what is next to nothing
    above = [np.cumsum(one[::-1])[::-1] for one in (numbers, sums)]
    affordable = (above[0] <= budget.weights) & (above[1] <= budget.sums)
    first = int(np.argmax(affordable)) if affordable.any() else _BINS
    floors = np.concatenate([found[2] for found in measured])
    return 2.0 ** (first / _OCTAVE + _LOWEST), np.maximum(floors, np.finfo(np.float32).tiny)


def _bins(sizes: np.ndarray) -> np.ndarray:
    """Return the bin of each size, on a scale of logarithms; bin 0 holds all that is smaller."""
    with np.errstate(divide="ignore"):
        places = (np.log2(sizes) - np.float32(_LOWEST)) * np.float32(_OCTAVE)
    found: np.ndarray = np.clip(places, 0, _BINS - 1).astype(np.int32)
    return found
