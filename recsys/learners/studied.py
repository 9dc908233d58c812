"""Candidates as Spark's classifiers learn from them: held in this process, or where a cluster has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, Protocol, Self, TypeVar

import numpy as np
import pyarrow as pa
from pyspark.ml import Model
from pyspark.ml.feature import VectorAssembler
from pyspark.ml.functions import vector_to_array
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as sql

from recsys import spark
from recsys.learners.examples import KEY, Examples
from recsys.project.contract import Context, Relation

Seen = TypeVar("Seen")  # some candidates with the probability of each that it is liked
Found = tuple[np.ndarray, np.ndarray]  # rows of the examples, and their probabilities


class Studied(Protocol[Seen]):
    """Examples: what is learned from, and the folds of users that occur.

    Within a ``with`` statement there are the frames ``labelled`` and ``others``, with ``fold``, ``label`` and
    the vector ``features``.
    """

    features: Sequence[str]
    folds: Sequence[int]
    labelled: DataFrame
    others: DataFrame

    @classmethod
    def of(cls, inputs: Mapping[str, Relation], context: Context) -> Self:
        """From relations ``examples``, ``labels`` and ``folds``."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *failure: object) -> None: ...
    def next_fold(self, fold: int) -> int: ...
    def can_be_tuned(self) -> bool: ...

    def seen(self, model: Model, frame: DataFrame) -> Seen:
        """What a model says of a part of ``labelled`` or ``others``."""

    def accuracy(self, seen: Seen) -> float:
        """Share of the known labels that the upper half of each user's candidates predicts."""

    def scored(self, parts: Sequence[Seen]) -> pa.Table | DataFrame:
        """``(user_id, track_id, score)`` of parts that make up all candidates."""

    def nested(self, parts: Sequence[tuple[int, Seen]]) -> pa.Table | DataFrame:
        """``(user_id, track_id, held_out_fold, score)`` of parts, each with the fold it was held out with."""


class HeldExamples:
    """Examples in this process; frames are made of them, and what Spark finds comes back."""

    def __init__(self, examples: Examples, context: Context) -> None:
        self.examples, self.context = examples, context
        self.features, self.folds = examples.features, examples.folds
        self.next_fold, self.can_be_tuned = examples.next_fold, examples.can_be_tuned

    @classmethod
    def of(cls, inputs: Mapping[str, Relation], context: Context) -> Self:
        return cls(Examples.of(*(inputs[name].arrow() for name in ("examples", "labels", "folds"))), context)

    def __enter__(self) -> Self:
        spark.session(self.context)  # Spark ML's classes can only be made while a session runs
        # One partition for the few that are labelled: a pass over them is then a single task.
        parts = (self.examples.labelled, 1), (self.examples.others, spark.PARTITIONS)
        self.labelled, self.others = (
            _assembled(spark.frame(self.context, part, partitions), self.features, ["row"]).cache()
            for part, partitions in parts
        )
        return self

    def __exit__(self, *failure: object) -> None:
        self.labelled.unpersist()
        self.others.unpersist()

    def seen(self, model: Model, frame: DataFrame) -> Found:
        table = spark.collect(_judged(model, frame).select("row", "score"))
        return table["row"].to_numpy(), table["score"].to_numpy()

    def accuracy(self, seen: Found) -> float:
        return self.examples.accuracy(*seen)

    def scored(self, parts: Sequence[Found]) -> pa.Table:
        scores = np.empty(len(self.examples))
        for rows, probabilities in parts:
            scores[rows] = probabilities
        return self.examples.scored(scores)

    def nested(self, parts: Sequence[tuple[int, Found]]) -> pa.Table:
        return pa.concat_tables(self.examples.nested(fold, *seen) for fold, seen in parts)


class StoredExamples:
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

    def seen(self, model: Model, frame: DataFrame) -> DataFrame:
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


def _assembled(table: DataFrame, features: Sequence[str], kept: Sequence[Any]) -> DataFrame:
    assembler = VectorAssembler(inputCols=list(features), outputCol="features")
    return assembler.transform(table).select(*kept, "fold", "label", "features")


def _judged(model: Model, frame: DataFrame) -> DataFrame:
    """A frame with the probability of each row that it is liked."""
    return model.transform(frame).withColumn("score", vector_to_array("probability")[1])
