"""Item weights by co-occurrence: cosine, or BM25 as for documents and words.

With x_ui the weight of an interaction (0 without one), the weight of history item j for item i is

    cosine   sum over u of x_ui x_uj  /  sqrt(sum of x_ui^2 * sum of x_uj^2)
    bm25     sum over u of z_ui z_uj,  z_ui = x_ui (K1 + 1) / (x_ui + K1 (1 - B + B n_u / n)) * r_i
             r_i = ln(m / (1 + n_i)), at least 0

n_u = sum of x_ui over the user's items, n its mean over users, m = number of users, n_i = number of users
with an interaction with i. Each item i keeps its ``neighbours`` strongest j, of equal ones the lower id.
Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, with users as
documents and items as words; Sarwar et al., "Item-based collaborative filtering recommendation algorithms",
WWW 2001, for the cosine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, vstack

from recsys.learners.common.compiled import IS_COMPILED
from recsys.learners.lists.interactions import Interactions
from recsys.learners.lists.linear import LinearModel
from recsys.learners.lists.sparse import product
from recsys.learners.lists.threads import for_rows, tiles
from recsys.learners.lists.weighting import weights

K1, B = 100.0, 0.8  # for interactions rather than words: implicit's defaults
_TILE = 1024
_DECIMALS = 9  # similarities are rounded, so that equal ones are equal in any order of sums


@dataclass(frozen=True)
class ItemKnnParameters:
    """Hold the hyperparameters, chosen by validation.

    Parameters
    ----------
    weighting : str
        Weights x of interactions, see `weighting`.
    similarity : str
        ``cosine`` or ``bm25``.
    neighbours : int
        Kept weights of each scored item, at least 1.
    """

    weighting: str = "likes"
    similarity: str = "bm25"
    neighbours: int = 100


def fit(interactions: Interactions, parameters: ItemKnnParameters, threads: int = 1) -> LinearModel:
    """Fit item weights on all users.

    Parameters
    ----------
    interactions : Interactions
        Training data.
    parameters : ItemKnnParameters
        Hyperparameters.
    threads : int
        Threads; the weights are the same for any number.

    Raises
    ------
    ValueError
        For a similarity of another name.
    """
    inputs = weights(interactions, parameters.weighting)
    parts, factor = _parts(inputs, parameters.similarity)
    strongest = _strongest_compiled if IS_COMPILED else _strongest
    stored = strongest(parts, factor, parameters.neighbours, threads)
    kept = np.repeat(interactions.is_candidate, np.diff(stored.indptr))
    stored.data *= kept
    stored.eliminate_zeros()
    by_history = csr_array(stored.T.tocsr()).astype(np.float32)  # of ascending rows, so columns ascend
    return LinearModel(interactions.item_ids, by_history, parameters.weighting)


def _parts(inputs: csr_array, similarity: str) -> tuple[csr_array, float]:
    """Return parts (users, items) and a factor: inner products of items, times it, are the similarity."""
    found, factor = inputs.copy(), 1.0
    if similarity == "cosine":
        norms = np.sqrt(inputs.power(2).sum(axis=0))
        found.data = inputs.data / norms[inputs.indices]
    elif similarity == "bm25":
        lengths = np.asarray(inputs.sum(axis=1)).ravel()
        length = K1 * (1 - B + B * lengths / (lengths.mean() if inputs.nnz else 1.0))
        counts = np.bincount(inputs.indices, minlength=inputs.shape[1])
        most = float(np.log(max(1, len(lengths))))
        rarity = np.maximum(1.0 - np.log1p(counts) / most, 0.0) if most else np.zeros(len(counts))
        found.data = inputs.data * (K1 + 1) / (inputs.data + np.repeat(length, np.diff(inputs.indptr)))
        found.data *= rarity[inputs.indices]
        factor = most**2
    else:
        raise ValueError(f"unknown similarity {similarity!r}: expected cosine or bm25")
    return found, factor


def strongest(parts: csr_array, factor: float, count: int, threads: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the strongest neighbours of each item, by compiled loops.

    Parameters
    ----------
    parts : csr_array (users, items)
        Sorted by item within users. Sums of products stay below 9 million: they are of whole trillionths.
    factor : float
        What the inner products are multiplied by.
    count : int
        Most neighbours of an item.
    threads : int
        Threads; the result is the same for any number.

    Returns
    -------
    tuple
        Positions int32 and weights float64 (items, count), strongest first; of equal ones the lower position.
        Weights are 0 where there are fewer.
    """
    from recsys.learners.lists import pair_kernels

    by_item, size = csr_array(parts.T.tocsr()), parts.shape[1]
    items, weights = np.zeros((size, min(count, size)), np.int32), np.zeros((size, min(count, size)))
    given = [
        array for one in (by_item, parts) for array in (one.indptr.astype(np.int64), one.indices, one.data)
    ]

    def piece(first: int, last: int) -> None:
        pair_kernels.together(*given, factor, 10.0**_DECIMALS, first, last, items, weights)

    for_rows(piece, size, threads)
    return items, weights


def _strongest_compiled(parts: csr_array, factor: float, count: int, threads: int) -> csr_array:
    """Return the same as `_strongest`, many times faster."""
    items, weights = strongest(parts, factor, count, threads)
    rows, places = np.nonzero(weights)
    begins = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(items)))])
    return csr_array((weights[rows, places], items[rows, places], begins), shape=(len(items), len(items)))


def _strongest(parts: csr_array, factor: float, count: int, threads: int) -> csr_array:
    """Return the strongest neighbours (items, items) of each scored item; one thread computes."""
    by_item = csr_array(parts.T.tocsr() * factor)
    blocks = [_neighbours(by_item, parts, rows, count) for rows in tiles(parts.shape[1], _TILE)]
    return csr_array(vstack(blocks, format="csr")) if blocks else csr_array((0, 0))


def _neighbours(by_item: csr_array, parts: csr_array, rows: slice, count: int) -> csr_array:
    """Return the strongest neighbours (rows, items) of a block of scored items."""
    found = product(by_item[rows], parts)
    found.data = found.data.round(_DECIMALS)
    owners = np.repeat(np.arange(rows.start, rows.start + found.shape[0]), np.diff(found.indptr))
    found.data[found.indices == owners] = 0.0
    for row in np.flatnonzero(np.diff(found.indptr) > count):
        similarities = found.data[found.indptr[row] : found.indptr[row + 1]]
        limit = np.partition(similarities, len(similarities) - count)[len(similarities) - count]
        ties = np.flatnonzero(similarities == limit)
        is_kept = similarities > limit
        is_kept[ties[: count - is_kept.sum()]] = True
        similarities[~is_kept] = 0.0
    found.eliminate_zeros()
    return found
