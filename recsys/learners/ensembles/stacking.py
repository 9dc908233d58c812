"""Stacking: a logistic model on the within-user ranks of all models and submissions (Wolpert, 1992).

It starts from the best input and leaves it only as far as held-out folds agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from recsys.errors import UnavailableError
from recsys.learners.common.settings import parse
from recsys.learners.ensembles.columns import NO_FOLD, Listed
from recsys.learners.ensembles.weights import combine, rounded
from recsys.learners.ensembles.within_user import Array, Users
from recsys.project.contract import Context, Relation

FREEDOM = 100.0  # scale of the best input, whose coefficient the penalty then hardly reaches
SURE = 1.645  # standard errors: a gain that chance gives one time in twenty is none
FEWEST_FOLDS = 3  # one to score, one to judge the penalty, one to learn from

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class StackingSettings:
    """``penalties`` to choose from, on half the sum of squared coefficients besides that of the best input.

    Inputs that correlate by at least ``family_correlation``, each with each, are one family.
    """

    family_correlation: float
    penalties: Sequence[float]


@dataclass(frozen=True)
class Examples:
    """Labelled candidates of users with both labels: ``rows`` among all candidates, folds, users, labels."""

    rows: Integers
    fold: Integers
    user: Integers
    label: Integers

    def __getitem__(self, chosen: NDArray[np.bool_]) -> Examples:
        return Examples(self.rows[chosen], self.fold[chosen], self.user[chosen], self.label[chosen])


def fit_predict(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table]:
    """Log odds for ``candidates (user_id, track_id, position)``, learned from ``labels (..., label)``.

    Features are the ranks of ``predictions (model, user_id, track_id, score)`` and ``submissions (file,
    ...)``. A user of ``folds (user_id, fold)`` gets scores from a stack that saw no label of that fold, all
    others from the one that saw every label. Where the models themselves are trained on labels, such a stack
    learns from ``nested (model, user_id, track_id, held_out_fold, score)``: scores of the other folds' users
    by models that saw no label of that fold either.
    UnavailableError without inputs or for users with a liked and a not liked label in fewer than three folds.
    """
    chosen = parse(StackingSettings, settings)
    listed = Listed(inputs["candidates"].arrow())
    context.report(0.0, "ranking the inputs within the user")
    columns = listed.inputs(inputs["predictions"], inputs["submissions"])
    nested = listed.nested(inputs["nested"], columns)
    levels = np.array([listed.users.levels(scores) for scores in columns.values()]).T
    fold = listed.folds(inputs["folds"].arrow())
    examples = _examples(listed, inputs["labels"].arrow(), fold)
    score = np.empty(len(listed))
    for done, held_out in enumerate(turns := np.unique([NO_FOLD, *fold])):
        context.report(done / len(turns), f"stack {done + 1} of {len(turns)}")
        seen = levels.copy()
        for number, name in enumerate(columns):
            if (name, held_out) in nested:
                seen[:, number] = listed.users.levels(nested[name, held_out])
        weights = _weights(listed.users, seen, examples[examples.fold != held_out], chosen)
        blended = combine(listed.users, levels, rounded(weights))
        score[fold == held_out] = blended[fold == held_out]
    return {"scores.stacked_ensemble": listed.scored(score)}


def _weights(users: Users, levels: Array, examples: Examples, settings: StackingSettings) -> Array:
    """The weight of each input, from levels (candidates, inputs) and the labels that may be seen."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # so that the number of threads does not show in the last digits
        ranks = levels[examples.rows] / users.reach[examples.rows, None]
        members = families(ranks.T @ ranks, settings.family_correlation)
        halves = [users.halves(column)[examples.rows] for column in levels.T]
        hits = [np.mean((half > 0) == (examples.label > 0)) for half in halves]
        best = int(np.argmax(hits))
        own, family = fit(ranks[:, best], ranks @ members, examples, settings.penalties)
    return own * np.eye(len(hits))[best] + members @ family


def fit(best: Array, families: Array, examples: Examples, penalties: Sequence[float]) -> tuple[float, Array]:
    """The coefficients of the best input (examples) and of the families (examples, families).

    The penalty is the one that gains most right predictions on held-out folds over the best input alone. If
    no gain is sure, that is more than `SURE` standard errors over users, the best input stays alone.
    """
    alone = _held_out_hits(best, families, examples, np.inf)
    chosen, most = np.inf, 0.0
    for penalty in sorted(penalties, reverse=True):
        gain = _held_out_hits(best, families, examples, penalty) - alone
        error = gain.std(ddof=1) / np.sqrt(len(gain))
        if gain.mean() > max(most, SURE * error):
            chosen, most = penalty, gain.mean()
    return _fit(best, families, examples.label, chosen)


def _held_out_hits(best: Array, families: Array, examples: Examples, penalty: float) -> Array:
    """The share of right predictions for each user, by a model of the other folds."""
    logit = np.empty(len(best))
    for fold in np.unique(examples.fold):
        out = examples.fold == fold
        own, family = _fit(best[~out], families[~out], examples.label[~out], penalty)
        logit[out] = own * best[out] + families[out] @ family
    users = Users(examples.user, np.arange(len(logit)))
    hits = (users.halves(logit) > 0) == (examples.label > 0)
    _, user, count = np.unique(examples.user, return_inverse=True, return_counts=True)
    return np.asarray(np.bincount(user, hits) / count, np.float64)


def _fit(best: Array, families: Array, label: Integers, penalty: float) -> tuple[float, Array]:
    """Logistic regression in which the best input's coefficient goes free of the penalty.

    There is no intercept: the ranks of a user sum to zero, and so do labels of -1 and 1.
    """
    from sklearn.linear_model import LogisticRegression

    others = families if np.isfinite(penalty) else families[:, :0]
    strength = penalty if np.isfinite(penalty) else 1.0
    model = LogisticRegression(fit_intercept=False, C=1 / strength, solver="newton-cholesky", max_iter=1000)
    model.fit(np.column_stack([FREEDOM * best, others]), label)
    coefficients = np.zeros(1 + families.shape[1])
    coefficients[: model.coef_.shape[1]] = model.coef_[0]
    return float(FREEDOM * coefficients[0]), coefficients[1:]


def families(gram: Array, correlation: float) -> Array:
    """Membership (inputs, families): column sums 1, each family's mean is a feature.

    ``gram`` (inputs, inputs) may have any scale. Complete linkage: within a family, each two inputs correlate
    by at least ``correlation``.
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
    examples = Examples(rows[order], fold[rows[order]], user_id.astype(np.int64), label)[is_mixed]
    if len(np.unique(examples.fold)) < FEWEST_FOLDS:
        raise UnavailableError(
            "stacking learns from labels: expected users with a liked and a not liked candidate in at least "
            f"{FEWEST_FOLDS} folds"
        )
    return examples
