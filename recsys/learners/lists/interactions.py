"""Interactions of users with items, as one sparse matrix with several values an entry.

The same class holds the training data of a model, the histories of a block of users that are to be scored,
and the history of a visitor, so that all of them go through the same code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_array

FEW = 4096  # ids that a search finds sooner than a table
CELLS = 4  # of a table, for each id, at most


@dataclass(frozen=True)
class Interactions:
    """Users (rows) and items (columns) with one entry for each pair that has an interaction.

    Parameters
    ----------
    user_ids, item_ids : int64 arrays (users), (items)
        Ascending.
    begins : int64 array (users + 1)
        Entries of user u are ``begins[u]`` to ``begins[u + 1]``.
    items : int32 array (entries)
        Item positions, ascending within a user.
    grades : float32 array (entries)
        Strength from 0 to 1: a rating on its scale, or the logarithm of a count over that of a large count.
    is_like : bool array (entries)
        Whether the user likes the item.
    seq : int64 array (entries)
        Order in time: larger is later. All 0 where the data have no times.
    is_candidate : bool array (items)
        Which items may be recommended.
    """

    user_ids: np.ndarray
    item_ids: np.ndarray
    begins: np.ndarray
    items: np.ndarray
    grades: np.ndarray
    is_like: np.ndarray
    seq: np.ndarray
    is_candidate: np.ndarray

    @classmethod
    def from_table(
        cls,
        table: pa.Table,
        item_ids: np.ndarray | None = None,
        candidate_ids: np.ndarray | None = None,
        user_ids: np.ndarray | None = None,
    ) -> Interactions:
        """Return the interactions of an Arrow table, whose rows may be in any order.

        Parameters
        ----------
        table : Arrow table
            ``user_id``, ``item_id``, ``rating`` (0 to 100), ``is_like``, and ``seq`` where there are times.
            At most one row for each user and item.
        item_ids : int array, optional
            Items of the matrix; rows of other items are left out. Default: the items of the table and those
            of ``candidate_ids``.
        candidate_ids : int array, optional
            Items that may be recommended. Default: all.
        user_ids : int array, optional
            Users of the matrix, ascending, with interactions or without. Default: the users of the table.
        """
        columns = [_column(table, name) for name in ("user_id", "item_id", "rating", "is_like", "seq")]
        users, items, ratings, is_like, seq = columns
        if item_ids is None:
            item_ids = distinct(items, *([] if candidate_ids is None else [candidate_ids]))
        if user_ids is None:
            user_ids = np.unique(users)
        rows, places = np.searchsorted(user_ids, users), positions(item_ids, items)
        known = np.flatnonzero(places < len(item_ids))
        order = known[np.lexsort((places[known], rows[known]))]
        candidates = np.ones(len(item_ids), bool)
        if candidate_ids is not None:
            candidates = np.append(np.zeros(len(item_ids), bool), False)
            candidates[positions(item_ids, candidate_ids)] = True
            candidates = candidates[:-1]
        return cls(
            user_ids.astype(np.int64),
            np.asarray(item_ids, np.int64),
            _begins(rows[order], len(user_ids)),
            places[order].astype(np.int32),
            (ratings[order] / 100.0).astype(np.float32),
            is_like[order].astype(bool),
            seq[order].astype(np.int64),
            candidates,
        )

    @property
    def user_count(self) -> int:
        """Number of users."""
        return len(self.user_ids)

    @property
    def item_count(self) -> int:
        """Number of items."""
        return len(self.item_ids)

    @property
    def entry_count(self) -> int:
        """Number of entries."""
        return len(self.items)

    @property
    def rows(self) -> np.ndarray:
        """User row of each entry."""
        return np.repeat(np.arange(self.user_count), np.diff(self.begins))

    @property
    def rater_counts(self) -> np.ndarray:
        """Number of users with an entry, for each item."""
        return np.bincount(self.items, minlength=self.item_count)

    @property
    def like_counts(self) -> np.ndarray:
        """Number of users who like it, for each item."""
        return np.bincount(self.items[self.is_like], minlength=self.item_count)

    def matrix(self, values: np.ndarray) -> csr_array:
        """Return a sparse matrix (users, items) with one of ``values`` (entries) in each entry."""
        found = csr_array((values, self.items, self.begins), shape=(self.user_count, self.item_count))
        found.has_sorted_indices = True
        return found

    def users(self, wanted: slice | np.ndarray) -> Interactions:
        """Return the interactions of some users, by row, in the order asked for."""
        rows = np.arange(self.user_count)[wanted]
        lengths = self.begins[rows + 1] - self.begins[rows]
        begins = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        entries = np.repeat(self.begins[rows] - begins[:-1], lengths) + np.arange(begins[-1])
        return replace(self._entries(entries), user_ids=self.user_ids[rows], begins=begins)

    def entries(self, kept: np.ndarray) -> Interactions:
        """Return the interactions of a mask (entries); all users and items stay."""
        begins = np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)[self.begins]
        return replace(self._entries(np.flatnonzero(kept)), begins=begins)

    def with_items(self, item_ids: np.ndarray) -> Interactions:
        """Return the interactions as columns of other items (ascending ids), without unknown items."""
        if np.array_equal(item_ids, self.item_ids):
            return self
        place = positions(item_ids, self.item_ids)
        found = self.entries(place[self.items] < len(item_ids))
        candidates = np.zeros(len(item_ids), bool)
        candidates[place[self.is_candidate & (place < len(item_ids))]] = True
        items = place[found.items].astype(np.int32)
        return replace(found, items=items, item_ids=item_ids, is_candidate=candidates)

    def _entries(self, chosen: np.ndarray) -> Interactions:
        names = ("items", "grades", "is_like", "seq")
        return replace(self, **{name: getattr(self, name)[chosen] for name in names})


@dataclass(frozen=True)
class ItemCounts:
    """Numbers of users and of likes of items, of all users: int arrays (items), by ascending ``item_ids``."""

    item_ids: np.ndarray
    rater_counts: np.ndarray
    like_counts: np.ndarray

    @classmethod
    def of(cls, items: pa.Table) -> ItemCounts:
        """Return the counts of ``lists.items (item_id, like_count, interaction_count)``, in any order."""
        columns = ("item_id", "interaction_count", "like_count")
        return cls(*(items.sort_by("item_id")[name].to_numpy() for name in columns))

    def likes_of(self, item_ids: np.ndarray) -> np.ndarray:
        """Return the numbers of likes of other items (ascending); 0 for an unknown one."""
        found = positions(self.item_ids, item_ids)
        likes: np.ndarray = np.append(self.like_counts, 0)[found]
        return likes


def distinct(*ids: np.ndarray) -> np.ndarray:
    """Return the distinct ids of several arrays, ascending, int64."""
    given = [one for one in ids if len(one)]
    limit = _limit(given)
    if limit is None:
        return np.unique(np.concatenate(ids)).astype(np.int64)
    is_there = np.zeros(limit, bool)
    for one in given:
        is_there[one] = True
    return np.flatnonzero(is_there)


def positions(ascending: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the place of each wanted value among distinct ascending ones; their number if absent."""
    count = len(ascending)
    limit = _limit([one for one in (ascending, wanted) if len(one)])
    if limit is not None and count:
        places = np.full(limit, count)
        places[ascending] = np.arange(count)
        looked_up: np.ndarray = places[wanted]
        return looked_up
    found = np.searchsorted(ascending, wanted)
    matches = np.append(ascending, 0)[found] == wanted
    return np.where(matches & (found < count), found, count)


def _limit(ids: Sequence[np.ndarray]) -> int | None:
    """Return the size of a table with a cell for each id; None for few or sparse ids: searching is better."""
    count = sum(map(len, ids))
    if count < FEW or any(not np.issubdtype(one.dtype, np.integer) for one in ids):
        return None
    if min(int(one.min()) for one in ids) < 0:
        return None
    limit = max(int(one.max()) for one in ids) + 1
    return limit if limit <= CELLS * count else None


def _begins(rows: np.ndarray, count: int) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=count))]).astype(np.int64)


_DEFAULTS: dict[str, Callable[[int], np.ndarray]] = {"seq": lambda rows: np.zeros(rows, np.int64)}


def _column(table: pa.Table, name: str) -> np.ndarray:
    if name not in table.column_names and name in _DEFAULTS:
        return _DEFAULTS[name](table.num_rows)
    values: np.ndarray = table[name].to_numpy()
    return values
