"""Weights of interactions as input of a list model: all alike, likes above others, or by strength."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from recsys.learners.lists.interactions import Interactions, positions

ONES = "ones"  # every interaction 1
LIKES = "likes"  # likes 1, others OTHER
GRADES = "grades"  # the rating on its scale, or the logarithm of the count
WEIGHTINGS = (ONES, LIKES, GRADES)
OTHER = 0.3  # Steck's EASE gains from ratings that are no likes, at about a third of a like
SparseRows = tuple[np.ndarray, np.ndarray, np.ndarray]  # starts int64 (items + 1), columns, weights
SMALLEST = 0.01  # the lowest grade still is an interaction


def weights(interactions: Interactions, weighting: str) -> csr_array:
    """Return the weights (users, items) of the interactions, float64 and above 0.

    Parameters
    ----------
    interactions : Interactions
        Training data or histories.
    weighting : str
        ``ones``, ``likes`` or ``grades``.

    Raises
    ------
    ValueError
        For any other weighting.
    """
    if weighting == ONES:
        values = np.ones(interactions.entry_count)
    elif weighting == LIKES:
        values = np.where(interactions.is_like, 1.0, OTHER)
    elif weighting == GRADES:
        values = np.maximum(interactions.grades.astype(np.float64), SMALLEST)
    else:
        raise ValueError(f"unknown weighting {weighting!r}: expected one of {', '.join(WEIGHTINGS)}")
    return interactions.matrix(values)


def useful(interactions: Interactions) -> tuple[str, ...]:
    """Return the weightings that differ on these interactions."""
    found = [ONES]
    if not interactions.is_like.all() and interactions.is_like.any():
        found.append(LIKES)
    if interactions.entry_count and np.ptp(interactions.grades) > 0:
        found.append(GRADES)
    return tuple(found)


class SumOverHistory:
    """A list model whose score is a sum over the history: strength of each interaction times an item weight.

    Subclasses have ``item_ids`` (int64, ascending) and ``weighting``, and return the weights.
    """

    item_ids: np.ndarray
    weighting: str

    @property
    def few_weights(self) -> SparseRows | None:
        """Return the weights by item of the history where most are 0 and loops are compiled, else None."""
        return None

    @property
    def weights_by_item(self) -> SparseRows | None:
        """Return the weights by scored item where loops are compiled, else None."""
        return None

    def item_weights(self, places: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Return the weights float64 (places, items) of items of a history for items, both by position."""
        raise NotImplementedError

    def strengths(self, history: Interactions) -> np.ndarray:
        """Return how strongly each entry of a history counts, float64 (entries)."""
        found: np.ndarray = weights(history, self.weighting).data
        return found

    def contributions(self, history: Interactions, item: int) -> np.ndarray:
        """Return what each entry of one user's history adds to the score of ``item`` (position)."""
        return self.parts(history, np.array([item]))[:, 0]

    def parts(self, history: Interactions, items: np.ndarray) -> np.ndarray:
        """Return what each entry of one user's history adds to scores, float64 (entries, items)."""
        places = positions(self.item_ids, history.item_ids[history.items])
        known = np.flatnonzero(places < len(self.item_ids))
        found = np.zeros((history.entry_count, len(items)))
        found[known] = self.strengths(history)[known, None] * self.item_weights(places[known], items)
        return found
