"""Positive ratings and their sampled negatives: the comparisons that factors are fitted to."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from recsys.learners.bpr import kernels
from recsys.learners.bpr.factors import FactorModel, Factors, FactorSettings
from recsys.learners.bpr.taxonomy import Arrays, Histories, Taxonomy, blocks

# Comparisons per shuffled block: their users' factors fit in the processor's cache.
_SHUFFLED = 8192


class Comparisons:
    """Hold the positive ratings, user after user, and sample a negative for each.

    Attributes
    ----------
    counts : ndarray of int64, shape (m,)
        Positive ratings of each user.
    owners, liked : ndarray of int32
        Row of the user and position of the item of each positive rating.
    shares : ndarray of float32
        Weight of each positive rating.
    liked_codes : ndarray of uint8, shape (positives, 2)
        Codes of the user's ratings of album and artist.
    """

    def __init__(
        self, histories: Histories, taxonomy: Taxonomy, settings: FactorSettings, arrays: Arrays
    ) -> None:
        self.histories, self.taxonomy, self.settings, self.arrays = histories, taxonomy, settings, arrays
        self.table = taxonomy.sampling_table(arrays)
        self.counts = np.zeros(len(histories.users), np.int64)
        for block in blocks(histories.begins):
            rows = histories.owners(block)[self._is_positive(block)] - block.start
            self.counts[block] = np.bincount(rows, minlength=block.stop - block.start)
        self.ends = np.append(0, np.cumsum(self.counts))
        total = int(self.ends[-1])
        self.owners, self.liked = (arrays.empty(name, total, np.int32) for name in ("owners", "liked"))
        self.shares = arrays.empty("shares", total, np.float32)
        self.liked_codes = arrays.empty("liked_codes", (total, 2), np.uint8)
        for block in blocks(histories.begins):
            self._fill(block)

    def __len__(self) -> int:
        """Return the number of positive ratings."""
        return len(self.owners)

    def _is_positive(self, users: slice) -> np.ndarray:
        return self.histories.ratings[self.histories.entries(users)] >= self.settings.positive_threshold

    def _fill(self, users: slice) -> None:
        """Write the arrays of the positive ratings of some users."""
        histories, place = self.histories, self._place(users)
        entries, is_positive = histories.entries(users), self._is_positive(users)
        ratings = histories.ratings[entries][is_positive]
        weights = np.float32(1.0), np.float32(self.settings.low_confidence_weight)
        self.owners[place] = histories.owners(users)[is_positive]
        self.liked[place] = histories.items[entries][is_positive]
        self.shares[place] = np.where(ratings >= self.settings.like_threshold, *weights)
        kernels.parent_codes(
            histories.begins[users.start : users.stop + 1], histories.items, histories.ratings,
            self.settings.positive_threshold, self.taxonomy.others, self.liked_codes[place],
        )  # fmt: skip

    def _place(self, users: slice) -> slice:
        """Return the slice of the positive ratings of consecutive users."""
        return slice(self.ends[users.start], self.ends[users.stop])

    def touched(self) -> np.ndarray:
        """Mark the items (n) that any comparison can read."""
        is_touched = self.taxonomy.draws > 0
        is_touched[self.liked] = True
        return is_touched

    def draws(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Sample items (count, negatives) from the negative-sampling table."""
        shape = (count, self.settings.negatives)
        if not len(self.table):
            return np.empty((count, 0), np.int32)
        return self.table[rng.integers(0, len(self.table), shape, dtype=np.int32)]

    def hard_negatives(self, model: FactorModel, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return a hard negative for each positive rating, -1 for none, and the codes of its parents."""
        histories = self.histories
        chosen = self.arrays.empty("chosen", len(self), np.int32)
        codes = self.arrays.empty("codes", (len(self), 2), np.uint8)
        for users in blocks(self.ends):
            place = self._place(users)
            chosen[place], codes[place] = kernels.hard_negatives(
                self.draws(place.stop - place.start, rng), histories.begins[users.start : users.stop + 1],
                histories.items, histories.ratings, self.counts[users], self.taxonomy.others,
                model.users[users], model.items, model.biases, model.weights, self.settings.like_threshold,
            )  # fmt: skip
        return chosen, codes

    def descend(
        self, factors: Factors, chosen: np.ndarray, codes: np.ndarray, step: float, rng: np.random.Generator
    ) -> float | None:
        """Train one epoch, in as random an order as the cache allows; return the mean loss."""
        loss, total = 0.0, 0.0
        for order in shuffled(len(self), rng):
            lost, weighed = kernels.descend(
                order, self.owners, self.liked, self.liked_codes, self.shares, chosen, codes,
                self.taxonomy.parents, factors.users, factors.own, factors.parent, factors.biases,
                factors.weights, self.settings.like_threshold, step, self.settings.l2,
            )  # fmt: skip
            loss, total = loss + lost, total + weighed
        return loss / total if total else None


def shuffled(count: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield 0..count - 1 in blocks of neighbours, in random order and shuffled within each block.

    Parameters
    ----------
    count : int
    rng : numpy.random.Generator

    Yields
    ------
    ndarray of int32
    """
    size = min(_SHUFFLED, max(1, count // 50))
    for begin in rng.permutation(range(0, count, size)):
        yield rng.permutation(np.arange(begin, min(begin + size, count), dtype=np.int32))
