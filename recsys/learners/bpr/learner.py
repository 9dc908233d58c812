"""Factors of users and items that order what a user likes before what others like, over the taxonomy.

Bayesian personalised ranking (Rendle et al. 2009) with item vectors that are sums over the taxonomy and with
comparisons drawn by popularity, after Mnih, "Taxonomy-Informed Latent Factor Models for Implicit Feedback",
KDD Cup 2011, JMLR W&CP 18:

    s(u, i) = U_u . (V_i + A_album(i) + A_artist(i)) + b_i + w . h(u, i)

h are four features of the user's history: the rating of the album, whether it is a liked one, and the same
of the artist. Each rating from ``positive`` on is compared with an item that is drawn by the law of liked
ratings and that the user never rated, the hardest of ``negatives`` draws, afresh in each epoch. The draws of
an epoch are judged by the factors of one epoch before, so that they are made while that epoch is learned.
One descent after the other, compiled: gradients of mini-batches took torch three times as long.
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

from recsys.learners.bpr import kernels as factor_kernels
from recsys.learners.bpr.taxonomy import Arrays, Histories, Taxonomy, parts
from recsys.learners.common.settings import parse
from recsys.learners.common.vectors import positions
from recsys.project.contract import Context, Relation

HISTORY = ("album_rating", "album_liked", "artist_rating", "artist_liked")

# Comparisons that are shuffled among themselves: the users of so many fit in a processor's cache.
_SHUFFLED = 8192

_CURVE = pa.schema(
    {"epoch": pa.int32(), "train_loss": pa.float64(), "validation_auc": pa.float64(), "is_kept": pa.bool_()}
)

_NO_LABELS = pa.schema({"user_id": pa.int32(), "track_id": pa.int32(), "label": pa.int32()}).empty_table()


@dataclass(frozen=True)
class FactorSettings:
    """``step`` falls to ``final_learning_rate`` by one factor an epoch; ``l2`` is the weight of the squares."""

    factors: int
    epochs: int
    learning_rate: float
    final_learning_rate: float
    l2: float
    negatives: int
    positive: int
    like_threshold: int
    low_confidence_weight: float
    deviation: float
    seed: int

    def step_of(self, epoch: int) -> float:
        share = epoch / max(1, self.epochs - 1)
        return float(self.learning_rate * (self.final_learning_rate / self.learning_rate) ** share)


@dataclass
class Factors:
    """What is learned, float32.

    ``users`` (m, k), ``own`` (n, k), ``parent`` (n + 1, k, the last row zero), ``biases`` (n) and
    ``weights`` (4).
    """

    users: np.ndarray
    own: np.ndarray
    parent: np.ndarray
    biases: np.ndarray
    weights: np.ndarray

    @classmethod
    def drawn(cls, users: int, items: int, settings: FactorSettings) -> Factors:
        """Small random users and items, nothing else."""
        rng, rank = np.random.default_rng(settings.seed), settings.factors
        started = (
            rng.normal(0, settings.deviation, (rows, rank)).astype(np.float32) for rows in (users, items)
        )
        zeros = (np.zeros(shape, np.float32) for shape in ((items + 1, rank), items, len(HISTORY)))
        return cls(*started, *zeros)

    def known(self, taxonomy: Taxonomy) -> FactorModel:
        """A copy that scores."""
        vectors = taxonomy.sums(self.own, self.parent)
        return FactorModel(self.users.copy(), vectors, self.biases.copy(), self.weights.copy())


@dataclass(frozen=True)
class FactorModel:
    """Factors with the taxonomy summed up: ``users`` (m, k), ``items`` (n, k), ``biases`` (n) and
    ``weights`` (4), all float32.
    """

    users: np.ndarray
    items: np.ndarray
    biases: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True)
class Epoch:
    """One pass over the comparisons; ``validation_auc`` is NULL where there is no validation."""

    epoch: int
    train_loss: float | None
    validation_auc: float | None


def fit_predict(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table]:
    """Factors of the users of ``ratings`` and of all ``items``; ``validation``, if given, chooses the epoch.

    ``learned.user_factors`` (user_id, factors), ``learned.item_factors`` (item_id, factors, bias), whose
    factors are sums over the taxonomy, ``learned.history_weights`` (feature, weight) and
    ``learned.factor_curve``, the epochs. Ratings are read in pieces, and they and what they are compared with
    lie in files; the factors are in memory.
    """
    chosen = parse(FactorSettings, settings)
    taxonomy = Taxonomy.of(inputs["items"].arrow())
    with tempfile.TemporaryDirectory(prefix="factors-", dir=context.scratch) as folder:
        arrays = Arrays(Path(folder))
        histories = Histories.of(inputs["ratings"], taxonomy, arrays)
        labels = inputs["validation"].arrow() if "validation" in inputs else _NO_LABELS
        validation = Validation.of(labels, histories, taxonomy, chosen.like_threshold)
        known, curve = fit(histories, taxonomy, validation, chosen, arrays, context)
    return {
        "learned.user_factors": pa.table({"user_id": histories.users, "factors": _lists(known.users)}),
        "learned.item_factors": pa.table(
            {"item_id": taxonomy.ids, "factors": _lists(known.items), "bias": known.biases}
        ),
        "learned.history_weights": pa.table({"feature": HISTORY, "weight": known.weights.astype(np.float64)}),
        "learned.factor_curve": curve,
    }


@dataclass(frozen=True)
class Validation:
    """Pairs of a user (row) that are told apart: the item that is liked, and one that is not.

    ``histories`` (2, pairs, 4) are the history features of either.
    """

    rows: np.ndarray
    liked: np.ndarray
    other: np.ndarray
    histories: np.ndarray

    @classmethod
    def of(
        cls, labels: pa.Table, histories: Histories, taxonomy: Taxonomy, like_threshold: int
    ) -> Validation:
        """From ``user_id, track_id, label``; whom or what the ratings do not know is no pair."""
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
        told = np.stack(
            [history_features(histories, taxonomy, row, item, like_threshold) for item in (liked, other)]
        )
        return cls(row, liked, other, told)

    def auc(self, known: FactorModel) -> float | None:
        """The share of pairs in the right order, ties half; None without a pair."""
        if not len(self.rows):
            return None
        taste = known.users[self.rows]
        liked, other = (
            np.einsum("ij,ij->i", taste, known.items[items]) + known.biases[items] + told @ known.weights
            for items, told in zip((self.liked, self.other), self.histories, strict=True)
        )
        return float(np.mean(np.sign(liked - other)) / 2 + 0.5)


_PAIR = ("row", "liked", "other")


def history_features(
    histories: Histories, taxonomy: Taxonomy, rows: np.ndarray, items: np.ndarray, like_threshold: int
) -> np.ndarray:
    """The features `HISTORY` (pairs, 4) of pairs of a user's row and an item; ratings on a scale of 0..1."""
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
    """The factors of the epoch that orders the validation best, the last without validation; and the curve."""
    comparisons = Comparisons(histories, taxonomy, settings, arrays)
    factors = Factors.drawn(len(histories.users), len(taxonomy), settings)
    factors.users[comparisons.counts == 0] = 0  # nothing is known of them, so nothing is said
    factors.own[~comparisons.touched()] = 0
    best, curve = factors.known(taxonomy), list[Epoch]()
    rng, kept = np.random.default_rng(settings.seed + 1), 0
    with ThreadPoolExecutor(1) as aside:
        waiting = aside.submit(comparisons.draw, best, rng.spawn(1)[0])
        for number in range(1, settings.epochs + 1):
            chosen, codes = waiting.result()
            if number < settings.epochs:
                waiting = aside.submit(comparisons.draw, factors.known(taxonomy), rng.spawn(1)[0])
            loss = comparisons.descend(factors, chosen, codes, settings.step_of(number - 1), rng)
            known = factors.known(taxonomy)
            curve.append(Epoch(number, loss, validation.auc(known)))
            context.report(number / settings.epochs, f"epoch {number}, loss {loss or 0:.4f}")
            if kept == 0 or _is_better(curve[-1], curve[kept - 1]):
                best, kept = known, number
    rows = [asdict(epoch) | {"is_kept": epoch.epoch == kept} for epoch in curve]
    return best, pa.Table.from_pylist(rows, schema=_CURVE)


