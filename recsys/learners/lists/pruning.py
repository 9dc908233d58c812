"""Choice of the item weights to keep: all where they are affordable, else those that move the most scores.

A model is what is kept: lists, single requests and explanations read the same weights. Weights w of history
item j for item i compete over the whole matrix by |w| sqrt(n_i n_j), n the entries of an item. On Last.fm
(15,000 items) 300 weights an item chosen this way rank as well as all 15,000 (NDCG@10 .238); the 300 largest
|w| of each item lose .005.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, vstack

from recsys.learners.lists.threads import tiles

TILE = 512
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


def prune(
    weights_of: Callable[[slice], np.ndarray], counts: np.ndarray, is_target: np.ndarray, budget: Budget
) -> csr_array:
    """Return the kept weights float32 (items, items), rows: items of histories, columns: scored items.

    Parameters
    ----------
    weights_of : function
        Weights float32 (rows, items) of a block of history items. Called up to twice for each block.
    counts : int array (items)
        Entries of each item.
    is_target : bool array (items)
        Items that may be recommended; other columns stay empty.
    budget : Budget
        Limits.
    """
    size, entries = len(counts), int(counts.sum())
    blocks = list(tiles(size, TILE))
    roots = np.sqrt(counts).astype(np.float32)
    is_whole = size * int(is_target.sum()) <= budget.weights and size * entries <= budget.sums
    limit, floors = (0.0, None) if is_whole else _limits(weights_of, blocks, roots, is_target, counts, budget)
    parts = []
    for rows in blocks:
        weights = weights_of(rows)
        weights[:, ~is_target] = 0.0
        if floors is not None:
            sizes = np.abs(weights)
            weights[(sizes * roots[rows, None] * roots < limit) & (sizes < floors)] = 0.0
        parts.append(csr_array(weights))
    return csr_array(vstack(parts, format="csr")) if parts else csr_array((0, 0), dtype=np.float32)


def _limits(
    weights_of: Callable[[slice], np.ndarray],
    blocks: list[slice],
    roots: np.ndarray,
    is_target: np.ndarray,
    counts: np.ndarray,
    budget: Budget,
) -> tuple[float, np.ndarray]:
    """Return the least affordable |w| sqrt(n_i n_j), and the least |w| of the strongest of each item."""
    numbers, sums = np.zeros(_BINS, np.int64), np.zeros(_BINS, np.int64)
    best = np.zeros((STRONGEST, len(counts)), np.float32)
    for rows in blocks:
        weights = np.abs(weights_of(rows))
        weights[:, ~is_target] = 0.0
        best = np.partition(np.concatenate([best, weights]), -STRONGEST, axis=0)[-STRONGEST:]
        bins = _bins(weights * roots[rows, None] * roots)
        for place, row in enumerate(bins):
            found = np.bincount(row, minlength=_BINS)
            numbers += found
            sums += found * int(counts[rows.start + place])
    numbers[0] = sums[0] = 0  # zeros and what is next to nothing
    above = [np.cumsum(one[::-1])[::-1] for one in (numbers, sums)]
    affordable = (above[0] <= budget.weights) & (above[1] <= budget.sums)
    first = int(np.argmax(affordable)) if affordable.any() else _BINS
    return 2.0 ** (first / _OCTAVE + _LOWEST), np.maximum(best.min(axis=0), np.finfo(np.float32).tiny)


def _bins(sizes: np.ndarray) -> np.ndarray:
    """Return the bin of each size, on a scale of logarithms; bin 0 holds all that is smaller."""
    with np.errstate(divide="ignore"):
        places = (np.log2(sizes) - np.float32(_LOWEST)) * np.float32(_OCTAVE)
    found: np.ndarray = np.clip(places, 0, _BINS - 1).astype(np.int32)
    return found
