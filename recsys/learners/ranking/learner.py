"""The ranker: boosted trees trained on the validation split, without labels.

Validation holds likes out of the history and adds sampled negatives as the Cup's organisers did, so its
labels are known. Features of validation pairs come from the remaining history, those of the real candidates
from all of it.

References
----------
Xie et al., KDD Cup 2011, JMLR W&CP 18.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss
from threadpoolctl import threadpool_limits

from recsys.errors import UnavailableError
from recsys.learners.common.settings import parse
from recsys.project.contract import Context, Relation, Rows, proven

KEY = ("user_id", "track_id")
SCORES = proven(pa.schema({"user_id": pa.int32(), "track_id": pa.int32(), "score": pa.float64()}), KEY)
BLOCK = 1 << 16  # candidates scored at a time

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


class TreeSettings(Protocol):
    """Settings that `Trees` and `folds` read."""

    @property
    def folds(self) -> int:
        """Return the number of folds of users."""

    @property
    def trees(self) -> int:
        """Return the most trees of a model."""

    @property
    def leaves(self) -> int:
        """Return the most leaves of a tree."""

    @property
    def leaf_examples(self) -> int:
        """Return the least examples of a leaf."""

    @property
    def learning_rate(self) -> float:
        """Return the learning rate."""

    @property
    def feature_share(self) -> float:
        """Return the share of features that a split considers."""

    @property
    def patience(self) -> int:
        """Return the trees without improvement that stop training."""

    @property
    def fewest_users(self) -> int:
        """Return the least number of users to train on."""

    @property
    def seed(self) -> int:
        """Return the random seed."""


@dataclass(frozen=True)
class RankerSettings:
    """Settings of `fit_predict`.

    Attributes
    ----------
    folds : int
        Folds of validation users; each stops the training of one model early.
    trees : int
        Most trees of a model.
    leaves, leaf_examples : int
        Most leaves of a tree, least examples of a leaf.
    learning_rate : float
    feature_share : float
        Share of features that a split considers.
    patience : int
        Trees without improvement on the held-out fold that stop training.
    fewest_users : int
        Least number of validation users.
    importance_users : int
        Most users per fold to measure feature importance on.
    seed : int
    """

    folds: int
    trees: int
    leaves: int
    leaf_examples: int
    learning_rate: float
    feature_share: float
    patience: int
    fewest_users: int
    importance_users: int
    seed: int


@dataclass(frozen=True)
class Trees:
    """Hold boosted trees and the feature ``columns`` that have values in the training rows."""

    columns: NDArray[np.int64]
    model: HistGradientBoostingClassifier

    @classmethod
    def fit(cls, features: Array, label: Array, held_out: Mask, settings: TreeSettings) -> Trees:
        """Fit on the training rows with early stopping on the held-out rows."""
        columns = np.flatnonzero(~np.isnan(features[~held_out]).all(axis=0))
        model = HistGradientBoostingClassifier(
            max_iter=settings.trees,
            max_leaf_nodes=settings.leaves,
            min_samples_leaf=settings.leaf_examples,
            learning_rate=settings.learning_rate,
            max_features=settings.feature_share,
            n_iter_no_change=settings.patience,
            early_stopping=True,
            random_state=settings.seed,
        )
        known = features[:, columns]
        model.fit(known[~held_out], label[~held_out], X_val=known[held_out], y_val=label[held_out])
        return cls(columns, model)

    def log_odds(self, features: Array) -> Array:
        """Return the log odds of being liked, for rows of all features."""
        return np.asarray(self.model.decision_function(features[:, self.columns]))


def fit_predict(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, Rows]:
    """Fit the ranker on validation candidates and score the real ones by log odds.

    Validation users are divided into folds: each model stops early on one fold and scores it. Real candidates
    get the mean over all models.

    Parameters
    ----------
    inputs : mapping of str to Relation
        ``validation`` and ``candidates`` (user_id, track_id, features ...), and ``labels`` (user_id,
        track_id, label) of the validation candidates.
    settings : mapping
        Keys of `RankerSettings`.
    context : Context

    Returns
    -------
    mapping of str to rows
        ``scores.ranker``. ``validation.scores_ranker``: validation candidates scored by models that did not
        train on their labels. ``features.ranker_importance``: each feature's share in the rise of the log
        loss when it is shuffled.

    Raises
    ------
    UnavailableError
        There are too few validation users.
    """
    chosen = parse(RankerSettings, settings)
    validation, labels = inputs["validation"].arrow(), inputs["labels"].arrow()
    names = [name for name in validation.column_names if name not in KEY]
    features, label = matrix(validation, names), labels["label"].to_numpy().astype(float)
    fold = folds(validation["user_id"].to_numpy(), chosen)
    held_out_scores, rises = np.zeros(len(features)), np.zeros(len(names))

    def learn(number: int) -> tuple[Trees, Array, Array]:
        held_out = fold == number
        trees = Trees.fit(features, label, held_out, chosen)
        few = first_users(validation["user_id"].to_numpy(), held_out, chosen.importance_users)
        return (
            trees,
            trees.log_odds(features[held_out]),
            importance(trees, features[few], label[few], chosen.seed),
        )

    # One thread per fold: threads within a fold would wait for each other at every split.
    sets: list[Trees] = []
    with threadpool_limits(1), ThreadPoolExecutor(context.threads) as pool:
        for number, (trees, of_held_out, rise) in enumerate(pool.map(learn, range(chosen.folds))):
            context.report((number + 1) / chosen.folds, f"trees {number + 1} of {chosen.folds}")
            sets.append(trees)
            held_out_scores[fold == number] = of_held_out
            rises += rise
    scores = _scores(sets, inputs["candidates"].batches(BLOCK), names, context)
    return {
        "scores.ranker": pa.RecordBatchReader.from_batches(SCORES, scores),
        "validation.scores_ranker": scored(validation, held_out_scores),
        "features.ranker_importance": shares(names, rises),
    }


def _scores(
    sets: Sequence[Trees], candidates: Iterable[pa.RecordBatch], names: Sequence[str], context: Context
) -> Iterator[pa.RecordBatch]:
    """Yield the candidates with the mean log odds of all models, batch by batch."""
    with ThreadPoolExecutor(context.threads) as pool:
        for batch in candidates:
            features = matrix(batch, names)
            with threadpool_limits(1):
                found = list(pool.map(lambda trees: trees.log_odds(features), sets))  # noqa: B023  used within the loop
            mean = sum(part / len(sets) for part in found)
            yield pa.RecordBatch.from_arrays(
                [batch["user_id"], batch["track_id"], pa.array(mean)], schema=SCORES
            )


def matrix(table: pa.Table | pa.RecordBatch, names: Sequence[str]) -> Array:
    """Stack the columns of a table, NULL as NaN.

    Parameters
    ----------
    table : pyarrow.Table or pyarrow.RecordBatch
    names : sequence of str

    Returns
    -------
    ndarray of float64, shape (rows, columns)
    """
    columns = [table[name].cast(pa.float64()).to_numpy(zero_copy_only=False) for name in names]
    return np.stack(columns, axis=1)


def folds(user: NDArray[np.int64], settings: TreeSettings, model: str = "ranker") -> NDArray[np.int64]:
    """Assign users to folds at random.

    Parameters
    ----------
    user : ndarray of int64, shape (rows,)
    settings : TreeSettings
    model : str, default 'ranker'
        Name for the message.

    Returns
    -------
    ndarray of int64, shape (rows,)

    Raises
    ------
    UnavailableError
        There are too few users.
    """
    users, place = np.unique(user, return_inverse=True)
    if len(users) < max(settings.fewest_users, settings.folds):
        needed = f"needs {settings.fewest_users} users with enough likes for validation"
        raise UnavailableError(f"{model} {needed}: the data has {len(users)}")
    dealt = np.random.default_rng(settings.seed).permutation(len(users)) % settings.folds
    return dealt[place]


def first_users(user: NDArray[np.int64], held_out: Mask, count: int) -> Mask:
    """Mark the rows of the first ``count`` held-out users.

    Parameters
    ----------
    user : ndarray of int64, shape (rows,)
    held_out : ndarray of bool, shape (rows,)
    count : int

    Returns
    -------
    ndarray of bool, shape (rows,)
    """
    return held_out & np.isin(user, np.unique(user[held_out])[:count])


def importance(trees: Trees, features: Array, label: Array, seed: int) -> Array:
    """Measure permutation importance: the rise of the log loss when a feature is shuffled.

    Parameters
    ----------
    trees : Trees
    features : ndarray of float64, shape (rows, features)
    label : ndarray of float64, shape (rows,)
    seed : int

    Returns
    -------
    ndarray of float64, shape (features,)

    References
    ----------
    Breiman, "Random Forests", 2001.
    """
    rng = np.random.default_rng(seed)
    before = log_loss(label, expit(trees.log_odds(features)))
    rises = np.zeros(features.shape[1])
    for column in trees.columns:
        shuffled = features.copy()
        shuffled[:, column] = rng.permutation(features[:, column])
        rises[column] = log_loss(label, expit(trees.log_odds(shuffled))) - before
    return rises


def shares(names: Sequence[str], rises: Array) -> pa.Table:
    """Normalise importances to shares that sum to 1; negative ones count as 0.

    Parameters
    ----------
    names : sequence of str
    rises : ndarray of float64, shape (features,)

    Returns
    -------
    pyarrow.Table
        ``model``, ``feature``, ``importance``.
    """
    positive = np.maximum(rises, 0)
    importance = positive / max(positive.sum(), np.finfo(float).tiny)
    return pa.table({"model": ["ranker"] * len(names), "feature": list(names), "importance": importance})


def scored(table: pa.Table, score: Array) -> pa.Table:
    """Return the pairs of a table with one score each.

    Parameters
    ----------
    table : pyarrow.Table
        ``user_id``, ``track_id`` and any other columns.
    score : ndarray of float64, shape (rows,)

    Returns
    -------
    pyarrow.Table
        ``user_id``, ``track_id``, ``score``.
    """
    return table.select(KEY).append_column("score", pa.array(score))
