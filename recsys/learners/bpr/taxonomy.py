"""Users' histories and items' places in the taxonomy, as the arrays that `taxonomy_factors` learns from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from recsys.learners.common.vectors import positions, tallied
from recsys.project.contract import Relation

PIECE = 1 << 20  # entries that are worked on at a time


@dataclass(frozen=True)
class Arrays:
    """Arrays in files of a folder, whose pages the system lends and takes back: no memory of the process."""

    folder: Path

    def empty(self, name: str, shape: int | tuple[int, ...], kind: type) -> np.ndarray:
        """An array to be filled; one of the same name before it is gone."""
        if not np.prod(shape):
            return np.empty(shape, kind)
        path = self.folder / name
        path.unlink(missing_ok=True)
        return np.memmap(path, kind, mode="w+", shape=shape).view(np.ndarray)


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

    def law(self, arrays: Arrays) -> np.ndarray:
        """Items (draws), each as often as it is to be drawn."""
        law = arrays.empty("law", int(self.draws.sum()), np.int32)
        ends = np.append(0, np.cumsum(self.draws))
        for part in parts(ends):
            items = np.arange(part.start, part.stop, dtype=np.int32)
            law[ends[part.start] : ends[part.stop]] = np.repeat(items, self.draws[part])
        return law

    def sums(self, own: np.ndarray, parent: np.ndarray) -> np.ndarray:
        """The items' vectors (n, k): their ``own`` (n, k) and their parents' (n + 1, k), the last zero."""
        total = own + parent[self.parents[:, 0]]
        total += parent[self.parents[:, 1]]
        return total


@dataclass(frozen=True)
class Histories:
    """Ratings, user after user in ascending order of ``users`` (m), in ``arrays``.

    ``begins`` int64 (m + 1) say where each user's ratings begin; ``items`` int32 are positions in the
    taxonomy, ascending for each user, ``ratings`` uint8 are 0..100.
    """

    users: np.ndarray
    begins: np.ndarray
    items: np.ndarray
    ratings: np.ndarray

    @classmethod
    def of(cls, relation: Relation, taxonomy: Taxonomy, arrays: Arrays) -> Histories:
        """From ``user_id``, ``item_id``, ``rating``, in any order; items must be in the taxonomy."""
        users, counts = tallied(batch["user_id"].to_numpy() for batch in relation.batches())
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
        for part in parts(begins):
            entries = histories.entries(part)
            order = np.lexsort((items[entries], histories.owners(part)))
            items[entries], ratings[entries] = items[entries][order], ratings[entries][order]
        return histories

    def entries(self, users: slice) -> slice:
        """Where the ratings of some users in a row are."""
        return slice(self.begins[users.start], self.begins[users.stop])

    def owners(self, users: slice) -> np.ndarray:
        """The row of each of their ratings (int32)."""
        rows = np.arange(users.start, users.stop, dtype=np.int32)
        return np.repeat(rows, np.diff(self.begins[users.start : users.stop + 1]))

    def rating(self, rows: np.ndarray, items: np.ndarray) -> np.ndarray:
        """The ratings of pairs of a user's row and an item; -1 where there is none."""
        asked, place = np.unique(rows, return_inverse=True)
        lengths = self.begins[asked + 1] - self.begins[asked]
        entries = np.repeat(self.begins[asked] - np.cumsum(lengths) + lengths, lengths)
        entries += np.arange(len(entries))
        width = int(max(items.max(initial=0), self.items[entries].max(initial=0))) + 1
        keys = np.repeat(np.arange(len(asked)), lengths) * width + self.items[entries]
        found = positions(keys, place * width + items)
        return np.append(self.ratings[entries].astype(np.int16), np.int16(-1))[found]


def parts(ends: np.ndarray) -> Iterator[slice]:
    """Runs of 0..n - 1, in order, of about `PIECE` entries; ``ends`` (n + 1) cumulate how many each has."""
    begin = 0
    while begin < len(ends) - 1:
        stop = max(begin + 1, int(np.searchsorted(ends, ends[begin] + PIECE, side="right")) - 1)
        yield slice(begin, stop)
        begin = stop
