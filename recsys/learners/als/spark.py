"""ALS by Spark ML, distributed over a cluster; the reference of `recsys.learners.als.local`."""

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
    """Factorize one rating matrix with Spark ML and collect the factors.

    The order of the rows is the order of the sums in the normal equations.

    Parameters
    ----------
    ratings : pyarrow.Table
        ``user_id``, ``item_id``, ``rating`` (0 to 100).
    settings : AlsSettings
    context : Context

    Returns
    -------
    users, items : Factors

    Raises
    ------
    UnavailableError
        Spark does not run.
    """
    spark_session.session(context)
    with spark_session.spark_failures():
        model = _als(settings, spark_session.PARTITIONS).fit(spark_session.frame(context, ratings))
        return _factors(model.userFactors), _factors(model.itemFactors)


def predictions(ratings: DataFrame, pairs: DataFrame, settings: AlsSettings) -> DataFrame:
    """Factorize ``ratings`` and predict ``pairs`` without leaving Spark.

    Factors have as many blocks as the session has shuffle partitions.

    Parameters
    ----------
    ratings : DataFrame
        ``user_id``, ``item_id``, ``rating`` (0 to 100).
    pairs : DataFrame
        ``user_id``, ``item_id`` and any other columns.
    settings : AlsSettings

    Returns
    -------
    DataFrame
        The pairs whose user and item have ratings, with ``prediction`` (double, rating points).

    Raises
    ------
    UnavailableError
        Spark fails.
    """
    blocks = int(ratings.sparkSession.conf.get("spark.sql.shuffle.partitions") or 1)
    with spark_session.spark_failures():
        model = _als(settings, max(spark_session.PARTITIONS, blocks)).fit(ratings)
        model.setColdStartStrategy("drop")
        found = model.transform(pairs)
    return found.withColumn("prediction", found["prediction"].cast("double"))


def no_predictions(pairs: DataFrame) -> DataFrame:
    """Return an empty frame of pairs with a column ``prediction``."""
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
