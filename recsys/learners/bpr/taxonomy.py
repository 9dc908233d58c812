"""Users' histories and items' places in the taxonomy, as arrays for `recsys.learners.bpr.learner`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from recsys.learners.common.vectors import count_values, positions
from recsys.project.contract import Relation

BLOCK = 1 << 20  # entries per block


@dataclass(frozen=True)
class Arrays:
    """Create arrays in files of a folder: the system pages them, so they take no memory of the process."""

    folder: Path

    def empty(self, name: str, shape: int | tuple[int, ...], kind: type) -> np.ndarray:
        """Return an uninitialized array, in place of an earlier one of the same name."""
        if not np.prod(shape):
            return np.empty(shape, kind)
        path = self.folder / name
        path.unlink(missing_ok=True)
        return np.memmap(path, kind, mode="w+", shape=shape).view(np.ndarray)


@dataclass(frozen=True)
class Taxonomy:
    """Describe items in ascending order of ``ids`` (n), with positions of their parents.

    Attributes
    ----------
    ids : ndarray of int, shape (n,)
    parents : ndarray of int32, shape (n, 2)
        Album and artist whose vectors are added to the item's, n for none; an album or artist is its own.
    others : ndarray of int32, shape (n, 2)
        The same without the item itself: their ratings are the history features.
    draws : ndarray of int64, shape (n,)
        Relative frequency in negative sampling.
    """

    ids: np.ndarray
    parents: np.ndarray
    others: np.ndarray
    draws: np.ndarray

    @classmethod
    def of(cls, table: pa.Table) -> Taxonomy:
        """Read ``item_id``, ``album_id`` and ``artist_id`` (NULL: none), and ``draw_count``."""
        table = table.sort_by("item_id")
        ids = table["item_id"].to_numpy()
        columns = [table[name].fill_null(-1).to_numpy() for name in ("album_id", "artist_id")]
        parents = np.stack([positions(ids, column) for column in columns], axis=1).astype(np.int32)
        itself = parents == np.arange(len(ids))[:, None]
        others = np.where(itself, np.int32(len(ids)), parents)
        return cls(ids, parents, others, table["draw_count"].to_numpy().astype(np.int64))

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self.ids)

    def sampling_table(self, arrays: Arrays) -> np.ndarray:
        """Return the negative-sampling table: item i repeated ``draws[i]`` times, int32."""
        table = arrays.empty("table", int(self.draws.sum()), np.int32)
        ends = np.append(0, np.cumsum(self.draws))
        for block in blocks(ends):
            items = np.arange(block.start, block.stop, dtype=np.int32)
            table[ends[block.start] : ends[block.stop]] = np.repeat(items, self.draws[block])
        return table

    def sums(self, own: np.ndarray, parent: np.ndarray) -> np.ndarray:
        """Add ``own`` (n, k) and the parents' vectors ``parent`` (n + 1, k), whose last row is zero."""
        total = own + parent[self.parents[:, 0]]
        total += parent[self.parents[:, 1]]
        return total


@dataclass(frozen=True)
class Histories:
    """Hold the ratings, user after user in ascending order of ``users`` (m).

    Attributes
    ----------
    users : ndarray of int64, shape (m,)
    begins : ndarray of int64, shape (m + 1,)
        Begin of each user's ratings.
    items : ndarray of int32
        Positions in the taxonomy, ascending for each user.
    ratings : ndarray of uint8
        0 to 100.
    """

    users: np.ndarray
    begins: np.ndarray
    items: np.ndarray
    ratings: np.ndarray

    @classmethod
    def of(cls, relation: Relation, taxonomy: Taxonomy, arrays: Arrays) -> Histories:
        """Read ``user_id``, ``item_id``, ``rating`` in any order; items must be in the taxonomy."""
        users, counts = count_values(batch["user_id"].to_numpy() for batch in relation.batches())
        begins = np.append(0, np.cumsum(counts))
        items = arrays.empty("items", int(begins[-1]), np.int32)
        ratings = arrays.empty("ratings", int(begins[-1]), np.uint8)
        free = begins[:-1].copy()
        for batch in relation.batches():
            rows = positions(users, batch["user_id"].to_numpy())
            order = np.argsort(rows, kind="stable")
            found, count = np.unique(rows, return_counts=True)
            places = np.repeat(free[found] - np.cumsum(count) + count, count) + np.arange(len(rows))
            items[places] = positions(taxonomy.ids, batch["item_id"].to_numpy())[order]
            ratings[places] = batch["rating"].to_numpy()[order]
            free[found] += count
        histories = cls(users, begins, items, ratings)
        for block in blocks(begins):
            entries = histories.entries(block)
            order = np.lexsort((items[entries], histories.owners(block)))
            items[entries], ratings[entries] = items[entries][order], ratings[entries][order]
        return histories

    def entries(self, users: slice) -> slice:
        """Return the slice of the ratings of consecutive users."""
        return slice(self.begins[users.start], self.begins[users.stop])

    def owners(self, users: slice) -> np.ndarray:
        """Return the user's row of each of their ratings (int32)."""
        rows = np.arange(users.start, users.stop, dtype=np.int32)
        return np.repeat(rows, np.diff(self.begins[users.start : users.stop + 1]))

    def rating(self, rows: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Return the ratings of pairs of a user's row and an item, -1 for none."""
        asked, place = np.unique(rows, return_inverse=True)
        lengths = self.begins[asked + 1] - self.begins[asked]
        entries = np.repeat(self.begins[asked] - np.cumsum(lengths) + lengths, lengths)
        entries += np.arange(len(entries))
        width = int(max(items.max(initial=0), self.items[entries].max(initial=0))) + 1
        keys = np.repeat(np.arange(len(asked)), lengths) * width + self.items[entries]
        found = positions(keys, place * width + items)
        return np.append(self.ratings[entries].astype(np.int16), np.int16(-1))[found]


def blocks(ends: np.ndarray) -> Iterator[slice]:
    """Yield slices of 0..n - 1, in order, with about `BLOCK` entries each.

    Parameters
    ----------
    ends : ndarray of int64, shape (n + 1,)
        Cumulated number of entries, from 0.

    Yields
    ------
    slice
    """
    begin = 0
    while begin < len(ends) - 1:
        stop = max(begin + 1, int(np.searchsorted(ends, ends[begin] + BLOCK, side="right")) - 1)
        yield slice(begin, stop)
        begin = stop