class Comparisons:
    """The positive ratings, user after user, and the ways to draw something that each is compared with.

    ``counts`` int64 (m) say how many each user has. Of each there are, in ``arrays``, the row of the user
    ``owners`` and the item ``liked`` (int32), its weight ``shares`` (float32) and ``liked_codes`` (uint8, 2).
    """

    def __init__(
        self, histories: Histories, taxonomy: Taxonomy, settings: FactorSettings, arrays: Arrays
    ) -> None:
        self.histories, self.taxonomy, self.settings, self.arrays = histories, taxonomy, settings, arrays
        self.law = taxonomy.law(arrays)
        self.counts = np.zeros(len(histories.users), np.int64)
        for part in parts(histories.begins):
            rows = histories.owners(part)[self._is_positive(part)] - part.start
            self.counts[part] = np.bincount(rows, minlength=part.stop - part.start)
        self.ends = np.append(0, np.cumsum(self.counts))
        total = int(self.ends[-1])
        self.owners, self.liked = (arrays.empty(name, total, np.int32) for name in ("owners", "liked"))
        self.shares = arrays.empty("shares", total, np.float32)
        self.liked_codes = arrays.empty("liked_codes", (total, 2), np.uint8)
        for part in parts(histories.begins):
            self._fill(part)

    def __len__(self) -> int:
        return len(self.owners)

    def _is_positive(self, users: slice) -> np.ndarray:
        return self.histories.ratings[self.histories.entries(users)] >= self.settings.positive

    def _fill(self, users: slice) -> None:
        """Write what is known of the positive ratings of some users."""
        histories, place = self.histories, self._place(users)
        entries, is_positive = histories.entries(users), self._is_positive(users)
        ratings = histories.ratings[entries][is_positive]
        weights = np.float32(1.0), np.float32(self.settings.low_confidence_weight)
        self.owners[place] = histories.owners(users)[is_positive]
        self.liked[place] = histories.items[entries][is_positive]
        self.shares[place] = np.where(ratings >= self.settings.like_threshold, *weights)
        factor_kernels.histories(
            histories.begins[users.start : users.stop + 1], histories.items, histories.ratings,
            self.settings.positive, self.taxonomy.others, self.liked_codes[place],
        )  # fmt: skip

    def _place(self, users: slice) -> slice:
        """Where the positive ratings of some users in a row are."""
        return slice(self.ends[users.start], self.ends[users.stop])

    def touched(self) -> np.ndarray:
        """Which items (n) any comparison can have to do with."""
        is_touched = self.taxonomy.draws > 0
        is_touched[self.liked] = True
        return is_touched

    def draws(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Items (count, negatives) by the law."""
        shape = (count, self.settings.negatives)
        if not len(self.law):
            return np.empty((count, 0), np.int32)
        return self.law[rng.integers(0, len(self.law), shape, dtype=np.int32)]

    def draw(self, known: FactorModel, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """The hardest unrated draw of each positive rating, -1 for none, and what the history says of it."""
        histories = self.histories
        chosen = self.arrays.empty("chosen", len(self), np.int32)
        codes = self.arrays.empty("codes", (len(self), 2), np.uint8)
        for users in parts(self.ends):
            place = self._place(users)
            chosen[place], codes[place] = factor_kernels.choose(
                self.draws(place.stop - place.start, rng), histories.begins[users.start : users.stop + 1],
                histories.items, histories.ratings, self.counts[users], self.taxonomy.others,
                known.users[users], known.items, known.biases, known.weights, self.settings.like_threshold,
            )  # fmt: skip
        return chosen, codes

    def descend(
        self, factors: Factors, chosen: np.ndarray, codes: np.ndarray, step: float, rng: np.random.Generator
    ) -> float | None:
        """One pass, in an order as random as the cache lets it be; the mean loss, None of nothing."""
        loss, total = 0.0, 0.0
        for order in shuffled(len(self), rng):
            lost, weighed = factor_kernels.descend(
                order, self.owners, self.liked, self.liked_codes, self.shares, chosen, codes,
                self.taxonomy.parents, factors.users, factors.own, factors.parent, factors.biases,
                factors.weights, self.settings.like_threshold, step, self.settings.l2,
            )  # fmt: skip
            loss, total = loss + lost, total + weighed
        return loss / total if total else None


def shuffled(count: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """0..count - 1 (int32): runs of neighbours in random order, each shuffled in itself."""
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
