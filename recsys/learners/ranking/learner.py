"""The ranker: boosted trees that learn from validation candidates, and so need no label.

Validation holds high ratings out of the history and draws tracks beside them as the Cup's organisers did, so
its labels are known. Features of validation pairs are made from the history that is left, those of the real
candidates from all of it (Xie et al., KDD Cup 2011, JMLR W&CP 18).
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
    """What boosted trees and their folds take of a model's settings."""

    @property
    def folds(self) -> int: ...
    @property
    def trees(self) -> int: ...
    @property
    def leaves(self) -> int: ...
    @property
    def leaf_examples(self) -> int: ...
    @property
    def learning_rate(self) -> float: ...
    @property
    def feature_share(self) -> float: ...
    @property
    def patience(self) -> int: ...
    @property
    def fewest_users(self) -> int: ...
    @property
    def seed(self) -> int: ...


@dataclass(frozen=True)
class RankerSettings:
    """``folds`` of validation users, each of which ends the training of one set of at most ``trees`` trees.

    A set ends after ``patience`` trees that do not help the users of its fold. A tree has ``leaves`` leaves
    of ``leaf_examples`` examples at least, each split chooses among ``feature_share`` of the features. Fewer
    than ``fewest_users`` validation users are not enough to learn from. The importance of the features is
    measured on ``importance_users`` users of each fold at most.
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
    """Boosted trees over some of the features: those that the training users have a value of."""

    columns: NDArray[np.int64]
    model: HistGradientBoostingClassifier

    @classmethod
    def fit(cls, features: Array, label: Array, held_out: Mask, settings: TreeSettings) -> Trees:
        """Learn from the rows that are not held out, until those that are stop to gain from it."""
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
        """The log odds of being liked, of rows of all features."""
        return np.asarray(self.model.decision_function(features[:, self.columns]))


def fit_predict(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, Rows]:
    """Log odds for ``candidates``, learned from ``validation``: both (user_id, track_id, features ...).

    ``labels (user_id, track_id, label)`` are those of the validation candidates. The validation users are dealt
    into folds: trees that stop by one fold score it, and the mean of all scores the real candidates. Gives
    ``scores.ranker``, ``validation.scores_ranker`` of users whose labels the trees did not see, and
    ``features.ranker_importance``: each feature's share in the rise of the log loss when it is shuffled.
    UnavailableError where there are too few validation users.
    """
    chosen = parse(RankerSettings, settings)
    validation, labels = inputs["validation"].arrow(), inputs["labels"].arrow()
    names = [name for name in validation.column_names if name not in KEY]
    features, label = matrix(validation, names), labels["label"].to_numpy().astype(float)
    fold = folds(validation["user_id"].to_numpy(), chosen)
    practised, rises = np.zeros(len(features)), np.zeros(len(names))

    def learn(number: int) -> tuple[Trees, Array, Array]:
        held_out = fold == number
        trees = Trees.fit(features, label, held_out, chosen)
        few = first_users(validation["user_id"].to_numpy(), held_out, chosen.importance_users)
        return (
            trees,
            trees.log_odds(features[held_out]),
            importance(trees, features[few], label[few], chosen.seed),
        )

    # A thread for each fold, not threads within: these wait for each other at every split of a tree.
    sets: list[Trees] = []
    with threadpool_limits(1), ThreadPoolExecutor(context.threads) as pool:
        for number, (trees, of_held_out, rise) in enumerate(pool.map(learn, range(chosen.folds))):
            context.report((number + 1) / chosen.folds, f"trees {number + 1} of {chosen.folds}")
            sets.append(trees)
            practised[fold == number] = of_held_out
            rises += rise
    scores = _scores(sets, inputs["candidates"].batches(BLOCK), names, context)
    return {
        "scores.ranker": pa.RecordBatchReader.from_batches(SCORES, scores),
        "validation.scores_ranker": scored(validation, practised),
        "features.ranker_importance": shares(names, rises),
    }


def _scores(
    sets: Sequence[Trees], candidates: Iterable[pa.RecordBatch], names: Sequence[str], context: Context
) -> Iterator[pa.RecordBatch]:
    """The candidates with the mean of all log odds, a block after the other."""
    with ThreadPoolExecutor(context.threads) as pool:
        for batch in candidates:
            features = matrix(batch, names)
            with threadpool_limits(1):
                found = list(pool.map(lambda trees: trees.log_odds(features), sets))  # noqa: B023  this block's
            mean = sum(part / len(sets) for part in found)
            yield pa.RecordBatch.from_arrays(
                [batch["user_id"], batch["track_id"], pa.array(mean)], schema=SCORES
            )


def matrix(table: pa.Table | pa.RecordBatch, names: Sequence[str]) -> Array:
    """The columns of a table as (rows, columns), NULL as NaN."""
    columns = [table[name].cast(pa.float64()).to_numpy(zero_copy_only=False) for name in names]
    return np.stack(columns, axis=1)


def folds(user: NDArray[np.int64], settings: TreeSettings, model: str = "ranker") -> NDArray[np.int64]:
    """The fold of each row: users in a random order, dealt out in turn."""
    users, place = np.unique(user, return_inverse=True)
    if len(users) < max(settings.fewest_users, settings.folds):
        wanted = f"needs {settings.fewest_users} users with enough high ratings to practise on"
        raise UnavailableError(f"{model} {wanted}: the data has {len(users)}")
    dealt = np.random.default_rng(settings.seed).permutation(len(users)) % settings.folds
    return dealt[place]


def first_users(user: NDArray[np.int64], held_out: Mask, count: int) -> Mask:
    """The rows of some of the users that are held out."""
    return held_out & np.isin(user, np.unique(user[held_out])[:count])


def importance(trees: Trees, features: Array, label: Array, seed: int) -> Array:
    """How much the log loss rises when a feature is shuffled, for each feature (Breiman, 2001)."""
    rng = np.random.default_rng(seed)
    before = log_loss(label, expit(trees.log_odds(features)))
    rises = np.zeros(features.shape[1])
    for column in trees.columns:
        shuffled = features.copy()
        shuffled[:, column] = rng.permutation(features[:, column])
        rises[column] = log_loss(label, expit(trees.log_odds(shuffled))) - before
    return rises


def shares(names: Sequence[str], rises: Array) -> pa.Table:
    """Shares that sum to 1; a feature that only hurts has none."""
    positive = np.maximum(rises, 0)
    importance = positive / max(positive.sum(), np.finfo(float).tiny)
    return pa.table({"model": ["ranker"] * len(names), "feature": list(names), "importance": importance})


def scored(table: pa.Table, score: Array) -> pa.Table:
    """The pairs of a table with a score each."""
    return table.select(KEY).append_column("score", pa.array(score))
