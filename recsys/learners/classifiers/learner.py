"""Four classifiers of candidates: is this one of the tracks that the user likes?

They learn from the labels of some users and are tuned and judged without looking: the users are dealt into
folds, a labelled user's candidates are scored by a model that saw no label of the user's fold, and the
parameters of that model were chosen without that fold as well (nested cross-validation; Cawley and Talbot,
2010). Everybody else is scored by a model of all labels.

scikit-learn trains them in this process, Spark ML on a cluster, each with the same parameters.
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
ModelKey = tuple[frozenset[int], Point]  # two folds that a model saw no label of, and what it was made from


def decision_tree(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table | DataFrame]:
    """A single tree; see ``_learn``."""
    return _learn("decision_tree", DecisionTree, inputs, settings, context)


def logistic_regression(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table | DataFrame]:
    """Logistic regression with a ridge penalty; see ``_learn``."""
    return _learn("logistic_regression", LogisticModel, inputs, settings, context)


def gradient_boosted_trees(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table | DataFrame]:
    """Trees that each correct those before (Friedman 2001); see ``_learn``."""
    return _learn("gradient_boosted_trees", BoostedTrees, inputs, settings, context)


def random_forest(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table | DataFrame]:
    """Trees of random samples and features, averaged (Breiman 2001); see ``_learn``."""
    return _learn("random_forest", Forest, inputs, settings, context)


def _learn(
    name: str,
    kind: type[Point],
    inputs: Mapping[str, Relation],
    settings: Mapping[str, Any],
    context: Context,
) -> Mapping[str, pa.Table | DataFrame]:
    """``examples (user_id, track_id, features ...)``, ``labels`` and ``folds (user_id, fold)`` to scores.

    ``scores.<name>`` holds probabilities, ``features.<name>_importance`` each feature's share in the model
    of all labels, ``features.<name>_tuning`` the accuracy of each point of the grid. ``features.<name>_nested
    (user_id, track_id, held_out_fold, score)`` has the labelled candidates as models see them that know no
    label of their own fold nor of another one, for what learns from scores. Settings are the ``grid``, a
    value or a list of them for each parameter, and the ``solver``. Raises UnavailableError where the labels
    are too few to train and tune by fold.
    """
    chosen = solver(settings["solver"], context)
    kind_of_examples = _kind(chosen, context)
    with spark_session.spark_failures() if chosen == "spark" else contextlib.nullcontext():
        examples: ExampleSet[Any, Any] = kind_of_examples.of(inputs, context)
        if not examples.can_be_tuned():
            reason = "liked and not liked labels of users in at least three folds"
            raise UnavailableError(f"{name} needs {reason}")
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


def _kind(solver: str, context: Context) -> type[ExampleSet[Any, Any]]:
    """What holds the examples; packages are imported where they are needed alone. UnavailableError without
    Spark where that is what trains."""
    if solver == "local":
        from recsys.learners.classifiers.local import LocalExamples

        return LocalExamples
    spark_session.session(context)
    from recsys.learners.classifiers.spark import SparkExamples, StoredExamples

    return StoredExamples if context.has_frames else SparkExamples


class Study(Generic[Predictions, Fitted]):
    """One classifier over one set of examples."""

    def __init__(
        self, name: str, points: list[Point], examples: ExampleSet[Predictions, Fitted], context: Context
    ) -> None:
        self.name, self.points, self.examples, self.context = name, points, examples, context
        self.models: dict[ModelKey, Fitted] = {}

    def tune(self) -> np.ndarray:
        """Accuracies (folds, points): trained without a fold and the next one, judged on the next."""
        trials = list(product(self.examples.folds, self.points))
        judged = self._in_parallel([partial(self._trial, *trial) for trial in trials], 0.0, 0.4, "tuning")
        accuracies = [accuracy for _, accuracy in judged]
        return np.array(accuracies).reshape(len(self.examples.folds), len(self.points))

    def score(self, accuracies: np.ndarray) -> tuple[pa.Table | DataFrame, Fitted]:
        """The scores of all examples, and the model of all labels."""
        best = [self.points[column] for column in accuracies.argmax(axis=1)]
        out_of_fold = [
            partial(self._out_of_fold, *one) for one in zip(self.examples.folds, best, strict=True)
        ]
        held_out = self._in_parallel(out_of_fold, 0.4, 0.65, "training")
        model = self.examples.fit(self.points[accuracies.mean(axis=0).argmax()], [])
        self.context.report(0.7, "training")
        return self.examples.scored([*held_out, self.examples.seen(model, None)]), model

    def nested(self, accuracies: np.ndarray) -> pa.Table | DataFrame:
        """Scores of the labelled candidates for whoever learns from them without a fold: a row for each
        other fold, by a model of the rest, with the parameters of that fold's own model.

        Two folds leave the same rest whichever of them is judged, and most rests were trained on for tuning.
        """
        best = dict(zip(self.examples.folds, accuracies.argmax(axis=1), strict=True))
        pairs = [pair for pair in product(self.examples.folds, repeat=2) if pair[0] != pair[1]]
        rests = {pair: (frozenset(pair), self.points[best[pair[0]]]) for pair in pairs}
        missing = [rest for rest in dict.fromkeys(rests.values()) if rest not in self.models]
        doing = "training for the ensembles"
        self._in_parallel([partial(self._without, *rest) for rest in missing], 0.7, 0.9, doing)
        judging = [partial(self.examples.seen, self.models[rests[pair]], pair[1]) for pair in pairs]
        found = zip(pairs, self._in_parallel(judging, 0.9, 1.0, doing), strict=True)
        return self.examples.nested([(out, seen) for (out, _), seen in found])

    def tuning(self, accuracies: np.ndarray) -> pa.Table:
        """One row for each fold and point; the model of all labels takes the point of the best mean."""
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
        judge = self.examples.next_fold(fold)
        seen = self.examples.seen(self._without(frozenset([fold, judge]), point), judge)
        return seen, self.examples.accuracy(seen)

    def _without(self, folds: frozenset[int], point: Point) -> Fitted:
        model = self.models[folds, point] = self.examples.fit(point, sorted(folds))
        return model

    def _out_of_fold(self, fold: int, point: Point) -> Predictions:
        return self.examples.seen(self.examples.fit(point, [fold]), fold)

    def _in_parallel(
        self, tasks: Iterable[Callable[[], Done]], begin: float, end: float, doing: str
    ) -> list[Done]:
        """The tasks' results in order; a single fit leaves a core idle, with Spark between its small jobs."""
        tasks = list(tasks)
        results = []
        with ThreadPoolExecutor(self.context.threads) as pool:
            for done, future in enumerate([pool.submit(task) for task in tasks]):
                results.append(future.result())
                self.context.report(begin + (end - begin) * (done + 1) / len(tasks), doing)
        return results


def _importance(name: str, features: Sequence[str], weights: np.ndarray) -> pa.Table:
    """Shares of the features, which sum to 1."""
    shares = weights / max(weights.sum(), np.finfo(float).tiny)
    return pa.table({"model": [name] * len(features), "feature": list(features), "importance": shares})
