"""Users' histories and items' places in the taxonomy, as the arrays that `taxonomy_factors` learns from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from recsys.learners.vectors import positions


@dataclass(frozen=True)
class Taxonomy:
    """Items in ascending order of ``ids`` (n), and positions of their parents, n for none.

    ``parents`` int32 (n, 2) are the album and the artist that lend an item their vectors, to themselves too;
    ``others`` int32 (n, 2) are those that are not the item itself, whose ratings speak for it. ``draws``
    int64 (n) say how often an item is drawn, relative to the others.
    """

    ids: np.ndarray
    parents: np.ndarray
    others: np.ndarray
    draws: np.ndarray

    @classmethod
    def of(cls, table: pa.Table) -> Taxonomy:
        """From ``item_id``, ``album_id`` and ``artist_id`` (NULL: none), and ``draw_count``."""
        table = table.sort_by("item_id")
        ids = table["item_id"].to_numpy()
        columns = [table[name].fill_null(-1).to_numpy() for name in ("album_id", "artist_id")]
        parents = np.stack([positions(ids, column) for column in columns], axis=1).astype(np.int32)
        itself = parents == np.arange(len(ids))[:, None]
        others = np.where(itself, np.int32(len(ids)), parents)
        return cls(ids, parents, others, table["draw_count"].to_numpy().astype(np.int64))

    def __len__(self) -> int:
        return len(self.ids)

    def law(self) -> np.ndarray:
        """Items (draws), each as often as it is to be drawn."""
        return np.repeat(np.arange(len(self), dtype=np.int32), self.draws)

    def sums(self, own: np.ndarray, parent: np.ndarray) -> np.ndarray:
        """The items' vectors (n, k): their ``own`` (n, k) and their parents' (n + 1, k), the last zero."""
        total = own + parent[self.parents[:, 0]]
        total += parent[self.parents[:, 1]]
        return total


@dataclass(frozen=True)
class Histories:
    """Ratings, user after user in ascending order of ``users`` (m).

    ``begins`` int64 (m + 1) say where each user's ratings begin; ``items`` int32 are positions in the
    taxonomy, ``ratings`` uint8 are 0..100.
    """

    users: np.ndarray
    begins: np.ndarray
    items: np.ndarray
    ratings: np.ndarray

    @classmethod
    def of(cls, table: pa.Table, taxonomy: Taxonomy) -> Histories:
        """From ``user_id``, ``item_id``, ``rating``, in any order; items must be in the taxonomy."""
        user_id, items = table["user_id"].to_numpy(), positions(taxonomy.ids, table["item_id"].to_numpy())
        users = np.unique(user_id)
        rows = positions(users, user_id)
        order = np.argsort(rows * (len(taxonomy) + 1) + items)
        counts = np.bincount(rows, minlength=len(users))
        ratings = table["rating"].to_numpy().astype(np.uint8)[order]
        return cls(users, np.append(0, np.cumsum(counts)), items[order].astype(np.int32), ratings)

    def positives(self, threshold: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The ratings from ``threshold`` on: int32 positions of users and of items, and the ratings."""
        owners = np.repeat(np.arange(len(self.users), dtype=np.int32), np.diff(self.begins))
        is_positive = self.ratings >= threshold
        return owners[is_positive], self.items[is_positive], self.ratings[is_positive]

    def rating(self, rows: np.ndarray, items: np.ndarray, width: int) -> np.ndarray:
        """The ratings of pairs of a user's row and an item, of which there are ``width``; -1 where none."""
        owners = np.repeat(np.arange(len(self.users)), np.diff(self.begins))
        keys = owners * (width + 1) + self.items
        found = positions(keys, rows * (width + 1) + items)
        return np.append(self.ratings.astype(np.int16), np.int16(-1))[found]
