"""Diverse lists by maximal marginal relevance.

Carbonell and Goldstein, "The use of MMR, diversity-based reranking", SIGIR 1998.
"""

from __future__ import annotations

import numpy as np


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
