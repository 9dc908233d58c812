"""Users as sparse rating vectors in memory-mapped files, so that ratings need not fit in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_matrix

from recsys.project.contract import Relation

FILES = {"users": np.int64, "ends": np.int64, "items": np.int32, "ratings": np.float32}
USERS = 1 << 14  # users per block of means


@dataclass(frozen=True)
class Items:
    """Describe the items, in ascending order of ``ids`` (n).

    Attributes
    ----------
    ids : ndarray of int, shape (n,)
    parents : ndarray of int64, shape (n,)
        Position of the item's artist, n for none.
    draws : ndarray of float64, shape (n,)
        Relative frequency in negative sampling. An item with 0 is never sampled and never a target.
    """

    ids: np.ndarray
    parents: np.ndarray
    draws: np.ndarray

    @classmethod
    def of(cls, table: pa.Table) -> Items:
        """Read the columns ``item_id``, ``parent_id`` (NULL: none) and ``draw_count``."""
        table = table.sort_by("item_id")
        ids = table["item_id"].to_numpy()
        parents = positions(ids, table["parent_id"].fill_null(-1).to_numpy())
        return cls(ids, parents, table["draw_count"].to_numpy().astype(np.float64))

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self.ids)


@dataclass(frozen=True)
class Vectors:
    """Hold one sparse row of ratings (0 to 1) per user, mapped from files.

    Attributes
    ----------
    users : ndarray of int64, shape (users,)
        Ids, ascending.
    ratings : csr_matrix of float32, shape (users + 1, items)
        Stored zeros are ratings of 0. The last row is empty and stands for users without ratings.
    means : ndarray of float32, shape (users + 1,)
        Mean of each row, 0 for the last.
    """

    users: np.ndarray
    ratings: csr_matrix
    means: np.ndarray

    @classmethod
    def of(cls, relation: Relation, items: Items, folder: Path) -> Vectors:
        """Write ``relation (user_id, item_id, rating)``, sorted by its key, to files, and map them."""
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "items").open("wb") as places, (folder / "ratings").open("wb") as values:

            def owners() -> Iterator[np.ndarray]:
                for batch in relation.batches():
                    positions(items.ids, batch["item_id"].to_numpy()).astype(np.int32).tofile(places)
                    (batch["rating"].to_numpy() / 100).astype(np.float32).tofile(values)
                    yield batch["user_id"].to_numpy()

            users, counts = count_values(owners())
        users.astype(FILES["users"]).tofile(folder / "users")
        np.cumsum(counts).astype(FILES["ends"]).tofile(folder / "ends")
        return cls.open(folder, items)

    @classmethod
    def open(cls, folder: Path, items: Items) -> Vectors:
        """Map the files that `of` wrote, here or on another machine."""
        users, ends, places, values = (_mapped(folder / name, kind) for name, kind in FILES.items())
        begins = np.concatenate([[0], ends, [len(places)]])
        ratings = csr_matrix((values, places, begins), shape=(len(users) + 1, len(items)))
        ratings.has_sorted_indices = True
        return cls(users, ratings, np.concatenate([*_means(ratings), np.zeros(1, np.float32)]))


def _mapped(path: Path, kind: type) -> np.ndarray:
    """Map the numbers of a file; an empty file gives an empty array."""
    return np.memmap(path, kind, mode="r") if path.stat().st_size else np.empty(0, kind)


def _means(ratings: csr_matrix) -> Iterator[np.ndarray]:
    """Yield the means of all rows but the last, a block of rows at a time."""
    for begin in range(0, ratings.shape[0] - 1, USERS):
        ends = ratings.indptr[begin : min(begin + USERS, ratings.shape[0] - 1) + 1]
        lengths = np.diff(ends)
        owners = np.repeat(np.arange(len(lengths)), lengths)
        sums = np.bincount(owners, ratings.data[ends[0] : ends[-1]], len(lengths))
        yield (sums / np.maximum(lengths, 1)).astype(np.float32)


def count_values(pieces: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Count the distinct values of integers that come in blocks.

    Parameters
    ----------
    blocks : iterable of ndarray of int

    Returns
    -------
    values : ndarray of int64, shape (k,)
        Ascending.
    counts : ndarray of int64, shape (k,)
    """
    none = np.empty(0, np.int64)
    found = [(none, none), *(np.unique(piece, return_counts=True) for piece in pieces)]
    values, counts = (np.concatenate(one) for one in zip(*found, strict=True))
    distinct, place = np.unique(values, return_inverse=True)  # a value can be in two blocks
    return distinct, np.bincount(place, counts, len(distinct)).astype(np.int64)


def positions(ascending: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Find the position of each wanted value among distinct ascending values.

    Parameters
    ----------
    ascending : ndarray, shape (n,)
    wanted : ndarray, shape (m,)

    Returns
    -------
    ndarray of int64, shape (m,)
        n for an absent value.
    """
    if not len(ascending):
        return np.zeros(len(wanted), dtype=np.int64)
    found = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1)
    return np.where(ascending[found] == wanted, found, len(ascending))
