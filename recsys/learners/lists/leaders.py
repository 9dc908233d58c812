"""The best unseen items of each user by one model, without a row of all scores where that is possible.

In a large catalogue few items reach a list. What a sum of few weights touches, and what one pass over a row
of inner products finds, is enough to know the best items, their scores, and the scale of a model for a user.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from recsys.learners.common.compiled import IS_COMPILED
from recsys.learners.lists.interactions import Interactions
from recsys.learners.lists.model import ListModel

LARGE = 8192  # items from which rows of all scores are avoided
COUNT = 100  # best unseen items of a user that compete for a list
MORE = -1  # in the place of a number of items: only a row of all scores tells them


@dataclass(frozen=True)
class Leaders:
    """The best unseen items of each user.

    Parameters
    ----------
    best : float64 array (users, COUNT)
        Their scores, ascending.
    items : int64 array (users, COUNT)
        Items whose score is at least the lowest of these; without those that equal it where they are more
        than `COUNT`. The first ``counts`` of each row.
    counts : int64 array (users)
    """

    best: np.ndarray
    items: np.ndarray
    counts: np.ndarray

    @classmethod
    def empty(cls, users: int) -> Leaders:
        """Return arrays that a kernel fills."""
        return cls(np.zeros((users, COUNT)), np.zeros((users, COUNT), np.int64), np.zeros(users, np.int64))

    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows and items of all leaders."""
        is_there = np.arange(COUNT) < self.counts[:, None]
        return np.nonzero(is_there)[0], self.items[is_there]


@runtime_checkable
class Leading(ListModel, Protocol):
    """A list model that finds its leaders without a row of all scores."""

    def leaders(self, histories: Interactions) -> Leaders | None:
        """Return the leaders of users whose histories have the items of the model; None where it can't."""

    def scores_of(self, histories: Interactions, rows: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Return the scores float64 (pairs) of some pairs; ``rows`` ascend."""


def found_by(model: ListModel, known: Interactions) -> Leaders | None:
    """Return the leaders of users; None where a row of all scores is needed, or is as fast.

    Parameters
    ----------
    model : ListModel
        A part of a blend or a ranker.
    known : Interactions
        Histories with the items of the whole.
    """
    is_large = IS_COMPILED and known.item_count >= LARGE and bool(known.user_count)
    if not is_large or not isinstance(model, Leading) or not np.array_equal(model.item_ids, known.item_ids):
        return None
    found = model.leaders(known)
    return None if found is None or (found.counts == MORE).any() else found
