"""Weights of interactions as input of a list model: all alike, likes above others, or by strength."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from recsys.learners.lists.interactions import Interactions

ONES = "ones"  # every interaction 1
LIKES = "likes"  # likes 1, others OTHER
GRADES = "grades"  # the rating on its scale, or the logarithm of the count
WEIGHTINGS = (ONES, LIKES, GRADES)
OTHER = 0.3  # Steck's EASE gains from ratings that are no likes, at about a third of a like
_SMALLEST = 0.01  # the lowest grade still is an interaction


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
        values = np.maximum(interactions.grades.astype(np.float64), _SMALLEST)
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
