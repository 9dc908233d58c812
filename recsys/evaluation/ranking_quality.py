"""How good lists from a whole catalogue are: what they say of likes that were held out of the histories.

Everything that a user has not rated competes. Lists are Arrow tables ``(user_id, rank, track_id)``, ranks
counted from 1; likes are ``(user_id, track_id)``. Recall, NDCG and MRR are those of trec_eval with relevance
0 or 1 (Jarvelin and Kekalainen, "Cumulated gain-based evaluation of IR techniques", 2002, for NDCG), over all
users with likes: one without a list counts 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from recsys.backends.duckdb.connection import query
from recsys.backends.duckdb.statements import Connection

METRICS = ("recall", "ndcg", "mrr", "popular_share", "coverage")
POPULAR = 0.1  # of the tracks: the most rated tenth counts as popular
RESAMPLES = 1000
SEED = 2019

SCHEMA = pa.schema(
    {
        "model": pa.string(),
        "metric": pa.string(),
        "value": pa.float64(),
        "lower": pa.float64(),
        "upper": pa.float64(),
        "users": pa.int64(),
        "k": pa.int32(),
    }
)


@dataclass(frozen=True)
class Catalogue:
    """All tracks, and how many users rated each: two arrays of one length."""

    track_ids: np.ndarray
    rating_counts: np.ndarray

    @property
    def popular(self) -> np.ndarray:
        """The ids of the most rated tenth, at least one; equal counts by id."""
        order = np.lexsort((self.track_ids, -self.rating_counts))
        return self.track_ids[order[: max(1, round(POPULAR * len(order)))]]


def catalogue(connection: Connection) -> Catalogue:
    """Return the tracks of a warehouse."""
    found = query(
        connection,
        "select track_id, coalesce(rating_count, 0) as rating_count from staging.tracks "
        "left join priors.items on track_id = item_id order by track_id",
    )
    return Catalogue(found["track_id"].to_numpy(), found["rating_count"].to_numpy())


def held_out_likes(connection: Connection) -> pa.Table:
    """Return the liked test items of the truth ``(user_id, track_id)`` that are in no history.

    Models for lists read neither the truth nor labels. Likes held out for validation are in the histories
    that item-to-item scores are computed from, so they are not evaluated here.
    """
    found: pa.Table = query(
        connection,
        "select user_id, track_id from staging.truth where label = 1 and not exists (select 1 from "
        "staging.ratings where user_id = truth.user_id and item_id = truth.track_id) order by all",
    )
    return found


def quality(model: str, lists: Iterable[pa.Table], likes: pa.Table, catalogue: Catalogue, k: int) -> pa.Table:
    """Return rows of ``marts.ranking_quality`` for one model, given its lists in blocks.

    ``lower`` and ``upper`` hold 95 % of the bootstrap's means over users. Coverage has no interval: users
    drawn twice cover fewer items than as many different users, so the bootstrap is biased.
    """
    wanted = ["user_id", "rank", "track_id"]
    chosen = [block.select(wanted).filter(pc.less_equal(block["rank"], k)) for block in lists]
    table = (
        pa.concat_tables(chosen) if chosen else pa.table({name: pa.array([], pa.int32()) for name in wanted})
    )
    values = by_user(table, likes, k) | {"popular_share": popular_share(table, likes, catalogue)}
    users = len(values["recall"])
    rows = [
        {"metric": metric, "value": _mean(values[metric]), **interval(values[metric])}
        for metric in METRICS[:-1]
    ]
    rows.append({"metric": "coverage", "value": coverage(table, catalogue), "lower": None, "upper": None})
    return pa.Table.from_pylist([{"model": model, **row, "users": users, "k": k} for row in rows], SCHEMA)


def by_user(lists: pa.Table, likes: pa.Table, k: int) -> dict[str, np.ndarray]:
    """Return recall, NDCG and MRR at k of each user with likes, ordered by user."""
    users, owners = np.unique(likes["user_id"].to_numpy(), return_inverse=True)
    liked = np.bincount(owners, minlength=len(users))
    hits = lists.join(likes, keys=["user_id", "track_id"], join_type="inner")
    rows = np.searchsorted(users, hits["user_id"].to_numpy())
    ranks = hits["rank"].to_numpy().astype(np.float64)
    discounts = 1.0 / np.log2(1.0 + np.arange(1, k + 1))
    ideal = np.cumsum(discounts)[np.minimum(liked, k) - 1] if len(users) else np.empty(0)
    reciprocal = np.zeros(len(users))
    np.maximum.at(reciprocal, rows, 1.0 / ranks)
    return {
        "recall": np.bincount(rows, minlength=len(users)) / liked,
        "ndcg": np.bincount(rows, 1.0 / np.log2(1.0 + ranks), len(users)) / ideal,
        "mrr": reciprocal,
    }


def popular_share(lists: pa.Table, likes: pa.Table, catalogue: Catalogue) -> np.ndarray:
    """Return the share of popular tracks in each list of a user with likes."""
    listed = lists.filter(pc.is_in(lists["user_id"], value_set=likes["user_id"].combine_chunks()))
    _, rows = np.unique(listed["user_id"].to_numpy(), return_inverse=True)
    is_popular = np.isin(listed["track_id"].to_numpy(), catalogue.popular)
    return np.bincount(rows, is_popular) / np.bincount(rows) if len(rows) else np.empty(0)


def coverage(lists: pa.Table, catalogue: Catalogue) -> float | None:
    """Return the share of the catalogue's tracks that are in some list; None for an empty catalogue."""
    found = np.isin(catalogue.track_ids, lists["track_id"].to_numpy())
    return _mean(found)


def interval(values: np.ndarray) -> Mapping[str, float | None]:
    """Return the middle 95 % of bootstrap means, seeded; None without values."""
    if not len(values):
        return {"lower": None, "upper": None}
    rng = np.random.default_rng(SEED)
    means = [values[rng.integers(0, len(values), len(values))].mean() for _ in range(RESAMPLES)]
    lower, upper = np.quantile(means, [0.025, 0.975])
    return {"lower": float(lower), "upper": float(upper)}


def _mean(values: np.ndarray) -> float | None:
    return float(values.mean()) if len(values) else None
