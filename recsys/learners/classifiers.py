"""Four classifiers of candidates by Spark ML: is this one of the tracks that the user likes?

They learn from the labels of some users and are tuned and judged without looking: the users are dealt into
folds, a labelled user's candidates are scored by a model that saw no label of the user's fold, and the
parameters of that model were chosen without that fold as well (nested cross-validation; Cawley and Talbot,
2010). Everybody else is scored by a model of all labels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import product, repeat
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import pyarrow as pa
from pyspark.ml import Estimator, Model, Pipeline
from pyspark.ml.classification import (
    DecisionTreeClassifier,
    GBTClassifier,
    LogisticRegression,
    RandomForestClassifier,
)
from pyspark.ml.feature import StandardScaler
from pyspark.sql import DataFrame
from pyspark.sql import functions as sql

from recsys import spark
from recsys.errors import UnavailableError
from recsys.learners.settings import parse
from recsys.learners.studied import HeldExamples, Seen, StoredExamples, Studied
from recsys.project.contract import Context, Relation

Done = TypeVar("Done")
Without = tuple[
    frozenset[int], "Parameters"
]  # two folds that a model saw no label of, and what it was made from


class Parameters(Protocol):
    """One point of a grid: what a classifier is made from."""

    def estimator(self) -> Estimator:
        """The untrained classifier, from the column ``features`` to the column ``label``."""


@dataclass(frozen=True)
class DecisionTree:
    max_depth: int
    min_instances: int
    seed: int

    def estimator(self) -> Estimator:
        return DecisionTreeClassifier(
            maxDepth=self.max_depth, minInstancesPerNode=self.min_instances, seed=self.seed
        )


@dataclass(frozen=True)
class LogisticModel:
    """``regularization`` is the weight of the squared coefficients of standardised features."""

    regularization: float
    iterations: int

    def estimator(self) -> Estimator:
        scaler = StandardScaler(withMean=True, inputCol="features", outputCol="standardized")
        model = LogisticRegression(
            featuresCol="standardized",
            regParam=self.regularization,
            maxIter=self.iterations,
            standardization=False,
        )
        return Pipeline(stages=[scaler, model])


@dataclass(frozen=True)
class BoostedTrees:
    """``step`` is the learning rate, ``subsampling`` the share of the examples that each tree sees."""

    trees: int
    max_depth: int
    step: float
    subsampling: float
    seed: int

    def estimator(self) -> Estimator:
        return GBTClassifier(
            maxIter=self.trees,
            maxDepth=self.max_depth,
            stepSize=self.step,
            subsamplingRate=self.subsampling,
            seed=self.seed,
        )


@dataclass(frozen=True)
class Forest:
    trees: int
    max_depth: int
    min_instances: int
    seed: int

    def estimator(self) -> Estimator:
        return RandomForestClassifier(
            numTrees=self.trees,
            maxDepth=self.max_depth,
            minInstancesPerNode=self.min_instances,
            seed=self.seed,
        )


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
    kind: type[Parameters],
    inputs: Mapping[str, Relation],
    settings: Mapping[str, Any],
    context: Context,
) -> Mapping[str, pa.Table | DataFrame]:
    """``examples (user_id, track_id, features ...)``, ``labels`` and ``folds (user_id, fold)`` to scores.

    ``scores.<name>`` holds probabilities, ``features.<name>_importance`` each feature's share in the model
    of all labels, ``features.<name>_tuning`` the accuracy of each point of the grid. ``features.<name>_nested
    (user_id, track_id, held_out_fold, score)`` has the labelled candidates as models see them that know no
    label of their own fold nor of another one, for what learns from scores. Raises UnavailableError
    where the labels are too few to train and tune by fold.
    """
    with spark.explained():
        examples: Studied[Any]
        examples = (StoredExamples if context.has_frames else HeldExamples).of(inputs, context)
        if not examples.can_be_tuned():
            reason = "liked and not liked labels of users in at least three folds"
            raise UnavailableError(f"{name} needs {reason}")
        context.report(0.0, "starting")
        study = Study(name, grid(kind, settings), examples, context)
        with examples:
            accuracies = study.tune()
            scores, model = study.score(accuracies)
            nested = study.nested(accuracies)
            importance = _importance(name, examples.features, model)
    return {
        f"scores.{name}": scores,
        f"features.{name}_importance": importance,
        f"features.{name}_tuning": study.tuning(accuracies),
        f"features.{name}_nested": nested,
    }


def grid(kind: type[Parameters], section: Mapping[str, Any]) -> list[Parameters]:
    """Every combination of the values that a section lists; a parameter without a list has one value."""
    axes = [value if isinstance(value, list) else [value] for value in section.values()]
    return [parse(kind, dict(zip(section, point, strict=True))) for point in product(*axes)]


class Study(Generic[Seen]):
    """One classifier over one set of examples."""

    def __init__(
        self, name: str, points: list[Parameters], examples: Studied[Seen], context: Context
    ) -> None:
        self.name, self.points, self.examples, self.context = name, points, examples, context
        self.models: dict[Without, Model] = {}

    def tune(self) -> np.ndarray:
        """Accuracies (folds, points): trained without a fold and the next one, judged on the next."""
        trials = list(product(self.examples.folds, self.points))
        judged = self._in_parallel([partial(self._trial, *trial) for trial in trials], 0.0, 0.4, "tuning")
        accuracies = [accuracy for _, accuracy in judged]
        return np.array(accuracies).reshape(len(self.examples.folds), len(self.points))

    def score(self, accuracies: np.ndarray) -> tuple[pa.Table | DataFrame, Model]:
        """The scores of all examples, and the model of all labels."""
        best = [self.points[column] for column in accuracies.argmax(axis=1)]
        out_of_fold = map(partial, repeat(self._out_of_fold), self.examples.folds, best)
        final = partial(self._fit, self.points[accuracies.mean(axis=0).argmax()], [])
        *held_out, model = self._in_parallel([*out_of_fold, final], 0.4, 0.7, "training")
        return self.examples.scored([*held_out, self.examples.seen(model, self.examples.others)]), model

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
        judging = [partial(self._judged, self.models[rests[pair]], pair[1]) for pair in pairs]
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

    def _trial(self, fold: int, point: Parameters) -> tuple[Seen, float]:
        judge = self.examples.next_fold(fold)
        seen = self._judged(self._without(frozenset([fold, judge]), point), judge)
        return seen, self.examples.accuracy(seen)

    def _without(self, folds: frozenset[int], point: Parameters) -> Model:
        model = self.models[folds, point] = self._fit(point, sorted(folds))
        return model

    def _out_of_fold(self, fold: int, point: Parameters) -> Seen:
        return self._judged(self._fit(point, [fold]), fold)

    def _fit(self, point: Parameters, without: Sequence[int]) -> Model:
        known = self.examples.labelled.filter(sql.col("label").isNotNull())
        return point.estimator().fit(known.filter(~sql.col("fold").isin(list(without))))

    def _judged(self, model: Model, fold: int) -> Seen:
        return self.examples.seen(model, self.examples.labelled.filter(sql.col("fold") == fold))

    def _in_parallel(
        self, tasks: Iterable[Callable[[], Done]], begin: float, end: float, doing: str
    ) -> list[Done]:
        """The tasks' results in order; Spark leaves a core idle between the small jobs of a single fit."""
        tasks = list(tasks)
        results = []
        with ThreadPoolExecutor(self.context.threads) as pool:
            for done, future in enumerate([pool.submit(task) for task in tasks]):
                results.append(future.result())
                self.context.report(begin + (end - begin) * (done + 1) / len(tasks), doing)
        return results


def _importance(name: str, features: Sequence[str], model: Model) -> pa.Table:
    """Shares of the features, which sum to 1: the gain at a tree's splits, a coefficient's size."""
    if hasattr(model, "stages"):  # the logistic pipeline, whose coefficients are of standardised features
        weights = np.abs(model.stages[-1].coefficients.toArray())
    else:
        weights = model.featureImportances.toArray()
    shares = weights / max(weights.sum(), np.finfo(float).tiny)
    return pa.table({"model": [name] * len(features), "feature": list(features), "importance": shares})
