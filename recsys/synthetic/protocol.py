"""The Cup's test: three liked tracks per user against three tracks liked by others (Dror et al., 2012)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.synthetic import scales
from recsys.synthetic.history import Ratings
from recsys.synthetic.ragged import BoolArray, IntArray, first_occurrences
from recsys.synthetic.scales import Scale

POSITIVES = NEGATIVES = 3
DRAWS_PER_ROUND = 8  # negatives drawn a user before those that the protocol rejects are dropped


@dataclass(frozen=True)
class TestSet:
    """Hold the test users, ascending, each with a row of ``tracks`` and of ``labels``.

    ``is_labelled`` marks the users whose labels are published, ``is_held_out`` the ratings that leave the
    training file.
    """

    users: IntArray
    tracks: IntArray
    labels: BoolArray
    is_labelled: BoolArray
    is_held_out: BoolArray


def draw(scale: Scale, ratings: Ratings, rng: np.random.Generator) -> TestSet:
    """Draw test users, their candidates and labels from the complete histories."""
    liked = np.flatnonzero((ratings.track >= 0) & (ratings.value >= scales.LIKED))
    users = _test_users(scale, ratings.user[liked].astype(np.int64), rng)
    held_out = _positives(users, ratings.user.astype(np.int64), liked, rng)
    negatives = _negatives(users, ratings, liked, rng)
    tracks = np.hstack([ratings.track[held_out], negatives])
    labels = np.tile(np.arange(POSITIVES + NEGATIVES) < POSITIVES, (len(users), 1))
    order = rng.permuted(np.tile(np.arange(POSITIVES + NEGATIVES), (len(users), 1)), axis=1)
    is_held_out = np.zeros(len(ratings.user), dtype=bool)
    is_held_out[held_out] = True
    return TestSet(
        users=users,
        tracks=np.take_along_axis(tracks, order, axis=1),
        labels=np.take_along_axis(labels, order, axis=1),
        is_labelled=rng.permutation(len(users)) < scale.labelled_users,
        is_held_out=is_held_out,
    )


def _test_users(scale: Scale, fans: IntArray, rng: np.random.Generator) -> IntArray:
    """Draw test users among those with enough liked tracks; ``fans`` has a user once per liked track."""
    liked = np.bincount(fans, minlength=scale.users)
    eligible = np.flatnonzero(liked >= scales.FEWEST_LIKED_TRACKS)
    return np.sort(rng.choice(eligible, min(scale.test_users, len(eligible)), replace=False))


def _positives(users: IntArray, user: IntArray, liked: IntArray, rng: np.random.Generator) -> IntArray:
    """Draw three liked tracks of each test user, uniformly, and return their rows."""
    rows = liked[np.isin(user[liked], users)]
    rows = rows[np.lexsort((rng.random(len(rows)), user[rows]))]
    first = np.searchsorted(user[rows], users)
    return rows[first[:, None] + np.arange(POSITIVES)]


def _negatives(users: IntArray, ratings: Ratings, liked: IntArray, rng: np.random.Generator) -> IntArray:
    """Draw three tracks per test user, each from the likes of all users, that the user has not rated."""
    span = int(ratings.track.max()) + 1
    rows = np.flatnonzero((ratings.track >= 0) & np.isin(ratings.user, users))
    known = np.sort(ratings.user[rows].astype(np.int64) * span + ratings.track[rows])
    fans_tracks = ratings.track[liked].astype(np.int64)
    chosen = np.full((len(users), NEGATIVES), -1)
    missing = np.arange(len(users))
    while len(missing):
        drawn = fans_tracks[rng.integers(len(fans_tracks), size=(len(missing), DRAWS_PER_ROUND))]
        chosen[missing] = _first_unrated(users[missing], drawn, known, span)
        missing = np.flatnonzero(chosen[:, -1] < 0)
    return chosen


def _first_unrated(users: IntArray, drawn: IntArray, known: IntArray, span: int) -> IntArray:
    """Return the first three distinct unrated tracks of each row of ``drawn``, then -1."""
    keys = (users[:, None] * span + drawn).ravel()
    place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    usable = np.zeros(len(keys), dtype=bool)
    usable[first_occurrences(keys)] = True
    usable &= known[place] != keys
    rows = usable.reshape(drawn.shape)
    order = np.argsort(~rows, axis=1, kind="stable")[:, :NEGATIVES]
    return np.where(np.take_along_axis(rows, order, axis=1), np.take_along_axis(drawn, order, axis=1), -1)
