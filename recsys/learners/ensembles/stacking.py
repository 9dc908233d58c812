"""Stacking: logistic regression on the within-user ranks of all models and submissions.

It starts from the best input and deviates from it only where held-out folds gain (Wolpert, "Stacked
Generalization", 1992).
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
from recsys.learners.ensembles.columns import NO_FOLD, CandidateIndex
from recsys.learners.ensembles.weights import combine, rounded
from recsys.learners.ensembles.within_user import Array, Users
from recsys.project.contract import Context, Relation

FREEDOM = 100.0  # scale of the best input, which makes the penalty on its coefficient negligible
SURE = 1.645  # standard errors of a significant gain, one-sided at 5 %
FEWEST_FOLDS = 3  # one to score, one to validate the penalty, one to train on

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class StackingSettings:
    """Settings of `fit_predict`.

    Attributes
    ----------
    family_correlation : float
        Inputs that pairwise correlate by at least this are one family.
    penalties : sequence of float
        L2 penalties to choose from; the best input is not penalised.
    """

    family_correlation: float
    penalties: Sequence[float]


@dataclass(frozen=True)
class Examples:
    """Hold labelled candidates of users with both labels: positions, folds, users and labels."""

    rows: Integers
    fold: Integers
    user: Integers
    label: Integers

    def __getitem__(self, chosen: NDArray[np.bool_]) -> Examples:
        """Return the chosen examples."""
        return Examples(self.rows[chosen], self.fold[chosen], self.user[chosen], self.label[chosen])


def fit_predict(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table]:
    """Stack models and submissions, and score the candidates by log odds.

    A user in a fold is scored by a stack that saw no label of that fold, all others by a stack of all labels.
    For models that are trained on labels, a stack without a fold is trained on scores that did not use it
    either.

    Parameters
    ----------
    inputs : mapping of str to Relation
        ``candidates`` (user_id, track_id, position), ``predictions`` (model, user_id, track_id, score),
        ``submissions`` (file, user_id, track_id, score), ``labels`` (user_id, track_id, label), ``folds``
        (user_id, fold), and ``nested`` (model, user_id, track_id, held_out_fold, score).
    settings : mapping
        Keys of `StackingSettings`.
    context : Context

    Returns
    -------
    mapping of str to pyarrow.Table
        ``scores.stacked_ensemble`` (user_id, track_id, score).

    Raises
    ------
    UnavailableError
        There are no inputs, or fewer than three folds have users with a liked and a not liked label.
    """
    chosen = parse(StackingSettings, settings)
    candidates = CandidateIndex(inputs["candidates"].arrow())
    context.report(0.0, "ranking the inputs within the user")
    columns = candidates.inputs(inputs["predictions"], inputs["submissions"])
    nested = candidates.nested(inputs["nested"], columns)
    levels = np.array([candidates.users.levels(scores) for scores in columns.values()]).T
    fold = candidates.folds(inputs["folds"].arrow())
    examples = _examples(candidates, inputs["labels"].arrow(), fold)
    score = np.empty(len(candidates))
    for done, held_out in enumerate(turns := np.unique([NO_FOLD, *fold])):
        context.report(done / len(turns), f"stack {done + 1} of {len(turns)}")
        seen = levels.copy()
        for number, name in enumerate(columns):
            if (name, held_out) in nested:
                seen[:, number] = candidates.users.levels(nested[name, held_out])
        weights = _weights(candidates.users, seen, examples[examples.fold != held_out], chosen)
        blended = combine(candidates.users, levels, rounded(weights))
        score[fold == held_out] = blended[fold == held_out]
    return {"scores.stacked_ensemble": candidates.scored(score)}


def _weights(users: Users, levels: Array, examples: Examples, settings: StackingSettings) -> Array:
    """Return the weight of each input, from levels (candidates, inputs) and the examples to train on."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # the last digits depend on the number of threads
        ranks = levels[examples.rows] / users.reach[examples.rows, None]
        members = families(ranks.T @ ranks, settings.family_correlation)
        halves = [users.halves(column)[examples.rows] for column in levels.T]
        hits = [np.mean((half > 0) == (examples.label > 0)) for half in halves]
        best = int(np.argmax(hits))
        own, family = fit(ranks[:, best], ranks @ members, examples, settings.penalties)
    return own * np.eye(len(hits))[best] + members @ family


def fit(best: Array, families: Array, examples: Examples, penalties: Sequence[float]) -> tuple[float, Array]:
    """Fit the coefficients of the best input and of the families.

    The chosen penalty gains most right predictions on held-out folds over the best input alone. If no gain
    exceeds `SURE` standard errors over users, only the best input is used.

    Parameters
    ----------
    best : ndarray of float64, shape (examples,)
        Ranks of the best input.
    families : ndarray of float64, shape (examples, families)
    examples : Examples
    penalties : sequence of float

    Returns
    -------
    own : float
    family : ndarray of float64, shape (families,)
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
    """Return each user's share of right predictions, by models of the other folds."""
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
    """Fit logistic regression with an unpenalised coefficient of the best input.

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
    """Group correlated inputs by complete linkage.

    Parameters
    ----------
    gram : ndarray of float64, shape (inputs, inputs)
        X'X of the inputs, at any scale.
    correlation : float
        Least pairwise correlation within a family.

    Returns
    -------
    ndarray of float64, shape (inputs, families)
        Membership; columns sum to 1, so that each feature is a family's mean.
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


def _examples(candidates: CandidateIndex, labels: pa.Table, fold: Integers) -> Examples:
    rows = candidates.rows(labels)
    order = np.argsort(rows)
    label = labels["label"].to_numpy().astype(np.int64)[order]
    user_id = labels["user_id"].to_numpy()[order]
    is_mixed = np.isin(user_id, np.intersect1d(user_id[label == 0], user_id[label == 1]))
    examples = Examples(rows[order], fold[rows[order]], user_id.astype(np.int64), label)[is_mixed]
    if len(np.unique(examples.fold)) < FEWEST_FOLDS:
        raise UnavailableError(
            "stacked_ensemble needs labels: users with a liked and a not liked candidate in "
            f"{FEWEST_FOLDS} folds"
        )
    return examples
