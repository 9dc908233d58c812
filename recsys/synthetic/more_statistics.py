"""Further statistics of ratings and catalogue, without a tolerance.

Where a statistic depends on the size of the data set, the real one is that of the full scale.
"""

from __future__ import annotations

import numpy as np

from recsys.synthetic.ragged import BoolArray, FloatArray, IntArray
from recsys.synthetic.reading import MISSING, DataSet
from recsys.synthetic.statistic import Statistic

KINDS = ("track", "album", "artist", "genre")
USERS_OF_CORRELATIONS = 2_000  # the first candidate users: enough for two digits


def more_statistics(data: DataSet) -> list[Statistic]:
    """Return statistics of sizes, ratings, correlations within a user, popularity and taxonomy."""
    kind = _kinds(data)[data.item]
    return [
        *_users(data),
        *_ratings(data, kind),
        *_correlations(data, kind),
        *_popularity(data),
        *_taxonomy(data),
    ]


def _kinds(data: DataSet) -> IntArray:
    """Return the position in ``KINDS`` of each item id."""
    kinds = np.full(data.item_span, KINDS.index("genre"))
    for kind, ids in enumerate((data.taxonomy.track[:-1], data.taxonomy.albums, data.taxonomy.artists)):
        kinds[ids] = kind
    return kinds


def _users(data: DataSet) -> list[Statistic]:
    counts = np.bincount(data.user)
    tested = np.unique(data.candidate_user)
    quantiles = np.percentile(counts[tested[tested < len(counts)]], (5, 25, 50, 75, 95))
    counts = counts[counts > 0]
    real = (34, 103, 214, 551, 1_976)
    return [
        Statistic("ratings per user: median", 61, float(np.median(counts))),
        Statistic("ratings per user: mean", 252, float(counts.mean())),
        *(
            Statistic(f"ratings per test user: {share} %", figure, float(quantile))
            for share, figure, quantile in zip((5, 25, 50, 75, 95), real, quantiles, strict=True)
        ),
    ]


def _ratings(data: DataSet, kind: IntArray) -> list[Statistic]:
    shares = np.bincount(kind, minlength=len(KINDS)) / len(kind)
    ratings = np.bincount(data.rating, minlength=101) / len(kind)
    stars = {0: 0.29, 30: 0.085, 50: 0.11, 70: 0.105, 80: 0.05, 90: 0.29, 100: 0.04}
    return [
        *(
            Statistic(f"share of ratings of {name}s", real, float(share))
            for name, real, share in zip(KINDS, (0.439, 0.193, 0.311, 0.057), shares, strict=True)
        ),
        Statistic("mean rating", 49.8, float(data.rating.mean())),
        Statistic("share of ratings of 80 and more", 0.366, float(ratings[80:].sum())),
        *(
            Statistic(f"share of ratings of {star}", real, float(ratings[star]))
            for star, real in stars.items()
        ),
    ]


def _correlations(data: DataSet, kind: IntArray) -> list[Statistic]:
    """Return correlations between a user's ratings of related items, less the user's mean."""
    users = np.unique(data.candidate_user)[:USERS_OF_CORRELATIONS]
    rows = np.flatnonzero(np.isin(data.user, users))
    user, item, kind = data.user[rows], data.item[rows], kind[rows]
    mean = np.bincount(user, data.rating[rows]) / np.maximum(np.bincount(user), 1)
    rating = data.rating[rows] - mean[user]
    artist, album = _ancestors(data)
    pairs = (
        ("tracks of an album", 0.49, 0, album),
        ("tracks of an artist", 0.42, 0, artist),
        ("albums of an artist", 0.61, 1, artist),
    )
    upward = (
        ("track and its album", 0.41, 0, album),
        ("track and its artist", 0.42, 0, artist),
        ("album and its artist", 0.47, 1, artist),
    )
    within = [
        Statistic(
            f"correlation: {name}",
            real,
            _within_groups(user * data.item_span, group[item], rating, kind == k),
        )
        for name, real, k, group in pairs
    ]
    above = [
        Statistic(
            f"correlation: {name}",
            real,
            _with_parent(user * data.item_span, item, group[item], rating, kind == k),
        )
        for name, real, k, group in upward
    ]
    return within + above


