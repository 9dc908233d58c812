"""Stacking: a logistic model on the within-user ranks of all models and submissions (Wolpert, 1992)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from recsys.ensemble.columns import NO_FOLD, Listed
from recsys.ensemble.users import Array
from recsys.ensemble.weights import combine, gram, rounded
from recsys.errors import UnavailableError
from recsys.learners.settings import parse
from recsys.project.contract import Context, Relation

FEWEST_FOLDS = 3  # one to score, one to judge the penalty, one to learn from

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class StackingSettings:
    """``penalties`` to choose from, on half the sum of squared coefficients.

    Inputs that correlate by at least ``family_correlation``, each with each, are one family.
    """

    family_correlation: float
    penalties: Sequence[float]


@dataclass(frozen=True)
class Examples:
    """Labelled candidates of users with both labels: ``rows`` among all candidates, folds and labels."""

    rows: Integers
    fold: Integers
    label: Integers

    def __getitem__(self, chosen: NDArray[np.bool_]) -> Examples:
        return Examples(self.rows[chosen], self.fold[chosen], self.label[chosen])


def stacked(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table]:
    """Log odds for ``candidates (user_id, track_id, position)``, learned from ``labels (..., label)``.

    Features are the ranks of ``predictions (model, user_id, track_id, score)`` and ``submissions (file,
    ...)``. A user of ``folds (user_id, fold)`` gets scores from a model that saw no label of that fold,
    all others from the model that saw every label. It learns from predictions for users of other folds; where
    these are of classifiers, they were trained with labels of that fold.
    UnavailableError without inputs or for users with a liked and a not liked label in fewer than three folds.
    """
    chosen = parse(StackingSettings, settings)
    listed = Listed(inputs["candidates"].arrow())
    context.report(0.0, "ranking the inputs within the user")
    columns = listed.inputs(inputs["predictions"].arrow(), inputs["submissions"].arrow())
    levels = np.array([listed.users.levels(scores) for scores in columns.values()]).T
    members = families(gram(listed.users, levels), chosen.family_correlation)
    fold = listed.folds(inputs["folds"].arrow())
    examples = _examples(listed, inputs["labels"].arrow(), fold)
    features = levels[examples.rows] / listed.users.reach[examples.rows, None] @ members
    score = np.empty(len(listed))
    for done, held_out in enumerate(turns := np.unique([NO_FOLD, *fold])):
        context.report(done / len(turns), f"model {done + 1} of {len(turns)}")
        is_seen = examples.fold != held_out
        coefficients = _fit(features[is_seen], examples[is_seen], chosen)
        blended = combine(listed.users, levels, rounded(members @ coefficients))
        score[fold == held_out] = blended[fold == held_out]
    return {"scores.stacked_ensemble": listed.scored(score)}


def families(gram: Array, correlation: float) -> Array:
    """Membership (inputs, families): column sums 1, each family's mean is a feature.

    Complete linkage: within a family, each two inputs correlate by at least ``correlation``.
    """
    if len(gram) == 1:
        return np.ones((1, 1))
    spread = np.sqrt(np.diag(gram))
    correlations = gram / np.maximum(np.outer(spread, spread), np.finfo(float).tiny)
    distances = np.clip(1 - correlations, 0, None)
    np.fill_diagonal(distances, 0)
    tree = linkage(squareform(distances, checks=False), "complete")
    family = fcluster(tree, 1 - correlation, "distance")
    members = (family[:, None] == np.unique(family)).astype(float)
    return members / members.sum(axis=0)


def _examples(listed: Listed, labels: pa.Table, fold: Integers) -> Examples:
    rows = listed.rows(labels)
    order = np.argsort(rows)
    label = labels["label"].to_numpy().astype(np.int64)[order]
    user_id = labels["user_id"].to_numpy()[order]
    is_mixed = np.isin(user_id, np.intersect1d(user_id[label == 0], user_id[label == 1]))
    examples = Examples(rows[order], fold[rows[order]], label)[is_mixed]
    if len(np.unique(examples.fold)) < FEWEST_FOLDS:
        raise UnavailableError(
            "stacking learns from labels: expected users with a liked and a not liked candidate in at least "
            f"{FEWEST_FOLDS} folds"
        )
    return examples


def _fit(features: Array, examples: Examples, settings: StackingSettings) -> Array:
    """Coefficients (families) at the penalty with the least log loss on held-out folds.

    There is no intercept: the ranks of a user sum to zero, and so do labels of -1 and 1. One thread, so that
    the number of threads does not show in the last digits.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, LeaveOneGroupOut
    from threadpoolctl import threadpool_limits

    model = LogisticRegression(fit_intercept=False, max_iter=1000)
    grid = {"C": [1 / penalty for penalty in settings.penalties]}
    search = GridSearchCV(model, grid, scoring="neg_log_loss", cv=LeaveOneGroupOut())
    with threadpool_limits(1):
        search.fit(features, examples.label, groups=examples.fold)
    return np.asarray(search.best_estimator_.coef_[0], np.float64)
