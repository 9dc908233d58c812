"""Four classifiers of candidates, which predict whether the user likes a track.

They are trained on labels with nested cross-validation: a labelled user's candidates are scored by a model
that saw no label of the user's fold, with parameters chosen without that fold as well. Users without labels
are scored by a model of all labels.

scikit-learn trains them in this process, Spark ML on a cluster, with the same parameters.

References
----------
Cawley and Talbot, "On Over-fitting in Model Selection and Subsequent Selection Bias in Performance
Evaluation", JMLR 11, 2010.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
import pyarrow as pa

from recsys.backends.spark import session as spark_session
from recsys.errors import UnavailableError
from recsys.learners.classifiers.example_set import ExampleSet, Fitted, Predictions
from recsys.learners.classifiers.grid import BoostedTrees, DecisionTree, Forest, LogisticModel, Point, grid
from recsys.learners.common.settings import solver
from recsys.project.contract import Context, Relation

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Done = TypeVar("Done")
ModelKey = tuple[frozenset[int], Point]  # held-out folds and hyperparameters


def decision_tree(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table | DataFrame]:
    """Fit a decision tree and score the candidates.

    Parameters
    ----------
    inputs, settings, context
        As in `_learn`, which also says what is returned and raised.

    Returns
    -------
    mapping of str to pyarrow.Table or DataFrame
    """
    return _learn("decision_tree", DecisionTree, inputs, settings, context)


def logistic_regression(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table | DataFrame]:
    """Fit logistic regression with an L2 penalty and score the candidates.

    Parameters
    ----------
    inputs, settings, context
        As in `_learn`, which also says what is returned and raised.

    Returns
    -------
    mapping of str to pyarrow.Table or DataFrame
    """
    return _learn("logistic_regression", LogisticModel, inputs, settings, context)


def gradient_boosted_trees(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table | DataFrame]:
    """Fit gradient-boosted trees (each tree corrects the previous ones) and score the candidates.

    Parameters
    ----------
    inputs, settings, context
        As in `_learn`, which also says what is returned and raised.

    Returns
    -------
    mapping of str to pyarrow.Table or DataFrame

    References
    ----------
    Friedman, "Greedy Function Approximation: A Gradient Boosting Machine", 2001.
    """
    return _learn("gradient_boosted_trees", BoostedTrees, inputs, settings, context)


def random_forest(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table | DataFrame]:
    """Fit a random forest and score the candidates.

    Parameters
    ----------
    inputs, settings, context
        As in `_learn`, which also says what is returned and raised.

    Returns
    -------
    mapping of str to pyarrow.Table or DataFrame

    References
    ----------
    Breiman, "Random Forests", 2001.
    """
    return _learn("random_forest", Forest, inputs, settings, context)


def _learn(
    name: str,
    kind: type[Point],
    inputs: Mapping[str, Relation],
    settings: Mapping[str, Any],
    context: Context,
) -> Mapping[str, pa.Table | DataFrame]:
    """Tune, fit and score one kind of classifier with nested cross-validation.

    Parameters
    ----------
    name : str
        Name of the model.
    kind : type
        Its dataclass of hyperparameters.
    inputs : mapping of str to Relation
        ``examples`` (user_id, track_id, features ...), ``labels`` (user_id, track_id, label) and ``folds``
        (user_id, fold).
    settings : mapping
        ``grid``: a value or a list of values for each hyperparameter; ``solver``: 'local', 'spark' or 'auto'.
    context : Context

    Returns
    -------
    mapping of str to pyarrow.Table or DataFrame
        ``scores.<name>``: probabilities. ``features.<name>_importance``: each feature's share in the model of
        all labels. ``features.<name>_tuning``: accuracy of each point of the grid. ``features.<name>_nested``
        (user_id, track_id, held_out_fold, score): labelled candidates scored without the labels of their own
        fold and of the held-out fold, to train ensembles on.

    Raises
    ------
    UnavailableError
        There are too few labels to train and tune by fold, or Spark does not run.
    """
    chosen = solver(settings["solver"], context)
    example_set = _example_set(chosen, context)
    with spark_session.spark_failures() if chosen == "spark" else contextlib.nullcontext():
        examples: ExampleSet[Any, Any] = example_set.of(inputs, context)
        if not examples.can_be_tuned():
            needed = "liked and not liked labels of users in at least three folds"
            raise UnavailableError(f"{name} needs {needed}: add labels, or leave it out")
        context.report(0.0, "starting")
        study = Study(name, grid(kind, settings["grid"]), examples, context)
        with examples:
            accuracies = study.tune()
            scores, model = study.score(accuracies)
            nested = study.nested(accuracies)
            importance = _importance(name, examples.features, examples.importance(model))
    return {
        f"scores.{name}": scores,
        f"features.{name}_importance": importance,
        f"features.{name}_tuning": study.tuning(accuracies),
        f"features.{name}_nested": nested,
    }


def _example_set(solver: str, context: Context) -> type[ExampleSet[Any, Any]]:
    """Return the class of examples for a solver; import only the packages that it needs."""
    if solver == "local":
        from recsys.learners.classifiers.local import LocalExamples

        return LocalExamples
    spark_session.session(context)
    from recsys.learners.classifiers.spark import SparkExamples, StoredExamples

    return StoredExamples if context.has_frames else SparkExamples


class Study(Generic[Predictions, Fitted]):
    """Tune and fit one classifier on one set of examples."""

    def __init__(
        self, name: str, points: list[Point], examples: ExampleSet[Predictions, Fitted], context: Context
    ) -> None:
        self.name, self.points, self.examples, self.context = name, points, examples, context
        self.models: dict[ModelKey, Fitted] = {}

    def tune(self) -> np.ndarray:
        """Return accuracies (folds, points), fitted without a fold and the next, validated on the next."""
        trials = list(product(self.examples.folds, self.points))
        trials_done = self._in_parallel(
            [partial(self._trial, *trial) for trial in trials], 0.0, 0.4, "tuning"
        )
        accuracies = [accuracy for _, accuracy in trials_done]
        return np.array(accuracies).reshape(len(self.examples.folds), len(self.points))

    def score(self, accuracies: np.ndarray) -> tuple[pa.Table | DataFrame, Fitted]:
        """Return the scores of all examples, and the model of all labels."""
        best = [self.points[column] for column in accuracies.argmax(axis=1)]
        cross_validated = [
            partial(self._predict_fold, *one) for one in zip(self.examples.folds, best, strict=True)
        ]
        held_out = self._in_parallel(cross_validated, 0.4, 0.65, "training")
        model = self.examples.fit(self.points[accuracies.mean(axis=0).argmax()], [])
        self.context.report(0.7, "training")
        return self.examples.scored([*held_out, self.examples.predict(model, None)]), model

    def nested(self, accuracies: np.ndarray) -> pa.Table | DataFrame:
        """Score the labelled candidates once per other fold, to train ensembles without that fold.

        Each score is by a model that saw neither fold, with the parameters of the held-out fold's own model.
        Most of these models are left from tuning.
        """
        best = dict(zip(self.examples.folds, accuracies.argmax(axis=1), strict=True))
        pairs = [pair for pair in product(self.examples.folds, repeat=2) if pair[0] != pair[1]]
        rests = {pair: (frozenset(pair), self.points[best[pair[0]]]) for pair in pairs}
        missing = [rest for rest in dict.fromkeys(rests.values()) if rest not in self.models]
        doing = "training for the ensembles"
        self._in_parallel([partial(self._fit_without, *rest) for rest in missing], 0.7, 0.9, doing)
        predicting = [partial(self.examples.predict, self.models[rests[pair]], pair[1]) for pair in pairs]
        found = zip(pairs, self._in_parallel(predicting, 0.9, 1.0, doing), strict=True)
        return self.examples.nested([(out, predictions) for (out, _), predictions in found])

    def tuning(self, accuracies: np.ndarray) -> pa.Table:
        """Return a row per fold and point; the model of all labels uses the point with the best mean."""
        final = accuracies.mean(axis=0).argmax()
        rows = [
            {
                "model": self.name,
                "parameters": ", ".join(f"{key}={value}" for key, value in vars(point).items()),
                "fold": int(fold),
                "accuracy": float(accuracies[i, j]),
                "is_chosen": bool(accuracies[i].argmax() == j),
                "is_final": bool(final == j),
            }
            for i, fold in enumerate(self.examples.folds)
            for j, point in enumerate(self.points)
        ]
        return pa.Table.from_pylist(rows)

    def _trial(self, fold: int, point: Point) -> tuple[Predictions, float]:
        validation = self.examples.next_fold(fold)
        predictions = self.examples.predict(
            self._fit_without(frozenset([fold, validation]), point), validation
        )
        return predictions, self.examples.accuracy(predictions)

    def _fit_without(self, folds: frozenset[int], point: Point) -> Fitted:
        model = self.models[folds, point] = self.examples.fit(point, sorted(folds))
        return model

    def _predict_fold(self, fold: int, point: Point) -> Predictions:
        return self.examples.predict(self.examples.fit(point, [fold]), fold)

    def _in_parallel(
        self, tasks: Iterable[Callable[[], Done]], begin: float, end: float, doing: str
    ) -> list[Done]:
        """Return the results of tasks in order; a single fit leaves a core idle."""
        tasks = list(tasks)
        results = []
        with ThreadPoolExecutor(self.context.threads) as pool:
            for done, future in enumerate([pool.submit(task) for task in tasks]):
                results.append(future.result())
                self.context.report(begin + (end - begin) * (done + 1) / len(tasks), doing)
        return results


def _importance(name: str, features: Sequence[str], weights: np.ndarray) -> pa.Table:
    """Return the features with their shares of importance, which sum to 1."""
    shares = weights / max(weights.sum(), np.finfo(float).tiny)
    return pa.table({"model": [name] * len(features), "feature": list(features), "importance": shares})
