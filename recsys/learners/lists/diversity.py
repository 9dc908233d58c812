"""Diverse lists by maximal marginal relevance.

Carbonell and Goldstein, "The use of MMR, diversity-based reranking", SIGIR 1998.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

MOST_ALIKE = 100  # items that a diverse list is chosen from, at least
BLOCK = 256  # users whose items are compared at a time


def pool(k: int) -> int:
    """Return the number of best items that a diverse list of ``k`` is chosen from."""
    return max(MOST_ALIKE, 5 * k)


def reranked(
    lists: np.ndarray, scores: np.ndarray, choices: csr_array, diversity: float, k: int
) -> np.ndarray:
    """Return lists of ``k`` items whose similar items are apart, chosen from longer lists.

    Parameters
    ----------
    lists, scores : arrays (users, longer)
        Item positions, best first, -1 where a list has ended, and their scores.
    choices : csr_array (all users, items)
        1 where a user chose an item: items are similar by the cosine of their users.
    diversity : float from 0 to 1
        How much similar items are kept apart.
    k : int
        Items per list.

    Returns
    -------
    int64 array (users, k)
    """
    found = np.full((len(lists), k), -1, np.int64)
    for begin in range(0, len(lists), BLOCK):
        block = lists[begin : begin + BLOCK]
        items = np.unique(block[block >= 0])
        similarity = cosines(choices, items)
        for user, listed in enumerate(block, begin):
            mine = listed[listed >= 0]
            places = np.searchsorted(items, mine)
            chosen = rerank(scores[user, : len(mine)], similarity[np.ix_(places, places)], diversity, k)
            found[user, : len(chosen)] = mine[chosen]
    return found


def cosines(choices: csr_array, items: np.ndarray) -> np.ndarray:
    """Return the similarity of items float64 (items, items): users of both over the root of the product."""
    part = choices[:, items].astype(np.float64)
    together = (part.T @ part).toarray()
    counts = np.maximum(together.diagonal(), 1.0)
    found: np.ndarray = together / np.sqrt(np.outer(counts, counts))
    np.fill_diagonal(found, 1.0)
    return found


def rerank(scores: np.ndarray, similarity: np.ndarray, diversity: float, k: int) -> np.ndarray:
    """Return the places of ``k`` items that are relevant and unlike each other, in the order of choice.

    Each step takes the item with the largest ``(1 - diversity) relevance - diversity * most similar chosen
    item``; relevance is the score scaled to 0..1 within the list, and equal items go by their place.

    Parameters
    ----------
    scores : float array (items)
        Scores of the items, best first.
    similarity : float array (items, items)
        Similarity of each pair, 0 to 1.
    diversity : float from 0 to 1
        0 keeps the order of the scores.
    k : int
        Items to choose, at most all.

    Returns
    -------
    int64 array (k)
    """
    spread = np.ptp(scores) if len(scores) else 0.0
    relevance = (scores - scores.min(initial=np.inf)) / spread if spread else np.zeros(len(scores))
    nearest = np.zeros(len(scores))
    is_left = np.ones(len(scores), bool)
    chosen = np.empty(min(k, len(scores)), np.int64)
    for place in range(len(chosen)):
        gain = np.where(is_left, (1 - diversity) * relevance - diversity * nearest, -np.inf)
        chosen[place] = int(np.argmax(gain))
        is_left[chosen[place]] = False
        nearest = np.maximum(nearest, similarity[chosen[place]])
    return chosen
