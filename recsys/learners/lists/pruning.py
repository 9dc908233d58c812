"""Choice of the item weights to keep: all where they are affordable, else those that move the most scores.

A model is what is kept: lists, single requests and explanations read the same weights. Weights w of history
item j for item i compete over the whole matrix by |w| sqrt(n_i n_j), n the entries of an item. On Last.fm
(15,000 items) 300 weights an item chosen this way rank as well as all 15,000 (NDCG@10 .238); the 300 largest
|w| of each item lose .005. Of many items, blocks of some tell the limit: the number of weights that are kept
is then near the budget.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, vstack

from recsys.learners.common.compiled import IS_COMPILED
from recsys.learners.lists.threads import tiles

TILE = 256  # scored items at a time
LOOKED_AT = 16  # blocks, at least, that tell the limit
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

    def measured(self, items: slice) -> tuple[np.ndarray, np.ndarray]:
        """Return, by bins of sizes, how many weights there are and how many sums they take."""
        bins = _bins(self.sizes(np.abs(self.block(items)), items))
        sums = np.bincount(bins.ravel(), np.tile(self.counts.astype(np.float64), len(bins)), _BINS)
        return np.bincount(bins.ravel(), minlength=_BINS), sums.astype(np.int64)

    def kept(self, items: slice, limit: float) -> csr_array:
        """Return the kept weights of a block, a row for each scored item; all of them for a limit of 0."""
        weights = self.block(items)
        if limit > 0:
            absolute = np.abs(weights)
            is_small = (self.sizes(absolute, items) < limit) & (absolute < _floors(absolute)[:, None])
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
        Called once for each block, twice for some of them, by several threads.
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
    limit = 0.0
    with ThreadPoolExecutor(threads) as pool:
        if not is_whole:
            some = blocks[:: max(1, len(blocks) // LOOKED_AT)]
            share = sum(items.stop - items.start for items in some) / size
            limit = _limit(list(pool.map(made.measured, some)), budget, share)
        parts = list(pool.map(lambda items: made.kept(items, limit), blocks))
    by_target = vstack(parts, format="csr") if parts else csr_array((0, 0), dtype=np.float32)
    return csr_array(csr_array(by_target).T.tocsr())


def _limit(measured: list[tuple[np.ndarray, np.ndarray]], budget: Budget, share: float) -> float:
    """Return the least affordable |w| sqrt(n_i n_j), by a share of the items."""
    numbers, sums = (np.sum(found, axis=0) for found in zip(*measured, strict=True))
    numbers[0] = sums[0] = 0  # zeros and what is next to nothing
    above = [np.cumsum(one[::-1])[::-1] for one in (numbers, sums)]
    affordable = (above[0] <= budget.weights * share) & (above[1] <= budget.sums * share)
    first = int(np.argmax(affordable)) if affordable.any() else _BINS
    return float(2.0 ** (first / _OCTAVE + _LOWEST))


def _floors(absolute: np.ndarray) -> np.ndarray:
    """Return the least of the strongest weights of each scored item, above 0."""
    rows, count = absolute.shape
    if count < STRONGEST:
        floors = np.zeros(rows)
    elif IS_COMPILED:
        from recsys.learners.lists import top_kernels

        places, found = np.zeros((rows, STRONGEST), np.int64), np.zeros((rows, STRONGEST))
        begins, none = np.zeros(rows + 1, np.int64), np.zeros(0, np.int64)
        top_kernels.largest(absolute, np.arange(count), begins, none, places, found)
        floors = found[:, -1]
    else:
        floors = np.partition(absolute, count - STRONGEST, axis=1)[:, count - STRONGEST]
    return np.maximum(floors, np.finfo(np.float32).tiny)


def _bins(sizes: np.ndarray) -> np.ndarray:
    """Return the bin of each size, on a scale of logarithms; bin 0 holds all that is smaller."""
    with np.errstate(divide="ignore"):
        places = (np.log2(sizes) - np.float32(_LOWEST)) * np.float32(_OCTAVE)
    found: np.ndarray = np.clip(places, 0, _BINS - 1).astype(np.int32)
    return found
