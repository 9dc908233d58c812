"""The ranker of lists from the whole catalogue: boosted trees on what retrieval proposes for validation users.

A validation user's liked tracks are the likes that were held out; whatever else retrieval proposes from the
history that is left counts as unliked. The trees are kept as rows (`recsys.learners.ranking.trees`), so that a
warehouse can rank with nothing but NumPy. Xie et al., KDD Cup 2011, JMLR W&CP 18, has the features.
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
    """As `recsys.learners.ranking.learner.RankerSettings`, for as many as ``users`` validation users.

    ``candidates`` of a user are ranked; lists of ``list`` tracks are judged.
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
    """Trees from ``examples`` (user_id, track_id, affinity, features ...), in the order of their key.

    ``labels (user_id, track_id, label)`` are those of validation. Gives ``learned.retrieval_trees``, the mean
    of the trees of all folds, and ``learned.list_validation (model, users, recall, ndcg)``: how good the
    lists of validation users are by trees that did not see their likes, and by affinity. UnavailableError
    where there are too few validation users, or retrieval finds no held-out like in some fold.
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
        raise UnavailableError("catalogue_ranker: retrieval finds too few of the likes that are held out")

    def learn(number: int) -> Trees:
        return Trees.fit(features, liked, fold == number, chosen)

    with threadpool_limits(1), ThreadPoolExecutor(context.threads) as pool:
        models = list(pool.map(learn, range(chosen.folds)))
    practised = np.zeros(len(features))
    for number, model in enumerate(models):
        practised[fold == number] = model.log_odds(features[fold == number])
    kept = [(model.model, [names[column] for column in model.columns]) for model in models]
    held_out = labels.filter(labels["label"].combine_chunks().cast(pa.bool_()))["user_id"].to_numpy()
    judged = {"affinity": matrix(examples, ["affinity"])[:, 0], "catalogue_ranker": practised}
    return {
        "learned.retrieval_trees": trees.table(kept),
        "learned.list_validation": _judged(users, liked, held_out, judged, chosen.list),
    }


def score(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table]:
    """Log odds of ``features (user_id, track_id, ...)``, by ``trees`` as `recsys.learners.ranking.trees` has them."""
    features = inputs["features"].arrow()
    found = trees.predict(inputs["trees"].arrow(), features)
    scores = features.select(KEY).append_column("score", pa.array(found))
    return {"retrieval.scores_catalogue_ranker": scores}


def _liked(examples: pa.Table, labels: pa.Table) -> Array:
    """1 for each example that is a held-out like, else 0."""
    held_out = labels.filter(labels["label"].combine_chunks().cast(pa.bool_()))
    return np.isin(_pairs(examples), _pairs(held_out)).astype(float)


def _pairs(table: pa.Table) -> NDArray[np.int64]:
    """One number for each pair of ids."""
    user, track = (table[name].cast(pa.int64()).to_numpy() for name in KEY)
    return np.asarray((user << 32) + track)


def _judged(
    user: NDArray[np.int64], liked: Array, held_out: NDArray[np.int64], scores: Mapping[str, Array], k: int
) -> pa.Table:
    """Mean recall and NDCG at k over the users (Jarvelin and Kekalainen, 2002), of each score.

    ``held_out`` has a user's id once for each like, retrieved or not.
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
    """How often each of some sorted ids is there."""
    return np.searchsorted(np.sort(owners), users, "right") - np.searchsorted(np.sort(owners), users, "left")


def _places(row: NDArray[np.int64], value: Array) -> NDArray[np.int64]:
    """The place of each value among its row's, 0 the highest, equal ones in their order."""
    order = np.lexsort((np.arange(len(row)), -value, row))
    starts = np.searchsorted(row[order], row[order], "left")
    places = np.empty(len(row), dtype=np.int64)
    places[order] = np.arange(len(row)) - starts
    return places
