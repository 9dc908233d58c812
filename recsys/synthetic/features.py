"""Features of candidates for the acceptance table: what a user's history says about each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.synthetic.ragged import BoolArray, FloatArray, IntArray, members, starts_of
from recsys.synthetic.reading import MISSING, DataSet

CONFIDENCE = 10.0  # the C of bayes(i): average ratings assumed beforehand


@dataclass(frozen=True)
class Features:
    """Hold one entry per labelled candidate; the user's ratings, and their means, are NaN where missing.

    ``siblings`` is the mean of the user's ratings of other tracks of the album; ``has_relative`` whether
    another track of the album or of the artist is rated; ``genre_own`` the mean of the user's ratings of the
    track's genres. ``*_raw`` and ``*_prior`` are means over all users, plain and adjusted. For genres they
    are summaries in which such a mean replaces a genre that the user did not rate.
    """

    album: FloatArray
    artist: FloatArray
    genre_own: FloatArray
    siblings: FloatArray
    has_relative: BoolArray
    album_raw: FloatArray
    artist_raw: FloatArray
    album_prior: FloatArray
    artist_prior: FloatArray
    genre_mean_raw: FloatArray
    genre_max_raw: FloatArray
    genre_mean_prior: FloatArray
    track_prior: FloatArray
    track_count: FloatArray


class Items:
    """Hold count, mean and adjusted mean of all ratings per item id; MISSING has those of an unrated item."""

    def __init__(self, data: DataSet) -> None:
        self.overall = float(data.rating.mean())
        self.count = np.bincount(data.item, minlength=data.item_span).astype(np.float64)
        total = np.bincount(data.item, weights=data.rating, minlength=data.item_span)
        self.raw = np.where(self.count > 0, total / np.maximum(self.count, 1), self.overall)
        self.bayes = (total + CONFIDENCE * self.overall) / (self.count + CONFIDENCE)


class OwnRatings:
    """Look up the ratings of users with candidates, by user and item."""

    def __init__(self, data: DataSet) -> None:
        is_tested = np.zeros(max(data.user.max(), data.candidate_user.max()) + 1, dtype=bool)
        is_tested[data.candidate_user] = True
        rows = np.flatnonzero(is_tested[data.user])
        self.user, self.item, self.rating = data.user[rows], data.item[rows], data.rating[rows]
        self._span = data.item_span
        keys = self.user * self._span + self.item
        order = np.argsort(keys)
        self._keys, self._values = keys[order], self.rating[order].astype(np.float64)

    def of(self, user: IntArray, item: IntArray) -> FloatArray:
        """Return the user's rating of the item, NaN without one."""
        keys = user * self._span + item
        place = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return np.where((self._keys[place] == keys) & (item != MISSING), self._values[place], np.nan)


def compute(data: DataSet) -> Features:
    """Return the features of all labelled candidates."""
    own, items, user = OwnRatings(data), Items(data), data.candidate_user
    row = _track_rows(data)[data.candidate_track]
    album, artist = data.taxonomy.album[row], data.taxonomy.artist[row]
    siblings, sibling_count = _others(data, own, data.taxonomy.album, album)
    _, relative_count = _others(data, own, data.taxonomy.artist, artist)
    owner, genre = _genres(data, row)
    genre_own = own.of(user[owner], genre)
    rated, size = ~np.isnan(genre_own), len(user)
    genre_raw = np.where(rated, genre_own, items.raw[genre])
    genre_prior = np.where(rated, genre_own, items.bayes[genre])
    return Features(
        album=own.of(user, album),
        artist=own.of(user, artist),
        genre_own=_mean_by(owner[rated], genre_own[rated], size, np.nan),
        siblings=siblings,
        has_relative=(sibling_count > 0) | (relative_count > 0),
        album_raw=items.raw[album],
        artist_raw=items.raw[artist],
        album_prior=items.bayes[album],
        artist_prior=items.bayes[artist],
        genre_mean_raw=_mean_by(owner, genre_raw, size, items.overall),
        genre_max_raw=_max_by(owner, genre_raw, size, items.overall),
        genre_mean_prior=_mean_by(owner, genre_prior, size, items.overall),
        track_prior=items.bayes[data.candidate_track],
        track_count=items.count[data.candidate_track],
    )


def _track_rows(data: DataSet) -> IntArray:
    """Return the row in the track file of each item id; other items have the last row, for no track."""
    rows = np.full(data.item_span, len(data.taxonomy.track) - 1)
    rows[data.taxonomy.track[:-1]] = np.arange(len(data.taxonomy.track) - 1)
    return rows


def _others(
    data: DataSet, own: OwnRatings, group_of_track: IntArray, group: IntArray
) -> tuple[FloatArray, IntArray]:
    """Return mean and number of the user's ratings of the other tracks in each candidate's ``group``."""
    user, span = data.candidate_user, data.item_span
    wanted, entry = np.unique(user * span + group, return_inverse=True)
    rated_group = group_of_track[_track_rows(data)[own.item]]
    rows = np.flatnonzero(rated_group != MISSING)
    keys = own.user[rows] * span + rated_group[rows]
    place = np.minimum(np.searchsorted(wanted, keys), len(wanted) - 1)
    rows, place = rows[wanted[place] == keys], place[wanted[place] == keys]
    itself = own.of(user, data.candidate_track)
    known = group != MISSING
    count = np.bincount(place, minlength=len(wanted))[entry] - ~np.isnan(itself)
    total = np.bincount(place, own.rating[rows], len(wanted))[entry] - np.nan_to_num(itself)
    some = known & (count > 0)
    return np.where(some, total / np.maximum(count, 1), np.nan), np.where(some, count, 0)


def _genres(data: DataSet, row: IntArray) -> tuple[IntArray, IntArray]:
    """Return pairs of a candidate's position and a genre of its track."""
    counts = np.bincount(data.taxonomy.genre_track, minlength=len(data.taxonomy.track))
    owner, position = members(counts[row])
    return owner, data.taxonomy.genre[starts_of(counts)[row[owner]] + position]


def _mean_by(owner: IntArray, values: FloatArray, size: int, default: float) -> FloatArray:
    count = np.bincount(owner, minlength=size)
    return np.where(count > 0, np.bincount(owner, values, size) / np.maximum(count, 1), default)


def _max_by(owner: IntArray, values: FloatArray, size: int, default: float) -> FloatArray:
    highest = np.full(size, -np.inf)
    np.maximum.at(highest, owner, values)
    return np.where(np.isfinite(highest), highest, default)
