"""Explicit matrix factorisation by Spark ML's ALS, one model for each level of the hierarchy.

Ratings of tracks, albums, artists and genres are four matrices over the same users. Each is factorised alone:
Zhou et al., "Large-scale Parallel Collaborative Filtering for the Netflix Prize", 2008, with the penalty of a
user or an item growing with its number of ratings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from recsys import spark
from recsys.learners.settings import parse
from recsys.project.contract import Context, Relation

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

LEVELS = ("track", "album", "artist", "genre")

_PREDICTIONS = pa.schema(
    {
        "user_id": pa.int32(),
        "track_id": pa.int32(),
        "level": pa.string(),
        "item_id": pa.int32(),
        "prediction": pa.float64(),
    }
)


@dataclass(frozen=True)
class AlsSettings:
    """``regularization`` is Spark's ``regParam``: the penalty per rating, on ratings of 0 to 100."""

    rank: int
    iterations: int
    regularization: float
    seed: int


@dataclass(frozen=True)
class Factors:
    """Latent factors: ``ids`` ascending (n), ``vectors`` float32 (n, rank)."""

    ids: np.ndarray
    vectors: np.ndarray

    def rows(self, wanted: np.ndarray) -> np.ndarray:
        """The row of each wanted id; -1 where the model has never seen it."""
        if not len(self.ids):
            return np.full(len(wanted), -1)
        found = np.minimum(np.searchsorted(self.ids, wanted), len(self.ids) - 1)
        return np.where(self.ids[found] == wanted, found, -1)


def fit_score(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table]:
    """Four factorisations of ``ratings (user_id, item_id, level, rating)``, asked for ``pairs``.

    ``features.als_predictions`` has the pairs ``(user_id, track_id, level, item_id)`` whose user and item the
    level's ratings contain, with the ``prediction`` in rating points.
    """
    als = parse(AlsSettings, settings)
    tables = inputs["ratings"].arrow(), inputs["pairs"].arrow()
    predictions = []
    for done, level in enumerate(LEVELS):
        context.report(done / len(LEVELS), f"ALS of the {level} ratings")
        ratings, pairs = (_of_level(table, level) for table in tables)
        if ratings.num_rows:
            users, items = fit(ratings, als, context)
            predictions.append(predict(users, items, pairs))
    return {"features.als_predictions": pa.concat_tables([_PREDICTIONS.empty_table(), *predictions])}


def fit(ratings: pa.Table, settings: AlsSettings, context: Context) -> tuple[Factors, Factors]:
    """The factors of the users and of the items of ``ratings (user_id, item_id, rating)``."""
    from pyspark.ml.recommendation import ALS

    # The order of the rows is the order of the sums in the normal equations.
    ordered = ratings.sort_by([("user_id", "ascending"), ("item_id", "ascending")])
    data = spark.frame(context, ordered.select(["user_id", "item_id", "rating"]))
    als = ALS(
        userCol="user_id",
        itemCol="item_id",
        ratingCol="rating",
        rank=settings.rank,
        maxIter=settings.iterations,
        regParam=settings.regularization,
        numUserBlocks=spark.PARTITIONS,
        numItemBlocks=spark.PARTITIONS,
        seed=settings.seed,
    )
    with spark.explained():
        model = als.fit(data)
        return _factors(model.userFactors), _factors(model.itemFactors)


def predict(users: Factors, items: Factors, pairs: pa.Table) -> pa.Table:
    """The pairs that the model knows both sides of, with the dot product of their factors."""
    user_rows = users.rows(pairs["user_id"].to_numpy())
    item_rows = items.rows(pairs["item_id"].to_numpy())
    known = (user_rows >= 0) & (item_rows >= 0)
    dots = np.einsum("ij,ij->i", users.vectors[user_rows[known]], items.vectors[item_rows[known]])
    found = pairs.select(_PREDICTIONS.names[:-1]).filter(pa.array(known))
    return found.append_column("prediction", pa.array(dots.astype(np.float64))).cast(_PREDICTIONS)


def _factors(frame: DataFrame) -> Factors:
    table = spark.collect(frame).sort_by("id")
    vectors = table["features"].combine_chunks()
    ids = table["id"].to_numpy()
    return Factors(ids, vectors.flatten().to_numpy().reshape(len(ids), -1))


def _of_level(table: pa.Table, level: str) -> pa.Table:
    return table.filter(pc.equal(table["level"], level))
