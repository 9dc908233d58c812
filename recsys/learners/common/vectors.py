"""Users as sparse vectors of ratings, in files that are read as they are needed, not held in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_matrix

from recsys.project.contract import Relation

FILES = {"users": np.int64, "ends": np.int64, "items": np.int32, "ratings": np.float32}
USERS = 1 << 14  # whose means are computed at a time


@dataclass(frozen=True)
class Items:
    """The vocabulary, in ascending order of ``ids`` (n).

    ``parents`` (n) are positions of the items' artists, n for none. ``draws`` (n) say how often an item is
    drawn as one that a user did not rate; an item that is never drawn is no target either.
    """

    ids: np.ndarray
    parents: np.ndarray
    draws: np.ndarray

    @classmethod
    def of(cls, table: pa.Table) -> Items:
        """From the columns ``item_id``, ``parent_id`` (NULL: none) and ``draw_count``."""
        table = table.sort_by("item_id")
        ids = table["item_id"].to_numpy()
        parents = positions(ids, table["parent_id"].fill_null(-1).to_numpy())
        return cls(ids, parents, table["draw_count"].to_numpy().astype(np.float64))

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Vectors:
    """Ratings on a scale of 0..1, one row a user: ``ratings`` float32 (users + 1, items), zeros stored.

    ``users`` (users) are the ids, ascending; ``means`` float32 (users + 1) the rows' means. The last row, 0
    and empty, stands for whoever rated nothing. What a row has is on the disk until somebody asks for it.
    """

    users: np.ndarray
    ratings: csr_matrix
    means: np.ndarray

    @classmethod
    def of(cls, relation: Relation, items: Items, folder: Path) -> Vectors:
        """From ``user_id``, ``item_id``, ``rating`` (0..100), by their key; into files."""
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "items").open("wb") as places, (folder / "ratings").open("wb") as values:

            def owners() -> Iterator[np.ndarray]:
                for batch in relation.batches():
                    positions(items.ids, batch["item_id"].to_numpy()).astype(np.int32).tofile(places)
                    (batch["rating"].to_numpy() / 100).astype(np.float32).tofile(values)
                    yield batch["user_id"].to_numpy()

            users, counts = tallied(owners())
        users.astype(FILES["users"]).tofile(folder / "users")
        np.cumsum(counts).astype(FILES["ends"]).tofile(folder / "ends")
        return cls.open(folder, items)

    @classmethod
    def open(cls, folder: Path, items: Items) -> Vectors:
        """What `of` wrote, here or elsewhere."""
        users, ends, places, values = (_mapped(folder / name, kind) for name, kind in FILES.items())
        begins = np.concatenate([[0], ends, [len(places)]])
        ratings = csr_matrix((values, places, begins), shape=(len(users) + 1, len(items)))
        ratings.has_sorted_indices = True
        return cls(users, ratings, np.concatenate([*_means(ratings), np.zeros(1, np.float32)]))


def _mapped(path: Path, kind: type) -> np.ndarray:
    """A file's numbers; an empty one cannot be mapped."""
    return np.memmap(path, kind, mode="r") if path.stat().st_size else np.empty(0, kind)


def _means(ratings: csr_matrix) -> Iterator[np.ndarray]:
    """The rows' means, of some rows at a time, without the last."""
    for begin in range(0, ratings.shape[0] - 1, USERS):
        ends = ratings.indptr[begin : min(begin + USERS, ratings.shape[0] - 1) + 1]
        lengths = np.diff(ends)
        owners = np.repeat(np.arange(len(lengths)), lengths)
        sums = np.bincount(owners, ratings.data[ends[0] : ends[-1]], len(lengths))
        yield (sums / np.maximum(lengths, 1)).astype(np.float32)


def tallied(pieces: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The distinct values of integers in pieces, ascending, and how often there is each (int64 both)."""
    none = np.empty(0, np.int64)
    found = [(none, none), *(np.unique(piece, return_counts=True) for piece in pieces)]
    values, counts = (np.concatenate(one) for one in zip(*found, strict=True))
    distinct, place = np.unique(values, return_inverse=True)  # some are in two pieces
    return distinct, np.bincount(place, counts, len(distinct)).astype(np.int64)


def positions(ascending: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where each wanted value stands among distinct ascending ones; their number for one that is absent."""
    if not len(ascending):
        return np.zeros(len(wanted), dtype=np.int64)
    found = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1)
    return np.where(ascending[found] == wanted, found, len(ascending))
