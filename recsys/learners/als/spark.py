"""The factorisation of `als` by Spark ML, which a cluster shares out: the reference of `als_local`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from recsys.backends.spark import session as spark_session
from recsys.learners.als.factors import AlsSettings, Factors
from recsys.project.contract import Context

if TYPE_CHECKING:
    from pyspark.ml.recommendation import ALS
    from pyspark.sql import DataFrame


def fit(ratings: pa.Table, settings: AlsSettings, context: Context) -> tuple[Factors, Factors]:
    """The factors of the users and of the items of ``ratings (user_id, item_id, rating)``.

    The order of the rows is the order of the sums in the normal equations. UnavailableError where Spark does
    not run.
    """
    spark_session.session(context)
    with spark_session.spark_failures():
        model = _als(settings, spark_session.PARTITIONS).fit(spark_session.frame(context, ratings))
        return _factors(model.userFactors), _factors(model.itemFactors)


def predictions(ratings: DataFrame, pairs: DataFrame, settings: AlsSettings) -> DataFrame:
    """The pairs ``(user_id, item_id, ...)`` whose both sides ``ratings (user_id, item_id, rating)`` have,
    with a ``prediction`` (double) in rating points.

    Factors are in as many blocks as the session shuffles partitions. UnavailableError where Spark fails.
    """
    blocks = int(ratings.sparkSession.conf.get("spark.sql.shuffle.partitions") or 1)
    with spark_session.spark_failures():
        model = _als(settings, max(spark_session.PARTITIONS, blocks)).fit(ratings)
        model.setColdStartStrategy("drop")
        found = model.transform(pairs)
    return found.withColumn("prediction", found["prediction"].cast("double"))


def unknown(pairs: DataFrame) -> DataFrame:
    """No pairs at all, with a ``prediction``."""
    from pyspark.sql import functions as sql

    return pairs.limit(0).withColumn("prediction", sql.lit(None).cast("double"))


def _als(settings: AlsSettings, blocks: int) -> ALS:
    from pyspark.ml.recommendation import ALS

    return ALS(
        userCol="user_id",
        itemCol="item_id",
        ratingCol="rating",
        rank=settings.rank,
        maxIter=settings.iterations,
        regParam=settings.regularization,
        numUserBlocks=blocks,
        numItemBlocks=blocks,
        seed=settings.seed,
    )


def _factors(frame: DataFrame) -> Factors:
    table = spark_session.collect(frame).sort_by("id")
    vectors = table["features"].combine_chunks()
    ids = table["id"].to_numpy()
    return Factors(ids, vectors.flatten().to_numpy().reshape(len(ids), -1))
