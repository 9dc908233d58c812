"""The list ranker: boosted trees that re-rank retrieved items, trained on the validation split.

A validation user's held-out likes are the liked items; everything else that retrieval proposes from the
remaining history counts as not liked. Trees are stored as rows (`recsys.learners.ranking.trees`), so that a
warehouse can rank with NumPy alone.

References
----------
Xie et al., KDD Cup 2011, JMLR W&CP 18: the features.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from recsys.learners.common.settings import parse
from recsys.learners.ranking import trees
from recsys.project.contract import Context, Relation

KEY = ("user_id", "track_id")

Array = NDArray[np.float64]


@dataclass(frozen=True)
class CatalogueRankerSettings:
    """Settings of `fit`.

    Attributes
    ----------
    users : int
        Most validation users.
    candidates : int
        Candidates per user to rank.
    list : int
        Length of the evaluated lists.
    folds, trees, leaves, leaf_examples, learning_rate, feature_share, patience, fewest_users, seed
        As in `recsys.learners.ranking.learner.RankerSettings`.
    """

    users: int
    candidates: int
    list: int
    folds: int
    trees: int
    leaves: int
    leaf_examples: int
    learning_rate: float
    feature_share: float
    patience: int
    fewest_users: int
    seed: int


def fit(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table]:
    """Fit boosted trees on retrieved candidates of validation users.

    Parameters
    ----------
    inputs : mapping of str to Relation
        ``examples`` (user_id, track_id, affinity, features ...), in the order of their key, and ``labels``
        (user_id, track_id, label) of validation.
    settings : mapping
        Keys of `CatalogueRankerSettings`.
    context : Context

    Returns
    -------
    mapping of str to pyarrow.Table
        ``learned.retrieval_trees``: the trees of all folds, averaged. ``learned.list_validation`` (model,
        users, recall, ndcg): quality of validation users' lists, by trees that did not train on them and by
        affinity.

    Raises
    ------
    UnavailableError
        There are too few validation users, or retrieval finds no held-out like in some fold.
    """
    from threadpoolctl import threadpool_limits

    from recsys.errors import UnavailableError
    from recsys.learners.ranking.learner import Trees, folds, matrix

    chosen = parse(CatalogueRankerSettings, settings)
    examples, labels = inputs["examples"].arrow(), inputs["labels"].arrow()
    users = examples["user_id"].to_numpy()
    fold = folds(users, chosen, "catalogue_ranker")
    names = [name for name in examples.column_names if name not in KEY]
    features, liked = matrix(examples, names), _liked(examples, labels)
    if any(not liked[fold == number].any() for number in range(chosen.folds)):
        raise UnavailableError("catalogue_ranker: retrieval finds too few held-out likes to train on")

    def learn(number: int) -> Trees:
        return Trees.fit(features, liked, fold == number, chosen)

    with threadpool_limits(1), ThreadPoolExecutor(context.threads) as pool:
        models = list(pool.map(learn, range(chosen.folds)))
    held_out_scores = np.zeros(len(features))
    for number, model in enumerate(models):
        held_out_scores[fold == number] = model.log_odds(features[fold == number])
    kept = [(model.model, [names[column] for column in model.columns]) for model in models]
    held_out = labels.filter(labels["label"].combine_chunks().cast(pa.bool_()))["user_id"].to_numpy()
    validated = {"affinity": matrix(examples, ["affinity"])[:, 0], "catalogue_ranker": held_out_scores}
    return {
        "learned.retrieval_trees": trees.table(kept),
        "learned.list_validation": _quality(users, liked, held_out, validated, chosen.list),
    }


def score(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table]:
    """Score candidates by log odds with stored trees.

    Parameters
    ----------
    inputs : mapping of str to Relation
        ``features`` (user_id, track_id, features ...) and ``trees``, as in `recsys.learners.ranking.trees`.
    settings : mapping
        Not used.
    context : Context
        Not used.

    Returns
    -------
    mapping of str to pyarrow.Table
        ``retrieval.scores_catalogue_ranker`` (user_id, track_id, score).
    """
    features = inputs["features"].arrow()
    found = trees.predict(inputs["trees"].arrow(), features)
    scores = features.select(KEY).append_column("score", pa.array(found))
    return {"retrieval.scores_catalogue_ranker": scores}


def _liked(examples: pa.Table, labels: pa.Table) -> Array:
    """Return 1 for each example that is a held-out like, else 0."""
    held_out = labels.filter(labels["label"].combine_chunks().cast(pa.bool_()))
    return np.isin(_pairs(examples), _pairs(held_out)).astype(float)


def _pairs(table: pa.Table) -> NDArray[np.int64]:
    """Combine user and track id in one number."""
    user, track = (table[name].cast(pa.int64()).to_numpy() for name in KEY)
    return np.asarray((user << 32) + track)


def _quality(
    user: NDArray[np.int64], liked: Array, held_out: NDArray[np.int64], scores: Mapping[str, Array], k: int
) -> pa.Table:
    """Return mean recall and NDCG at k over the users, for each score.

    ``held_out`` has a user's id once per like, retrieved or not (Järvelin and Kekäläinen, 2002).
    """
    users, row = np.unique(user, return_inverse=True)
    likes = np.maximum(_counts(users, held_out), 1)
    discounts = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(discounts)[np.minimum(likes, k) - 1]
    found = []
    for name, value in scores.items():
        place = _places(row, value)
        hit = (place < k) & (liked == 1)
        recall = np.bincount(row[hit], minlength=len(users)) / likes
        ndcg = np.bincount(row[hit], discounts[place[hit]], len(users)) / ideal
        found.append(
            {"model": name, "users": len(users), "recall": float(recall.mean()), "ndcg": float(ndcg.mean())}
        )
    return pa.Table.from_pylist(found)


def _counts(users: NDArray[np.int64], owners: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the owners of each of some sorted ids."""
    return np.searchsorted(np.sort(owners), users, "right") - np.searchsorted(np.sort(owners), users, "left")


def _places(row: NDArray[np.int64], value: Array) -> NDArray[np.int64]:
    """Return the rank of each value within its row, from 0 for the highest; ties in their order."""
    order = np.lexsort((np.arange(len(row)), -value, row))
    starts = np.searchsorted(row[order], row[order], "left")
    places = np.empty(len(row), dtype=np.int64)
    places[order] = np.arange(len(row)) - starts
    return places
