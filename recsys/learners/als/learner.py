"""Explicit matrix factorization by alternating least squares, one model per level of the hierarchy.

Ratings of tracks, albums, artists and genres are four matrices over the same users. Each is factorized on
its own. The penalty of a user or an item grows with its number of ratings, as in Spark ML.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from recsys.learners.als import local as als_local
from recsys.learners.als import spark as als_spark
from recsys.learners.als.factors import AlsSettings, Factors
from recsys.learners.common.settings import parse, solver
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


def fit_predict(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table | DataFrame]:
    """Factorize the ratings of each level and predict the ratings of ``pairs``.

    Parameters
    ----------
    inputs : mapping of str to Relation
        ``ratings`` (user_id, item_id, level, rating), ratings of 0 to 100, and
        ``pairs`` (user_id, track_id, level, item_id).
    settings : mapping
        Keys of `AlsSettings`.
    context : Context
        Threads, Spark session and progress reports.

    Returns
    -------
    mapping of str to pyarrow.Table or DataFrame
        ``features.als_predictions``: the pairs whose user and item have ratings of that level, with
        ``prediction`` (float64, rating points).

    Raises
    ------
    UnavailableError
        The normal equations have no unique solution, or Spark does not run.

    References
    ----------
    Zhou et al., "Large-scale Parallel Collaborative Filtering for the Netflix Prize", 2008.
    """
    als = parse(AlsSettings, settings)
    if context.has_frames and als.solver != "local":
        return {"features.als_predictions": _by_frames(inputs, als, context)}
    ratings, pairs = by_level(inputs["ratings"]), by_level(inputs["pairs"])
    predictions = []
    for done, level in enumerate(LEVELS):
        context.report(done / len(LEVELS), f"ALS of the {level} ratings")
        if ratings[level].num_rows:
            users, items = fit(ratings.pop(level), als, context)
            predictions.append(predict(users, items, pairs[level]))
    return {"features.als_predictions": pa.concat_tables([_PREDICTIONS.empty_table(), *predictions])}


def _by_frames(inputs: Mapping[str, Relation], settings: AlsSettings, context: Context) -> DataFrame:
    """Predict with Spark ML; ratings, factors and pairs stay in Spark."""
    ratings, pairs = inputs["ratings"].frame(context), inputs["pairs"].frame(context)
    found = als_spark.no_predictions(pairs)
    for done, level in enumerate(LEVELS):
        context.report(done / len(LEVELS), f"ALS of the {level} ratings")
        own, asked = (frame.filter(frame["level"] == level) for frame in (ratings, pairs))
        if not own.isEmpty():
            found = found.unionByName(als_spark.predictions(own, asked, settings))
    return found


def by_level(relation: Relation) -> dict[str, pa.Table]:
    """Split a relation by level, in the relation's order, reading it in batches.

    Parameters
    ----------
    relation : Relation
        Rows with a column ``level``.

    Returns
    -------
    dict of str to pyarrow.Table
        One table for each of `LEVELS`.
    """
    parts: dict[str, list[pa.Table]] = {level: [] for level in LEVELS}
    for batch in relation.batches():
        table = pa.Table.from_batches([batch])
        for level, part in parts.items():
            part.append(table.filter(pc.equal(table["level"], level)))
    return {level: pa.concat_tables(part) for level, part in parts.items()}


def fit(ratings: pa.Table, settings: AlsSettings, context: Context) -> tuple[Factors, Factors]:
    """Factorize one rating matrix with the chosen solver.

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
        The normal equations have no unique solution, or Spark does not run.
    """
    by = {"local": als_local, "spark": als_spark}[solver(settings.solver, context)]
    return by.fit(ratings.select(["user_id", "item_id", "rating"]), settings, context)


def predict(users: Factors, items: Factors, pairs: pa.Table) -> pa.Table:
    """Predict by the dot product of user and item factors; drop pairs without factors.

    Parameters
    ----------
    users, items : Factors
    pairs : pyarrow.Table
        ``user_id``, ``track_id``, ``level``, ``item_id``.

    Returns
    -------
    pyarrow.Table
        The pairs with factors on both sides, with ``prediction`` (float64, rating points).
    """
    user_rows = users.rows(pairs["user_id"].to_numpy())
    item_rows = items.rows(pairs["item_id"].to_numpy())
    known = (user_rows < len(users.ids)) & (item_rows < len(items.ids))
    dots = np.einsum("ij,ij->i", users.vectors[user_rows[known]], items.vectors[item_rows[known]])
    found = pairs.select(_PREDICTIONS.names[:-1]).filter(pa.array(known))
    return found.append_column("prediction", pa.array(dots.astype(np.float64))).cast(_PREDICTIONS)
