"""Quality of top-k lists against held-out likes: NDCG, recall, reciprocal rank, coverage, popular share.

Definitions are those of trec_eval with relevance 0 or 1: Jarvelin and Kekalainen, "Cumulated gain-based
evaluation of IR techniques", ACM TOIS 2002, for NDCG. Every user with held-out likes counts; a user without a
list scores 0. Lists are arrays of item positions, filled up with -1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

POPULAR = 0.1  # share of the items that count as popular: the most liked tenth
NO_ITEM = -1


@dataclass(frozen=True)
class HeldOut:
    """Hold the held-out likes of each user: item positions in ascending order.

    Parameters
    ----------
    begins : int64 array (users + 1)
        Likes of user u are ``items[begins[u]:begins[u + 1]]``.
    items : int64 array (likes)
        Item positions. A position at or beyond ``item_count`` stands for an item that no model knows: a miss.
    item_count : int
        Number of items in the catalogue.
    """

    begins: np.ndarray
    items: np.ndarray
    item_count: int

    @classmethod
    def from_pairs(cls, rows: np.ndarray, items: np.ndarray, user_count: int, item_count: int) -> HeldOut:
        """Return held-out likes from user rows and item positions, in any order."""
        order = np.lexsort((items, rows))
        begins = np.zeros(user_count + 1, np.int64)
        np.cumsum(np.bincount(rows, minlength=user_count), out=begins[1:])
        return cls(begins, np.asarray(items, np.int64)[order], item_count)

    @property
    def counts(self) -> np.ndarray:
        """Number of held-out likes of each user."""
        return np.diff(self.begins)

    def rows(self, wanted: slice) -> HeldOut:
        """Return the held-out likes of a block of users."""
        begin, end, _ = wanted.indices(len(self.begins) - 1)
        begins = self.begins[begin : end + 1]
        return HeldOut(begins - begins[0], self.items[begins[0] : begins[-1]], self.item_count)


def hits(top: np.ndarray, held_out: HeldOut) -> np.ndarray:
    """Return which listed items are held-out likes of their user.

    Parameters
    ----------
    top : int array (users, k)
        Item positions, best first, -1 where a list has ended.
    held_out : HeldOut
        Likes of the same users.

    Returns
    -------
    bool array (users, k)
    """
    width = max(held_out.item_count, int(held_out.items.max(initial=0)) + 1)
    owners = np.repeat(np.arange(len(top)), held_out.counts)
    liked = owners * width + held_out.items
    listed = np.arange(len(top))[:, None] * width + top
    return np.isin(listed, liked) & (top != NO_ITEM)


def by_user(top: np.ndarray, held_out: HeldOut, k: int) -> Mapping[str, np.ndarray]:
    """Return NDCG, recall and reciprocal rank at ``k`` of every user of a block.

    Parameters
    ----------
    top : int array (users, at least 0 columns)
        Item positions, best first; columns beyond ``k`` are ignored.
    held_out : HeldOut
        Likes of the same users.
    k : int
        Length of the lists that are judged.

    Returns
    -------
    mapping of ``ndcg``, ``recall`` and ``mrr`` to float64 arrays (users); NaN for users without likes.
    """
    found, liked = hits(top[:, :k], held_out), held_out.counts
    discounts = 1.0 / np.log2(np.arange(2, k + 2))
    ideal = np.concatenate([[np.nan], np.cumsum(discounts)])[np.minimum(liked, k)]
    first = found.argmax(axis=1) + 1 if found.shape[1] else np.ones(len(found))
    return {
        "ndcg": found @ discounts[: found.shape[1]] / ideal,
        "recall": found.sum(axis=1) / np.where(liked, liked, np.nan),
        "mrr": np.where(liked, found.any(axis=1) / first, np.nan),
    }


def judged(values: np.ndarray) -> np.ndarray:
    """Return the values of the users that have held-out likes, in their order."""
    return values[~np.isnan(values)]


def popular_items(like_counts: np.ndarray) -> np.ndarray:
    """Return a mask of the most liked tenth of the items, at least one; of equal counts the first."""
    order = np.argsort(-like_counts, kind="stable")
    mask = np.zeros(len(like_counts), dtype=bool)
    mask[order[: max(1, round(POPULAR * len(order)))]] = True
    return mask


def popular_share(top: np.ndarray, is_popular: np.ndarray) -> np.ndarray:
    """Return the share of popular items in each list; NaN for an empty list."""
    listed = top != NO_ITEM
    lengths = listed.sum(axis=1)
    popular = (is_popular[np.where(listed, top, 0)] & listed).sum(axis=1)
    return popular / np.where(lengths, lengths, np.nan)


def coverage(top: np.ndarray, is_candidate: np.ndarray) -> float:
    """Return the share of the items that may be recommended that stand in at least one list."""
    seen = np.zeros(len(is_candidate), dtype=bool)
    seen[top[top != NO_ITEM]] = True
    return float(seen[is_candidate].mean()) if is_candidate.any() else 0.0


def from_matrix(likes: csr_array) -> HeldOut:
    """Return the stored entries of a sparse matrix (users, items) as held-out likes."""
    rows = np.repeat(np.arange(likes.shape[0]), np.diff(likes.indptr))
    return HeldOut.from_pairs(rows, likes.indices, *likes.shape)
