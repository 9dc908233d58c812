"""Classifiers by scikit-learn, in this process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from recsys.learners.classifiers.examples import Examples
from recsys.learners.classifiers.grid import BoostedTrees, DecisionTree, Forest, LogisticModel, Point
from recsys.learners.classifiers.in_memory import InMemoryExamples, RowProbabilities
from recsys.project.contract import Context


class LocalExamples(InMemoryExamples):
    """Hold examples for scikit-learn; each classifier uses one thread, since a study fits several at once."""

    def __init__(self, examples: Examples, context: Context) -> None:
        super().__init__(examples, context)
        columns = [examples.table[name].to_numpy() for name in self.features]
        self.table = np.column_stack(columns).astype(np.float64)  # (candidates, features)
        self.label = examples.table["label"].to_numpy()  # NaN where unknown
        self.fold = examples.table["fold"].fill_null(-1).to_numpy()

    def __enter__(self) -> Self:
        """Limit numerical libraries to one thread."""
        self.limits = threadpool_limits(1)  # the last digits of a sum depend on the number of threads
        return self

    def __exit__(self, *failure: object) -> None:
        """Restore the thread limits."""
        self.limits.restore_original_limits()

    def fit(self, point: Point, without: Sequence[int]) -> ClassifierMixin:
        """Fit a classifier on the labelled candidates of users outside the folds ``without``."""
        rows = (self.fold >= 0) & ~np.isnan(self.label) & ~np.isin(self.fold, list(without))
        return estimator(point, int(rows.sum())).fit(self.table[rows], self.label[rows])

    def predict(self, model: ClassifierMixin, fold: int | None) -> RowProbabilities:
        """Predict the candidates of a fold; None means those of users in no fold."""
        rows = np.flatnonzero(self.fold == (-1 if fold is None else fold))
        return rows, model.predict_proba(self.table[rows])[:, 1] if len(rows) else np.empty(0)

    def importance(self, model: ClassifierMixin) -> np.ndarray:
        """Return a weight per feature: the gain at a tree's splits, or a coefficient's size."""
        if isinstance(model, Pipeline):  # its coefficients are of standardised features
            return np.abs(model[-1].coef_[0])
        return model.feature_importances_


def estimator(point: Point, rows: int) -> ClassifierMixin:
    """Return an untrained classifier.

    ``C`` of scikit-learn's logistic regression weights the sum of the losses against half the squared
    coefficients; Spark and the parameters weight the coefficients against the mean loss.

    Parameters
    ----------
    point : Point
        Hyperparameters.
    rows : int
        Number of training examples.

    Returns
    -------
    ClassifierMixin
    """
    match point:
        case DecisionTree():
            return DecisionTreeClassifier(
                max_depth=point.max_depth, min_samples_leaf=point.min_instances, random_state=point.seed
            )
        case LogisticModel():
            strength = {"C": 1 / (point.regularization * rows)} if point.regularization else {"C": np.inf}
            return make_pipeline(StandardScaler(), LogisticRegression(max_iter=point.iterations, **strength))
        case BoostedTrees():
            return GradientBoostingClassifier(
                n_estimators=point.trees,
                max_depth=point.max_depth,
                learning_rate=point.learning_rate,
                subsample=point.subsampling,
                random_state=point.seed,
            )
        case Forest():
            return RandomForestClassifier(
                n_estimators=point.trees,
                max_depth=point.max_depth,
                min_samples_leaf=point.min_instances,
                max_features="sqrt",
                random_state=point.seed,
            )
