"""The mini-batches that a denoising autoencoder learns from."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from recsys.learners.common.vectors import Items, Vectors, positions


@dataclass(frozen=True)
class Inputs:
    """Rated items of some users, row after row: ``offsets`` (users) is where each row begins.

    ``deviations`` are the ratings less the user's mean; ``counts`` (users) the lengths of the rows.
    """

    items: np.ndarray
    deviations: np.ndarray
    offsets: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, vectors: Vectors, rows: np.ndarray, kept: np.ndarray | None = None) -> Inputs:
        """The whole vectors of ``rows``, or of their ratings those that ``kept`` marks."""
        ratings = vectors.ratings[rows]
        owners = np.repeat(np.arange(len(rows)), np.diff(ratings.indptr))
        deviations = ratings.data - vectors.means[rows][owners]
        kept = np.ones(len(owners), dtype=bool) if kept is None else kept
        counts = np.bincount(owners[kept], minlength=len(rows))
        offsets = np.concatenate([[0], np.cumsum(counts)[:-1]])
        return cls(ratings.indices[kept].astype(np.int64), deviations[kept], offsets, counts)


@dataclass(frozen=True)
class Batch:
    """What a step learns from: the inputs, and for entries ``(owners, items)`` the ``targets`` 0..1."""

    inputs: Inputs
    owners: np.ndarray
    items: np.ndarray
    targets: np.ndarray


class Sampler:
    """Draws batches: hides a share of each user's ratings, and adds items that the user never rated.

    The unrated ones are drawn in proportion to ``Items.draws``, ``negatives`` of them for each hidden rating,
    and their target is 0: that a user never met an item is what most unrated items have to tell. Without them
    (``negatives`` 0) the loss is AutoRec's, over observed ratings alone. A user of more than ``limit``
    ratings gives a random part of about that many, so that a batch fits in memory.
    """

    def __init__(
        self, vectors: Vectors, items: Items, hidden_share: float, negatives: int, limit: int
    ) -> None:
        self.vectors, self.items = vectors, items
        self.hidden_share, self.negatives, self.limit = hidden_share, negatives, limit
        self.cumulated = np.cumsum(items.draws / max(items.draws.sum(), 1.0))

    def draw(self, rows: np.ndarray, rng: np.random.Generator) -> Batch:
        """A batch of the users ``rows``."""
        ratings = self.vectors.ratings[rows]
        lengths = np.diff(ratings.indptr)
        owners = np.repeat(np.arange(len(rows)), lengths)
        taken = rng.random(len(owners)) < (self.limit / np.maximum(lengths, 1))[owners]
        hidden = rng.random(len(owners)) < self.hidden_share
        asked = taken & hidden & (self.items.draws[ratings.indices] > 0)
        unrated_owners, unrated = self._unrated(ratings, owners, owners[asked], rng)
        return Batch(
            Inputs.of(self.vectors, rows, taken & ~hidden),
            np.concatenate([owners[asked], unrated_owners]),
            np.concatenate([ratings.indices[asked], unrated]).astype(np.int64),
            np.concatenate([ratings.data[asked], np.zeros(len(unrated), dtype=np.float32)]),
        )

    def _unrated(
        self, ratings: csr_matrix, owners: np.ndarray, asked: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Owners and items of the draws that their owner has not rated; the others are dropped."""
        drawn_owners = np.repeat(asked, self.negatives)
        drawn = np.searchsorted(self.cumulated, rng.random(len(drawn_owners)), side="right")
        drawn = np.minimum(drawn, len(self.items) - 1)
        rated_keys = owners * len(self.items) + ratings.indices  # ascending: rows, and items in a row, are
        is_unrated = positions(rated_keys, drawn_owners * len(self.items) + drawn) == len(rated_keys)
        return drawn_owners[is_unrated], drawn[is_unrated]


def ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """The same batches; the next one is drawn, in a thread of its own, while one is learned from."""
    with ThreadPoolExecutor(1) as aside:
        waiting = aside.submit(next, batches, None)
        while (batch := waiting.result()) is not None:
            waiting = aside.submit(next, batches, None)
            yield batch


def distinct(items: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Which of 0..count - 1 there are, ascending, and the place of each item among them."""
    is_there = np.zeros(count, dtype=bool)
    is_there[items] = True
    return np.flatnonzero(is_there), (np.cumsum(is_there) - 1)[items]
