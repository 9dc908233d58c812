"""The factorisation of `als` by Spark ML, which a cluster shares out: the reference of `als_local`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from recsys import spark
from recsys.learners.als_factors import AlsSettings, Factors
from recsys.project.contract import Context

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def fit(ratings: pa.Table, settings: AlsSettings, context: Context) -> tuple[Factors, Factors]:
    """The factors of the users and of the items of ``ratings (user_id, item_id, rating)``.

    The order of the rows is the order of the sums in the normal equations. UnavailableError where Spark does
    not run.
    """
    spark.session(context)
    from pyspark.ml.recommendation import ALS

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
        model = als.fit(spark.frame(context, ratings))
        return _factors(model.userFactors), _factors(model.itemFactors)


def _factors(frame: DataFrame) -> Factors:
    table = spark.collect(frame).sort_by("id")
    vectors = table["features"].combine_chunks()
    ids = table["id"].to_numpy()
    return Factors(ids, vectors.flatten().to_numpy().reshape(len(ids), -1))
