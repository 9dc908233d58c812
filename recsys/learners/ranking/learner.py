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
from itertools import product
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from recsys.errors import UnavailableError
from recsys.learners.common.settings import parse
from recsys.learners.ranking.trees import Array, Mask, Trees, tree_table
from recsys.project.contract import Context, Relation, Rows, proven

KEY = ("user_id", "track_id")
SCORES = proven(pa.schema({"user_id": pa.int32(), "track_id": pa.int32(), "score": pa.float64()}), KEY)
BLOCK = 1 << 16  # candidates scored at a time


@dataclass(frozen=True)
class RankerSettings:
    """Settings of `fit_predict`.

    Attributes
    ----------
    folds : int
        Folds of validation users; each stops the training of one model early.
    repeats : int
        Divisions into folds, each with its own seed; scores are means over them.
    trees : int
        Most trees of a model.
    leaves, leaf_examples : int
        Most leaves of a tree, least examples of a leaf.
    learning_rate : float
    feature_share : float
        Share of features that a tree considers.
    patience : int
        Trees without improvement on the held-out fold that stop training.
    fewest_users : int
        Least number of validation users.
    importance_users : int
        Most users per fold to measure feature importance on.
    seed : int
        Seed of the first division; each further one adds 1.
    """

    folds: int
    repeats: int
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
class _Run:
    """The trees of one division and fold, their log odds of the held-out rows, and rises of the log loss."""

    trees: Trees
    held_out: Mask
    log_odds: Array
    rises: Array


def fit_predict(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, Rows]:
    """Fit the ranker on validation candidates and score the real ones by log odds.

    Validation users are divided into folds, several times: each model stops early on one fold and scores it.
    Validation candidates get the mean over the divisions, real ones that over all models.

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
        loss when it is shuffled. ``features.ranker_trees``: a row for each node of each tree.

    Raises
    ------
    UnavailableError
        There are too few validation users.
    """
    chosen = parse(RankerSettings, settings)
    validation, labels = inputs["validation"].arrow(), inputs["labels"].arrow()
    names = [name for name in validation.column_names if name not in KEY]
    features, label = matrix(validation, names), labels["label"].to_numpy().astype(float)
    users = validation["user_id"].to_numpy()
    divisions = [folds(users, chosen, chosen.seed + repeat) for repeat in range(chosen.repeats)]

    def learn(repeat: int, fold: int) -> _Run:
        held_out = divisions[repeat] == fold
        trees = Trees.fit(features, label, held_out, chosen, chosen.seed + repeat)
        rises = np.zeros(len(names))
        if repeat == 0:
            few = first_users(users, held_out, chosen.importance_users)
            rises = trees.importance(features[few], label[few], chosen.seed)
        return _Run(trees, held_out, trees.log_odds(features[held_out]), rises)

    # One thread per fold: threads within a fold would wait for each other at every split.
    runs: list[_Run] = []
    pairs = list(product(range(chosen.repeats), range(chosen.folds)))
    with ThreadPoolExecutor(context.threads) as pool:
        for run in pool.map(learn, *zip(*pairs, strict=True)):
            runs.append(run)
            context.report(len(runs) / len(pairs), f"trees {len(runs)} of {len(pairs)}")
    held_out_scores = np.zeros(len(features))
    for run in runs:
        held_out_scores[run.held_out] += run.log_odds / chosen.repeats
    sets = [run.trees for run in runs]
    scores = _scores(sets, inputs["candidates"].batches(BLOCK), names, context)
    return {
        "scores.ranker": pa.RecordBatchReader.from_batches(SCORES, scores),
        "validation.scores_ranker": scored(validation, held_out_scores),
        "features.ranker_importance": shares(names, np.sum([run.rises for run in runs], axis=0)),
        "features.ranker_trees": tree_table(sets, names),
    }


def _scores(
    sets: Sequence[Trees], candidates: Iterable[pa.RecordBatch], names: Sequence[str], context: Context
) -> Iterator[pa.RecordBatch]:
    """Yield the candidates with the mean log odds of all models, batch by batch."""
    with ThreadPoolExecutor(context.threads) as pool:
        for batch in candidates:
            features = matrix(batch, names)
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


def folds(user: NDArray[np.int64], settings: RankerSettings, seed: int) -> NDArray[np.int64]:
    """Assign users to folds at random.

    Parameters
    ----------
    user : ndarray of int64, shape (rows,)
    settings : RankerSettings
    seed : int

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
        raise UnavailableError(f"ranker {needed}: the data has {len(users)}")
    dealt = np.random.default_rng(seed).permutation(len(users)) % settings.folds
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
