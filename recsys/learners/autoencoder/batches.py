"""Mini-batches of the denoising autoencoder."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from recsys.learners.common.vectors import Items, Vectors, positions


@dataclass(frozen=True)
class Inputs:
    """Hold rated items of some users, row after row.

    Attributes
    ----------
    items : ndarray of int64, shape (entries,)
        Positions of rated items.
    deviations : ndarray of float32, shape (entries,)
        Ratings less the user's mean.
    offsets : ndarray of int64, shape (users,)
        Begin of each row.
    counts : ndarray of int64, shape (users,)
        Length of each row.
    """

    items: np.ndarray
    deviations: np.ndarray
    offsets: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, vectors: Vectors, rows: np.ndarray, kept: np.ndarray | None = None) -> Inputs:
        """Build the inputs of ``rows``, from all of their ratings or those that ``kept`` marks."""
        ratings = vectors.ratings[rows]
        owners = np.repeat(np.arange(len(rows)), np.diff(ratings.indptr))
        deviations = ratings.data - vectors.means[rows][owners]
        kept = np.ones(len(owners), dtype=bool) if kept is None else kept
        counts = np.bincount(owners[kept], minlength=len(rows))
        offsets = np.concatenate([[0], np.cumsum(counts)[:-1]])
        return cls(ratings.indices[kept].astype(np.int64), deviations[kept], offsets, counts)


@dataclass(frozen=True)
class Batch:
    """Hold the inputs of a training step, and ``targets`` (0 to 1) of the entries ``(owners, items)``."""

    inputs: Inputs
    owners: np.ndarray
    items: np.ndarray
    targets: np.ndarray


class Sampler:
    """Draw batches: hide a share of each user's ratings and add sampled negatives.

    Negatives are items that the user never rated, drawn in proportion to ``Items.draws``, with the target 0:
    ``negatives`` for each hidden rating. With ``negatives=0`` the loss is AutoRec's, over observed ratings
    only. A user with more than ``limit`` ratings contributes a random sample of about that many, which bounds
    the memory of a batch.
    """

    def __init__(
        self, vectors: Vectors, items: Items, hidden_share: float, negatives: int, limit: int
    ) -> None:
        self.vectors, self.items = vectors, items
        self.hidden_share, self.negatives, self.limit = hidden_share, negatives, limit
        self.cumulated = np.cumsum(items.draws / max(items.draws.sum(), 1.0))

    def draw(self, rows: np.ndarray, rng: np.random.Generator) -> Batch:
        """Draw a batch of the users ``rows``."""
        ratings = self.vectors.ratings[rows]
        lengths = np.diff(ratings.indptr)
        owners = np.repeat(np.arange(len(rows)), lengths)
        taken = rng.random(len(owners)) < (self.limit / np.maximum(lengths, 1))[owners]
        hidden = rng.random(len(owners)) < self.hidden_share
        targets = taken & hidden & (self.items.draws[ratings.indices] > 0)
        unrated_owners, unrated = self._negatives(ratings, owners, owners[targets], rng)
        return Batch(
            Inputs.of(self.vectors, rows, taken & ~hidden),
            np.concatenate([owners[targets], unrated_owners]),
            np.concatenate([ratings.indices[targets], unrated]).astype(np.int64),
            np.concatenate([ratings.data[targets], np.zeros(len(unrated), dtype=np.float32)]),
        )

    def _negatives(
        self, ratings: csr_matrix, owners: np.ndarray, targets: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return owners and items of the drawn negatives; drop those that their owner has rated."""
        drawn_owners = np.repeat(targets, self.negatives)
        drawn = np.searchsorted(self.cumulated, rng.random(len(drawn_owners)), side="right")
        drawn = np.minimum(drawn, len(self.items) - 1)
        rated_keys = owners * len(self.items) + ratings.indices  # ascending, like rows and their items
        is_unrated = positions(rated_keys, drawn_owners * len(self.items) + drawn) == len(rated_keys)
        return drawn_owners[is_unrated], drawn[is_unrated]


def prefetch(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Yield the same batches; the next one is drawn in a thread while the current one is in use.

    Parameters
    ----------
    batches : iterator of Batch

    Yields
    ------
    Batch
    """
    with ThreadPoolExecutor(1) as aside:
        waiting = aside.submit(next, batches, None)
        while (batch := waiting.result()) is not None:
            waiting = aside.submit(next, batches, None)
            yield batch


def distinct(items: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the distinct items of 0..count - 1.

    Parameters
    ----------
    items : ndarray of int64, shape (n,)
    count : int

    Returns
    -------
    values : ndarray of int64
        Distinct items, ascending.
    places : ndarray of int64, shape (n,)
        Position of each item among them.
    """
    is_there = np.zeros(count, dtype=bool)
    is_there[items] = True
    return np.flatnonzero(is_there), (np.cumsum(is_there) - 1)[items]
