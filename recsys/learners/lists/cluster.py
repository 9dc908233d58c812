"""Lists on a cluster: factors by Spark ML, and lists made by the workers, a part of the users each.

Nothing of the size of the data comes to the driver. Workers that make lists need Python with recsys;
`can_make_lists` asks them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from recsys.backends.spark import session as spark_session
from recsys.learners.lists.everyone import Excluded, Maker, aligned
from recsys.learners.lists.ials import IalsParameters
from recsys.learners.lists.interactions import Interactions, ItemCounts
from recsys.learners.lists.weighting import GRADES, LIKES, ONES, OTHER, SMALLEST
from recsys.project.contract import Context

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

PACKAGES = ("recsys", "scipy", "numba", "pyarrow")
_STRENGTHS: Mapping[str, str] = {
    ONES: "1.0",
    LIKES: f"case when is_like then 1.0 else {OTHER} end",
    GRADES: f"greatest(rating / 100.0, {SMALLEST})",
}
_LISTS = (
    "user_id int, rank int, item_id int, score double, model string, reason_item_id int, reason_value double"
)


def item_factors(interactions: DataFrame, parameters: IalsParameters) -> DataFrame:
    """Fit item factors by Spark ML's ALS with implicit preferences.

    Spark minimises the squared error of all pairs, with confidence 1 + alpha * strength of an interaction,
    and a penalty that grows with the number of a row's interactions alone. ``alpha`` is the inverse of the
    weight of unobserved pairs. The penalty is scaled so that its sum over all rows is that of
    `recsys.learners.lists.ials`, whose penalty grows with unobserved pairs too.

    Parameters
    ----------
    interactions : DataFrame
        ``user_id``, ``item_id``, ``rating`` (0 to 100), ``is_like``.
    parameters : IalsParameters

    Returns
    -------
    DataFrame
        ``item_id`` and ``factors`` (array of float) of the items with interactions.

    Raises
    ------
    UnavailableError
        Spark fails.

    References
    ----------
    Hu, Koren and Volinsky, "Collaborative Filtering for Implicit Feedback Datasets", ICDM 2008.
    """
    from pyspark.ml.recommendation import ALS
    from pyspark.sql import functions as sql

    blocks = int(interactions.sparkSession.conf.get("spark.sql.shuffle.partitions") or 1)
    with spark_session.spark_failures():
        entered = strengths(interactions, parameters.weighting)
        entries, users, items = entered.select(
            sql.count("*"), sql.countDistinct("user_id"), sql.countDistinct("item_id")
        ).first()
        unobserved = parameters.unobserved
        als = ALS(
            userCol="user_id",
            itemCol="item_id",
            ratingCol="strength",
            implicitPrefs=True,
            rank=parameters.factors,
            maxIter=parameters.epochs,
            alpha=1.0 / unobserved,
            regParam=parameters.regularization / unobserved * (1.0 + unobserved * users * items / entries),
            numUserBlocks=max(spark_session.PARTITIONS, blocks),
            numItemBlocks=max(spark_session.PARTITIONS, blocks),
            seed=parameters.seed,
        )
        found = als.fit(entered).itemFactors
    return found.select(found["id"].alias("item_id"), found["features"].alias("factors"))


def strengths(interactions: DataFrame, weighting: str) -> DataFrame:
    """Return ``user_id``, ``item_id`` and ``strength`` (float), as `recsys.learners.lists.weighting` does."""
    from pyspark.sql import functions as sql

    strength = sql.expr(_STRENGTHS[weighting]).cast("float").alias("strength")
    return interactions.select("user_id", "item_id", strength)


def can_make_lists(context: Context) -> bool:
    """Return whether all workers have Python with what makes lists."""
    return spark_session.have_packages(PACKAGES, context)


def lists(
    maker: Maker,
    interactions: DataFrame,
    users: DataFrame,
    candidate_ids: np.ndarray,
    excluded: Excluded,
    counts: ItemCounts,
) -> DataFrame:
    """Make the list of every user on the workers.

    Parameters
    ----------
    maker : Maker
        The model, which each worker gets.
    interactions : DataFrame
        As ``lists.interactions``.
    users : DataFrame
        ``user_id`` of the users who get a list.
    candidate_ids : int array
        Items that may be recommended.
    excluded : Excluded
        Items that are left out of some lists.
    counts : ItemCounts
        Likes of all users.

    Returns
    -------
    DataFrame
        As ``marts.recommendations``, the users in no order.
    """
    from pyspark.sql import functions as sql

    has_times = not interactions.filter("time <> 0").isEmpty()
    ordered = interactions.select(
        "user_id",
        "item_id",
        "rating",
        "is_like",
        sql.col("time" if has_times else "seq").alias("seq"),
        "value",
    )
    by_user = users.select("user_id").join(ordered, "user_id", "left").repartition("user_id")
    return by_user.mapInArrow(_Part(maker, candidate_ids, excluded, counts), _LISTS)


@dataclass(frozen=True)
class _Part:
    """Makes the lists of the users of one partition, all of whose interactions it gets."""

    maker: Maker
    candidate_ids: np.ndarray
    excluded: Excluded
    counts: ItemCounts

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the lists, a block of users at a time."""
        received = list(batches)
        if not received:
            return
        table = pa.Table.from_batches(received)
        user_ids = np.unique(table["user_id"].to_numpy())
        known = table.filter(pc.is_valid(table["item_id"]))
        history = Interactions.from_table(known, candidate_ids=self.candidate_ids, user_ids=user_ids)
        like_counts = self.counts.likes_of(history.item_ids)
        context = Context(scratch=Path(), threads=1)
        yield from self.maker.rows(history, self.excluded, aligned(known, "value"), context, like_counts)
