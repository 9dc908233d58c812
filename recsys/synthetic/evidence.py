"""What a user's history says about a candidate: the terms of the acceptance table, computed from the files."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys.synthetic.ragged import IntArray
from recsys.synthetic.reading import MISSING, DataSet

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
CONFIDENCE = 10.0  # the C of bayes(i): average ratings assumed beforehand


@dataclass(frozen=True)
class Evidence:
    """One entry a labelled candidate. Own ratings are NaN where the user gave none.

    ``siblings`` is the mean of the user's ratings of other tracks of the album, ``has_relative`` says
    whether another track of the album or the artist is rated; ``genre_own`` is the mean of the user's ratings
    of the track's genres. ``*_raw`` and ``*_prior`` are means over all users, plain and shrunk; ``genre_*``
    summarise genres of which each is the user's own rating, else such a mean.
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


class Lookup:
    """Own ratings of the users that have candidates, and the means of items over all users."""

    def __init__(self, data: DataSet) -> None:
        size = int(max(data.item.max(), data.taxonomy.track.max(), data.candidate_track.max())) + 2
        self._size = max(size, int(data.taxonomy.albums.max(initial=0)) + 2, int(data.taxonomy.artists.max(initial=0)) + 2)
        self.count = np.bincount(data.item, minlength=self._size).astype(float)
        total = np.bincount(data.item, weights=data.rating, minlength=self._size)
        self.overall = float(data.rating.mean())
        self.raw = np.where(self.count > 0, total / np.maximum(self.count, 1), self.overall)
        self.bayes = (total + CONFIDENCE * self.overall) / (self.count + CONFIDENCE)
        self.count[MISSING], self.raw[MISSING], self.bayes[MISSING] = 0.0, self.overall, self.overall
        rows = np.flatnonzero(np.isin(data.user, data.candidate_user))
        keys = data.user[rows] * self._size + data.item[rows]
        order = np.argsort(keys)
        self._keys, self._ratings = keys[order], data.rating[rows][order].astype(float)

    def own(self, user: IntArray, item: IntArray) -> FloatArray:
        """The user's rating of the item, NaN where there is none."""
        keys = user * self._size + item
        place = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return np.where((self._keys[place] == keys) & (item != MISSING), self._ratings[place], np.nan)


def gather(data: DataSet) -> Evidence:
    """The evidence on all labelled candidates."""
    lookup, taxonomy = Lookup(data), data.taxonomy
    row = _rows_of(taxonomy.track, data.candidate_track)
    album, artist = _at(taxonomy.album, row), _at(taxonomy.artist, row)
    siblings, sibling_count = _others(data, lookup, taxonomy.album, album)
    relative_count = _others(data, lookup, taxonomy.artist, artist)[1]
    owner, genre = _genres(data, row)
    own = lookup.own(data.candidate_user[owner], genre)
    raw = np.where(np.isnan(own), lookup.raw[genre], own)
    prior = np.where(np.isnan(own), lookup.bayes[genre], own)
    return Evidence(
        album=lookup.own(data.candidate_user, album),
        artist=lookup.own(data.candidate_user, artist),
        genre_own=_mean_by(owner[~np.isnan(own)], own[~np.isnan(own)], len(row), np.nan),
        siblings=siblings,
        has_relative=(sibling_count > 0) | (relative_count > 0),
        album_raw=lookup.raw[album],
        artist_raw=lookup.raw[artist],
        album_prior=lookup.bayes[album],
        artist_prior=lookup.bayes[artist],
        genre_mean_raw=_mean_by(owner, raw, len(row), lookup.overall),
        genre_max_raw=_max_by(owner, raw, len(row), lookup.overall),
        genre_mean_prior=_mean_by(owner, prior, len(row), lookup.overall),
        track_prior=lookup.bayes[data.candidate_track],
        track_count=lookup.count[data.candidate_track],
    )


def _rows_of(ids: IntArray, wanted: IntArray) -> IntArray:
    """Row numbers of ``wanted`` in ``ids``, MISSING where it is not among them."""
    order = np.argsort(ids)
    place = order[np.minimum(np.searchsorted(ids, wanted, sorter=order), len(ids) - 1)]
    return np.where(ids[place] == wanted, place, MISSING)


def _at(column: IntArray, row: IntArray) -> IntArray:
    return np.where(row == MISSING, MISSING, column[row])


def _others(data: DataSet, lookup: Lookup, group_of_track: IntArray, group: IntArray) -> tuple[FloatArray, FloatArray]:
    """Mean and number of each candidate user's ratings of other tracks with the candidate's ``group``."""
    rows = np.flatnonzero(np.isin(data.user, data.candidate_user))
    rated_group = _at(group_of_track, _rows_of(data.taxonomy.track, data.item[rows]))
    rows, rated_group = rows[rated_group != MISSING], rated_group[rated_group != MISSING]
    span = int(group_of_track.max()) + 1
    keys, member = np.unique(data.user[rows] * span + rated_group, return_inverse=True)
    place = _rows_of(keys, data.candidate_user * span + group)
    known = (place != MISSING) & (group != MISSING)
    own = lookup.own(data.candidate_user, data.candidate_track)
    count = np.where(known, np.bincount(member)[place], 0) - (known & ~np.isnan(own))
    total = np.where(known, np.bincount(member, weights=data.rating[rows])[place], 0.0) - np.where(known, np.nan_to_num(own), 0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan), count


def _genres(data: DataSet, row: IntArray) -> tuple[IntArray, IntArray]:
    """Pairs of a candidate's number and a genre of its track."""
    starts = np.searchsorted(data.taxonomy.genre_track, np.arange(len(data.taxonomy.track) + 1))
    counts = np.where(row == MISSING, 0, np.diff(starts)[row])
    owner = np.repeat(np.arange(len(row)), counts)
    position = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    return owner, data.taxonomy.genre[starts[row[owner]] + position]


def _mean_by(owner: IntArray, values: FloatArray, size: int, default: float) -> FloatArray:
    count = np.bincount(owner, minlength=size)
    return np.where(count > 0, np.bincount(owner, weights=values, minlength=size) / np.maximum(count, 1), default)


def _max_by(owner: IntArray, values: FloatArray, size: int, default: float) -> FloatArray:
    highest = np.full(size, -np.inf)
    np.maximum.at(highest, owner, values)
    return np.where(np.isfinite(highest), highest, default)