def _ancestors(data: DataSet) -> tuple[IntArray, IntArray]:
    """Return the artist and the album of each item id, MISSING without one."""
    artist, album = np.full((2, data.item_span), MISSING)
    artist[data.taxonomy.albums] = data.taxonomy.album_artist
    artist[data.taxonomy.track[:-1]] = data.taxonomy.artist[:-1]
    album[data.taxonomy.track[:-1]] = data.taxonomy.album[:-1]
    return artist, album


def _within_groups(user_key: IntArray, group: IntArray, rating: FloatArray, chosen: BoolArray) -> float:
    """Return the correlation over all pairs of chosen ratings of a user within a group."""
    chosen = chosen & (group != MISSING)
    _, member, count = np.unique(user_key[chosen] + group[chosen], return_inverse=True, return_counts=True)
    values = rating[chosen]
    total, squares = np.bincount(member, values), np.bincount(member, values**2)
    products = (total**2 - squares).sum()
    spread = ((count - 1) * squares).sum()
    return float(products / spread) if spread > 0 else float("nan")


def _with_parent(
    user_key: IntArray, item: IntArray, parent: IntArray, rating: FloatArray, chosen: BoolArray
) -> float:
    """Return the correlation between chosen ratings and the same user's ratings of the parent items."""
    keys = user_key + item
    order = np.argsort(keys)
    wanted = (user_key + parent)[chosen & (parent != MISSING)]
    place = order[np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)]
    both = keys[place] == wanted
    own, above = rating[chosen & (parent != MISSING)][both], rating[place][both]
    return float(np.corrcoef(own, above)[0, 1]) if both.sum() > 1 else float("nan")


def _popularity(data: DataSet) -> list[Statistic]:
    raters = np.bincount(data.item)
    draws = np.sort(np.unique(data.candidate_track, return_counts=True)[1])[::-1]
    heads = ((100, 0.044), (1_000, 0.214), (5_000, 0.475), (10_000, 0.612), (20_000, 0.760))
    return [
        Statistic("raters per item: median", 10, float(np.median(raters[raters > 0]))),
        Statistic("raters per item: maximum", 23_400, float(raters.max())),
        *(
            Statistic(
                f"share of candidates: top {size:,} tracks", real, float(draws[:size].sum() / draws.sum())
            )
            for size, real in heads
        ),
        Statistic("distinct candidate tracks", 48_832, float(len(draws))),
    ]


def _taxonomy(data: DataSet) -> list[Statistic]:
    taxonomy = data.taxonomy
    genres = np.bincount(taxonomy.genre_track, minlength=len(taxonomy.track))[:-1]
    per_artist = np.unique(taxonomy.album_artist[taxonomy.album_artist != MISSING], return_counts=True)[1]
    in_album = taxonomy.album[taxonomy.album != MISSING]
    return [
        Statistic("tracks without album", 0.083, float((taxonomy.album[:-1] == MISSING).mean())),
        Statistic("tracks without artist", 0.120, float((taxonomy.listed_artist[:-1] == MISSING).mean())),
        Statistic(
            "tracks without artist after the fill", 0.084, float((taxonomy.artist[:-1] == MISSING).mean())
        ),
        Statistic("albums without artist", 0.116, float((taxonomy.album_artist == MISSING).mean())),
        Statistic("genres per track", 2.44, float(genres.mean())),
        Statistic("tracks per album with tracks", 6.6, len(in_album) / max(len(np.unique(in_album)), 1)),
        Statistic("albums per artist with albums", 3.67, float(per_artist.mean())),
    ]
