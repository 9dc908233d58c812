"""Taxonomy factors: pairwise ranking of users' likes, with item vectors summed over the taxonomy.

Bayesian personalised ranking (Rendle et al., 2009) with item vectors that are sums over the taxonomy, and
popularity-proportional negative sampling, after Mnih, 2011:

    s(u, i) = U_u . (V_i + A_album(i) + A_artist(i)) + b_i + w . h(u, i)

h are four features of the user's history: the rating of the album, whether it is liked, and the same for the
artist. Each rating of at least ``positive_threshold`` is compared with a hard negative: the best scored of
``negatives`` sampled items that the user never rated, sampled anew in each epoch. The negatives of an epoch
are scored by the factors of the epoch before, so that they are sampled while that epoch trains. Descent is
sequential and compiled: gradients of mini-batches took torch three times as long.

References
----------
Rendle et al., "BPR: Bayesian Personalized Ranking from Implicit Feedback", UAI 2009.
Mnih, "Taxonomy-Informed Latent Factor Models for Implicit Feedback", KDD Cup 2011, JMLR W&CP 18.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from recsys.learners.bpr import kernels
from recsys.learners.bpr.taxonomy import Arrays, Histories, Taxonomy, blocks
from recsys.learners.common.settings import parse
from recsys.learners.common.vectors import positions
from recsys.project.contract import Context, Relation

HISTORY = ("album_rating", "album_liked", "artist_rating", "artist_liked")

# Comparisons per shuffled block: their users' factors fit in the processor's cache.
_SHUFFLED = 8192

_CURVE = pa.schema(
    {"epoch": pa.int32(), "train_loss": pa.float64(), "validation_auc": pa.float64(), "is_kept": pa.bool_()}
)

_NO_LABELS = pa.schema({"user_id": pa.int32(), "track_id": pa.int32(), "label": pa.int32()}).empty_table()


@dataclass(frozen=True)
class FactorSettings:
    """Settings of `fit_predict`.

    Attributes
    ----------
    factors : int
        Number of latent factors.
    epochs : int
    learning_rate, final_learning_rate : float
        First and last learning rate; it falls by one factor per epoch.
    l2 : float
        L2 penalty.
    negatives : int
        Sampled negatives per positive rating; the hardest is used.
    positive_threshold : int
        Least rating (0 to 100) of a positive.
    like_threshold : int
        Least rating (0 to 100) that has full weight, and that marks an album or artist as liked.
    low_confidence_weight : float
        Weight of positives below ``like_threshold``.
    deviation : float
        Standard deviation of the initial factors.
    seed : int
    """

    factors: int
    epochs: int
    learning_rate: float
    final_learning_rate: float
    l2: float
    negatives: int
    positive_threshold: int
    like_threshold: int
    low_confidence_weight: float
    deviation: float
    seed: int

    def learning_rate_of(self, epoch: int) -> float:
        """Return the learning rate of an epoch, counted from 0."""
        share = epoch / max(1, self.epochs - 1)
        return float(self.learning_rate * (self.final_learning_rate / self.learning_rate) ** share)


@dataclass
class Factors:
    """Hold the parameters, float32.

    ``users`` (m, k), ``own`` (n, k), ``parent`` (n + 1, k, the last row zero), ``biases`` (n) and
    ``weights`` (4).
    """

    users: np.ndarray
    own: np.ndarray
    parent: np.ndarray
    biases: np.ndarray
    weights: np.ndarray

    @classmethod
    def random(cls, users: int, items: int, settings: FactorSettings) -> Factors:
        """Draw small random user and item factors; everything else is zero."""
        rng, rank = np.random.default_rng(settings.seed), settings.factors
        started = (
            rng.normal(0, settings.deviation, (rows, rank)).astype(np.float32) for rows in (users, items)
        )
        zeros = (np.zeros(shape, np.float32) for shape in ((items + 1, rank), items, len(HISTORY)))
        return cls(*started, *zeros)

    def model(self, taxonomy: Taxonomy) -> FactorModel:
        """Return a copy with the taxonomy summed up, for scoring."""
        vectors = taxonomy.sums(self.own, self.parent)
        return FactorModel(self.users.copy(), vectors, self.biases.copy(), self.weights.copy())


@dataclass(frozen=True)
class FactorModel:
    """Hold factors summed over the taxonomy, float32.

    ``users`` (m, k), ``items`` (n, k), ``biases`` (n) and ``weights`` (4).
    """

    users: np.ndarray
    items: np.ndarray
    biases: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True)
class Epoch:
    """Record one pass over the comparisons; ``validation_auc`` is None without validation."""

    epoch: int
    train_loss: float | None
    validation_auc: float | None


def fit_predict(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table]:
    """Fit the factors of all users with ratings and of all items.

    Ratings and comparisons are read in batches and kept in files; the factors are in memory.

    Parameters
    ----------
    inputs : mapping of str to Relation
        ``ratings`` (user_id, item_id, rating), ratings of 0 to 100, ``items`` (item_id, album_id, artist_id,
        draw_count), and optionally ``validation`` (user_id, track_id, label), which chooses the epoch.
    settings : mapping
        Keys of `FactorSettings`.
    context : Context
        Scratch folder and progress reports.

    Returns
    -------
    mapping of str to pyarrow.Table
        ``learned.user_factors`` (user_id, factors); ``learned.item_factors`` (item_id, factors, bias),
        factors summed over the taxonomy; ``learned.history_weights`` (feature, weight);
        ``learned.factor_curve``, one row per epoch.
    """
    chosen = parse(FactorSettings, settings)
    taxonomy = Taxonomy.of(inputs["items"].arrow())
    with tempfile.TemporaryDirectory(prefix="factors-", dir=context.scratch) as folder:
        arrays = Arrays(Path(folder))
        histories = Histories.of(inputs["ratings"], taxonomy, arrays)
        labels = inputs["validation"].arrow() if "validation" in inputs else _NO_LABELS
        validation = Validation.of(labels, histories, taxonomy, chosen.like_threshold)
        model, curve = fit(histories, taxonomy, validation, chosen, arrays, context)
    return {
        "learned.user_factors": pa.table({"user_id": histories.users, "factors": _lists(model.users)}),
        "learned.item_factors": pa.table(
            {"item_id": taxonomy.ids, "factors": _lists(model.items), "bias": model.biases}
        ),
        "learned.history_weights": pa.table({"feature": HISTORY, "weight": model.weights.astype(np.float64)}),
        "learned.factor_curve": curve,
    }


@dataclass(frozen=True)
class Validation:
    """Hold pairs of a liked and a not liked item of a user (row), to compute AUC.

    ``histories`` (2, pairs, 4) are the history features of the liked and of the other item.
    """

    rows: np.ndarray
    liked: np.ndarray
    other: np.ndarray
    histories: np.ndarray

    @classmethod
    def of(
        cls, labels: pa.Table, histories: Histories, taxonomy: Taxonomy, like_threshold: int
    ) -> Validation:
        """Pair liked with not liked tracks of ``labels (user_id, track_id, label)``; skip unknown ids."""
        user_id, track_id = labels["user_id"].to_numpy(), labels["track_id"].to_numpy()
        rows, items = positions(histories.users, user_id), positions(taxonomy.ids, track_id)
        is_known = (rows < len(histories.users)) & (items < len(taxonomy))
        is_liked = labels["label"].to_numpy() == 1
        good, bad = (
            pa.table({"row": rows[here], name: items[here]})
            for name, here in (("liked", is_known & is_liked), ("other", is_known & ~is_liked))
        )
        pairs = good.join(bad, "row", join_type="inner").sort_by([(name, "ascending") for name in _PAIR])
        row, liked, other = (pairs[name].to_numpy() for name in _PAIR)
        features = np.stack(
            [history_features(histories, taxonomy, row, item, like_threshold) for item in (liked, other)]
        )
        return cls(row, liked, other, features)

    def auc(self, model: FactorModel) -> float | None:
        """Return the share of pairs in the right order, ties half; None without pairs."""
        if not len(self.rows):
            return None
        taste = model.users[self.rows]
        liked, other = (
            np.einsum("ij,ij->i", taste, model.items[items]) + model.biases[items] + features @ model.weights
            for items, features in zip((self.liked, self.other), self.histories, strict=True)
        )
        return float(np.mean(np.sign(liked - other)) / 2 + 0.5)


_PAIR = ("row", "liked", "other")


def history_features(
    histories: Histories, taxonomy: Taxonomy, rows: np.ndarray, items: np.ndarray, like_threshold: int
) -> np.ndarray:
    """Compute the history features of pairs of a user and an item.

    Parameters
    ----------
    histories : Histories
    taxonomy : Taxonomy
    rows, items : ndarray of int, shape (pairs,)
        Rows of users, positions of items.
    like_threshold : int
        Least rating of a liked album or artist, 0 to 100.

    Returns
    -------
    ndarray of float32, shape (pairs, 4)
        In the order of `HISTORY`; ratings of 0 to 1.
    """
    columns = []
    for level in range(2):
        rating = histories.rating(rows, taxonomy.others[items, level])
        columns += [np.maximum(rating, 0) / 100, rating >= like_threshold]
    return np.stack(columns, axis=1).astype(np.float32)


def fit(
    histories: Histories,
    taxonomy: Taxonomy,
    validation: Validation,
    settings: FactorSettings,
    arrays: Arrays,
    context: Context,
) -> tuple[FactorModel, pa.Table]:
    """Fit factors by stochastic gradient descent; keep the epoch with the best validation AUC.

    Parameters
    ----------
    histories : Histories
    taxonomy : Taxonomy
    validation : Validation
        Without pairs, the last epoch is kept.
    settings : FactorSettings
    arrays : Arrays
        Files of the comparisons.
    context : Context

    Returns
    -------
    model : FactorModel
    curve : pyarrow.Table
        Loss and AUC of each epoch.
    """
    comparisons = Comparisons(histories, taxonomy, settings, arrays)
    factors = Factors.random(len(histories.users), len(taxonomy), settings)
    factors.users[comparisons.counts == 0] = 0  # users without positive ratings
    factors.own[~comparisons.touched()] = 0
    best, curve = factors.model(taxonomy), list[Epoch]()
    rng, kept = np.random.default_rng(settings.seed + 1), 0
    with ThreadPoolExecutor(1) as aside:
        waiting = aside.submit(comparisons.hard_negatives, best, rng.spawn(1)[0])
        for number in range(1, settings.epochs + 1):
            chosen, codes = waiting.result()
            if number < settings.epochs:
                waiting = aside.submit(comparisons.hard_negatives, factors.model(taxonomy), rng.spawn(1)[0])
            loss = comparisons.descend(factors, chosen, codes, settings.learning_rate_of(number - 1), rng)
            model = factors.model(taxonomy)
            curve.append(Epoch(number, loss, validation.auc(model)))
            context.report(number / settings.epochs, f"epoch {number}, loss {loss or 0:.4f}")
            if kept == 0 or _is_better(curve[-1], curve[kept - 1]):
                best, kept = model, number
    rows = [asdict(epoch) | {"is_kept": epoch.epoch == kept} for epoch in curve]
    return best, pa.Table.from_pylist(rows, schema=_CURVE)


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


def _is_better(epoch: Epoch, kept: Epoch) -> bool:
    if epoch.validation_auc is None or kept.validation_auc is None:
        return True
    return epoch.validation_auc > kept.validation_auc


def _lists(vectors: np.ndarray) -> pa.Array:
    ends = np.arange(0, vectors.size + 1, vectors.shape[1], dtype=np.int32)
    return pa.ListArray.from_arrays(ends, np.ascontiguousarray(vectors).ravel())
