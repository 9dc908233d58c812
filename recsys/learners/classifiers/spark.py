"""Classifiers by Spark ML, on examples of this process or of a cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, Self

import numpy as np
from pyspark.ml import Estimator, Model, Pipeline
from pyspark.ml.classification import (
    DecisionTreeClassifier,
    GBTClassifier,
    LogisticRegression,
    RandomForestClassifier,
)
from pyspark.ml.feature import StandardScaler, VectorAssembler
from pyspark.ml.functions import vector_to_array
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as sql

from recsys.backends.spark import session as spark_session
from recsys.learners.classifiers.examples import KEY
from recsys.learners.classifiers.grid import BoostedTrees, DecisionTree, Forest, LogisticModel, Point
from recsys.learners.classifiers.in_memory import InMemoryExamples, RowProbabilities
from recsys.project.contract import Context, Relation


class _SparkClassifiers:
    """Fit on the frames ``labelled`` and ``others``, with ``fold``, ``label`` and the vector ``features``."""

    labelled: DataFrame
    others: DataFrame

    def fit(self, point: Point, without: Sequence[int]) -> Model:
        """Fit a classifier on the labelled candidates of users outside the folds ``without``."""
        known = self.labelled.filter(sql.col("label").isNotNull())
        return estimator(point).fit(known.filter(~sql.col("fold").isin(list(without))))

    def importance(self, model: Model) -> np.ndarray:
        """Return a weight per feature: the gain at a tree's splits, or a coefficient's size."""
        if hasattr(model, "stages"):  # the logistic pipeline; its coefficients are of standardised features
            return np.abs(model.stages[-1].coefficients.toArray())
        return model.featureImportances.toArray()

    def _of_fold(self, fold: int | None) -> DataFrame:
        return self.others if fold is None else self.labelled.filter(sql.col("fold") == fold)


class SparkExamples(_SparkClassifiers, InMemoryExamples):
    """Hold examples in this process; Spark gets frames of them, and predictions are collected."""

    def __enter__(self) -> Self:
        """Cache the examples in Spark."""
        spark_session.session(self.context)  # Spark ML's classes can only be made while a session runs
        # One partition for the few labelled ones: a pass over them is then a single task.
        parts = (self.examples.labelled, 1), (self.examples.others, spark_session.PARTITIONS)
        self.labelled, self.others = (
            _assembled(spark_session.frame(self.context, part, partitions), self.features, ["row"]).cache()
            for part, partitions in parts
        )
        return self

    def __exit__(self, *failure: object) -> None:
        """Drop the cached frames."""
        self.labelled.unpersist()
        self.others.unpersist()

    def predict(self, model: Model, fold: int | None) -> RowProbabilities:
        """Predict the candidates of a fold; None means those of users in no fold."""
        table = spark_session.collect(_with_probability(model, self._of_fold(fold)).select("row", "score"))
        return table["row"].to_numpy(), table["score"].to_numpy()


class StoredExamples(_SparkClassifiers):
    """Hold examples in a cluster; only counts and shares are collected.

    Results are computed when they are written, so cached frames are not dropped here. Classifiers of the same
    examples share them.
    """

    def __init__(self, examples: DataFrame, labels: DataFrame, folds: DataFrame) -> None:
        self.features: Sequence[str] = [name for name in examples.columns if name not in KEY]
        known = labels.select(*KEY, labels["label"].cast("double").alias("label"))
        table = examples.join(known, KEY, "left").join(folds.select("user_id", "fold"), "user_id", "left")
        kept = [*KEY, sql.col("track_prior").alias("prior")]
        assembled = _assembled(table, self.features, kept)
        self.labelled = assembled.filter(sql.col("fold").isNotNull()).cache()
        self.others = assembled.filter(sql.col("fold").isNull())
        self.folds: Sequence[int] = [
            int(fold) for (fold,) in folds.select("fold").distinct().sort("fold").collect()
        ]

    @classmethod
    def of(cls, inputs: Mapping[str, Relation], context: Context) -> Self:
        """Read the relations ``examples``, ``labels`` and ``folds`` as frames."""
        return cls(*(inputs[name].frame(context) for name in ("examples", "labels", "folds")))

    def __enter__(self) -> Self:
        """Return self; there is nothing to prepare."""
        return self

    def __exit__(self, *failure: object) -> None:
        """Keep the cached frames, which later results still read."""

    def next_fold(self, fold: int) -> int:
        """Return the fold that validates the parameters of the models for ``fold``."""
        return self.folds[(self.folds.index(fold) + 1) % len(self.folds)]

    def can_be_tuned(self) -> bool:
        """Return whether both labels remain after holding out any fold and its validation fold."""
        known = self.labelled.filter(sql.col("label").isNotNull())
        there = {tuple(row) for row in known.select("fold", "label").distinct().collect()}
        return len(self.folds) > 2 and all(
            len({label for fold, label in there if fold not in (out, self.next_fold(out))}) == 2
            for out in self.folds
        )

    def predict(self, model: Model, fold: int | None) -> DataFrame:
        """Predict the candidates of a fold; None means those of users in no fold."""
        frame = self._of_fold(fold)
        return _with_probability(model, frame).select(*KEY, "prior", "label", "score")

    def accuracy(self, predictions: DataFrame) -> float:
        """Return the share of known labels predicted right; the top half of each user counts as liked."""
        user = Window.partitionBy("user_id")
        ranked = user.orderBy(sql.desc("score"), sql.desc("prior"), sql.asc("track_id"))
        half = sql.floor(sql.count(sql.lit(1)).over(user) / 2)
        is_liked = (sql.row_number().over(ranked) <= half).cast("double")
        judged = predictions.select("label", is_liked.alias("predicted")).filter(sql.col("label").isNotNull())
        is_right = (sql.col("predicted") == sql.col("label")).cast("double")
        return float(judged.agg(sql.avg(is_right)).collect()[0][0] or 0.0)

    def scored(self, parts: Sequence[DataFrame]) -> DataFrame:
        """Return ``(user_id, track_id, score)`` of predictions that cover all candidates."""
        return reduce(DataFrame.unionByName, [part.select(*KEY, "score") for part in parts])

    def nested(self, parts: Sequence[tuple[int, DataFrame]]) -> DataFrame:
        """Return ``(user_id, track_id, held_out_fold, score)`` of predictions by their held-out fold."""
        held_out = [
            predictions.select(*KEY, sql.lit(fold).cast("int").alias("held_out_fold"), "score")
            for fold, predictions in parts
        ]
        return reduce(DataFrame.unionByName, held_out)


def estimator(point: Point) -> Estimator:
    """Return an untrained classifier, from the column ``features`` to the column ``label``.

    Parameters
    ----------
    point : Point
        Hyperparameters.

    Returns
    -------
    Estimator
    """
    match point:
        case DecisionTree():
            return DecisionTreeClassifier(
                maxDepth=point.max_depth, minInstancesPerNode=point.min_instances, seed=point.seed
            )
        case LogisticModel():
            scaler = StandardScaler(withMean=True, inputCol="features", outputCol="standardized")
            model = LogisticRegression(
                featuresCol="standardized",
                regParam=point.regularization,
                maxIter=point.iterations,
                standardization=False,
            )
            return Pipeline(stages=[scaler, model])
        case BoostedTrees():
            return GBTClassifier(
                maxIter=point.trees,
                maxDepth=point.max_depth,
                stepSize=point.learning_rate,
                subsamplingRate=point.subsampling,
                seed=point.seed,
            )
        case Forest():
            return RandomForestClassifier(
                numTrees=point.trees,
                maxDepth=point.max_depth,
                minInstancesPerNode=point.min_instances,
                seed=point.seed,
            )


def _assembled(table: DataFrame, features: Sequence[str], kept: Sequence[Any]) -> DataFrame:
    assembler = VectorAssembler(inputCols=list(features), outputCol="features")
    return assembler.transform(table).select(*kept, "fold", "label", "features")


def _with_probability(model: Model, frame: DataFrame) -> DataFrame:
    """Add the probability of being liked to each row, as ``score``."""
    return model.transform(frame).withColumn("score", vector_to_array("probability")[1])
