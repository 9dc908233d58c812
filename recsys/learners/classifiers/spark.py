"""Classifiers of `classifiers` by Spark ML: examples of this process, or where a cluster has them."""

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
from recsys.learners.classifiers.in_memory import Found, InMemoryExamples
from recsys.project.contract import Context, Relation


class _Trained:
    """Frames ``labelled`` and ``others``, with ``fold``, ``label`` and the vector ``features``."""

    labelled: DataFrame
    others: DataFrame

    def fit(self, point: Point, without: Sequence[int]) -> Model:
        known = self.labelled.filter(sql.col("label").isNotNull())
        return estimator(point).fit(known.filter(~sql.col("fold").isin(list(without))))

    def importance(self, model: Model) -> np.ndarray:
        if hasattr(model, "stages"):  # the logistic pipeline, whose coefficients are of standardised features
            return np.abs(model.stages[-1].coefficients.toArray())
        return model.featureImportances.toArray()

    def _of_fold(self, fold: int | None) -> DataFrame:
        return self.others if fold is None else self.labelled.filter(sql.col("fold") == fold)


class SparkExamples(_Trained, InMemoryExamples):
    """Examples of this process; frames are made of them, and what Spark finds comes back."""

    def __enter__(self) -> Self:
        spark_session.session(self.context)  # Spark ML's classes can only be made while a session runs
        # One partition for the few that are labelled: a pass over them is then a single task.
        parts = (self.examples.labelled, 1), (self.examples.others, spark_session.PARTITIONS)
        self.labelled, self.others = (
            _assembled(spark_session.frame(self.context, part, partitions), self.features, ["row"]).cache()
            for part, partitions in parts
        )
        return self

    def __exit__(self, *failure: object) -> None:
        self.labelled.unpersist()
        self.others.unpersist()

    def seen(self, model: Model, fold: int | None) -> Found:
        table = spark_session.collect(_judged(model, self._of_fold(fold)).select("row", "score"))
        return table["row"].to_numpy(), table["score"].to_numpy()


class StoredExamples(_Trained):
    """Examples where a cluster's workers read them: only counts and shares come to this process.

    What is returned is computed when it is written, which is why nothing is dropped from Spark's memory here;
    classifiers of the same examples share what is there.
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
        return cls(*(inputs[name].frame(context) for name in ("examples", "labels", "folds")))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None: ...

    def next_fold(self, fold: int) -> int:
        return self.folds[(self.folds.index(fold) + 1) % len(self.folds)]

    def can_be_tuned(self) -> bool:
        """Whether both labels are left after a fold and the one that judges its parameters are held out."""
        known = self.labelled.filter(sql.col("label").isNotNull())
        there = {tuple(row) for row in known.select("fold", "label").distinct().collect()}
        return len(self.folds) > 2 and all(
            len({label for fold, label in there if fold not in (out, self.next_fold(out))}) == 2
            for out in self.folds
        )

    def seen(self, model: Model, fold: int | None) -> DataFrame:
        frame = self._of_fold(fold)
        return _judged(model, frame).select(*KEY, "prior", "label", "score")

    def accuracy(self, seen: DataFrame) -> float:
        user = Window.partitionBy("user_id")
        ranked = user.orderBy(sql.desc("score"), sql.desc("prior"), sql.asc("track_id"))
        half = sql.floor(sql.count(sql.lit(1)).over(user) / 2)
        is_liked = (sql.row_number().over(ranked) <= half).cast("double")
        judged = seen.select("label", is_liked.alias("predicted")).filter(sql.col("label").isNotNull())
        is_right = (sql.col("predicted") == sql.col("label")).cast("double")
        return float(judged.agg(sql.avg(is_right)).collect()[0][0] or 0.0)

    def scored(self, parts: Sequence[DataFrame]) -> DataFrame:
        return reduce(DataFrame.unionByName, [part.select(*KEY, "score") for part in parts])

    def nested(self, parts: Sequence[tuple[int, DataFrame]]) -> DataFrame:
        held_out = [
            seen.select(*KEY, sql.lit(fold).cast("int").alias("held_out_fold"), "score")
            for fold, seen in parts
        ]
        return reduce(DataFrame.unionByName, held_out)


def estimator(point: Point) -> Estimator:
    """The untrained classifier, from the column ``features`` to the column ``label``."""
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
                stepSize=point.step,
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


def _judged(model: Model, frame: DataFrame) -> DataFrame:
    """A frame with the probability of each row that it is liked."""
    return model.transform(frame).withColumn("score", vector_to_array("probability")[1])
