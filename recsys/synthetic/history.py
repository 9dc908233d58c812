"""Exposure: whom a user meets, what gets rated, and in which order.

A history is a sequence of visits to a taste community. In a visit the user meets artists; each meeting is a
session: the artist may be rated by name alone, or the user dives into albums and tracks of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.synthetic import scales
from recsys.synthetic.ragged import IntArray, first_occurrences, spread
from recsys.synthetic.taste import Taste, fit
from recsys.synthetic.taxonomy import Catalogue, draw_genres, draw_within
from recsys.synthetic.values import ratings_of

FloatArray = NDArray[np.float64]
RATINGS_PER_CHUNK = 1_000_000  # bounds the memory that generation takes


@dataclass(frozen=True)
class Events:
    """Ratings before they have a value: who, in which session, which item, and the latent opinion of it."""

    user: IntArray
    session: IntArray
    item: IntArray
    track: IntArray  # track number, -1 for other items
    opinion: FloatArray


@dataclass(frozen=True)
class Ratings:
    """Finished ratings of a run of users, by user and then in time order."""

    user: IntArray
    item: IntArray
    track: IntArray
    value: NDArray[np.uint8]


@dataclass(frozen=True)
class Encounters:
    """Sessions: a user meets an artist. ``liking`` is the latent liking, with unit variance."""

    user: IntArray
    session: IntArray
    artist: IntArray
    liking: FloatArray


def columns(ratings: Ratings) -> tuple[NDArray[Any], ...]:
    """The columns of ratings, in the order of the fields."""
    return ratings.user, ratings.item, ratings.track, ratings.value


def chunks(activity: IntArray) -> Iterator[tuple[int, int]]:
    """Ranges of users with about ``RATINGS_PER_CHUNK`` ratings together."""
    block = np.cumsum(activity) // RATINGS_PER_CHUNK
    edges = np.flatnonzero(np.diff(block)) + 1
    bounds = [0, *edges.tolist(), len(activity)]
    yield from zip(bounds[:-1], bounds[1:], strict=True)


def simulate(catalogue: Catalogue, taste: Taste, users: IntArray, rng: np.random.Generator) -> Ratings:
    """The histories of ``users``, each cut where the user's activity ends."""
    encounters = _encounters(catalogue, taste, users, rng)
    events = _joined(
        [
            *_dives(catalogue, taste, encounters, rng),
            _genre_events(catalogue, taste, users, rng),
        ]
    )
    events = _cut(_in_time_order(events), taste.activity)
    return Ratings(
        events.user.astype(np.int32),
        events.item.astype(np.int32),
        events.track.astype(np.int32),
        ratings_of(events.user, events.opinion, taste),
    )


def _lerp(ends: tuple[float, float], taste: Taste, users: IntArray) -> FloatArray:
    """A habit that changes with activity, from its value for the lightest users to the heaviest."""
    return ends[0] + (ends[1] - ends[0]) * taste.heaviness[users]


def _encounter_counts(taste: Taste, users: IntArray) -> IntArray:
    needed = taste.activity[users] / _lerp(scales.RATINGS_PER_ENCOUNTER, taste, users)
    return np.ceil(_lerp(scales.SPARE_ENCOUNTERS, taste, users) * needed).astype(np.int64) + 3


def _encounters(catalogue: Catalogue, taste: Taste, users: IntArray, rng: np.random.Generator) -> Encounters:
    owner, session = spread(_encounter_counts(taste, users))
    user = users[owner]
    community = _visited(taste, session, user, rng)
    explores = rng.random(len(user)) < _lerp(scales.EXPLORATION, taste, user)
    uniform = rng.random(len(user))
    heard_of = _lerp(scales.KNOWN_FAME, taste, user)
    famous = draw_within(catalogue.community_starts, catalogue.artist_popularity, community, uniform * heard_of)
    size = np.diff(catalogue.community_starts)[community]
    anyone = catalogue.community_starts[community] + (uniform * size).astype(np.int64)
    artist = np.where(explores, anyone, famous)
    met = first_occurrences(user * len(catalogue.artist_ids) + artist)
    user, session, artist = user[met], session[met], artist[met]
    return Encounters(user, 2 * session, artist, _liking(taste, user, artist, rng))


def _visited(
    taste: Taste, session: IntArray, user: IntArray, rng: np.random.Generator
) -> IntArray:
    """The community of each session: the sessions of one visit share it."""
    opens = session % scales.ENCOUNTERS_PER_VISIT == 0
    visitor = user[opens]
    favourite = np.searchsorted(np.cumsum(scales.COMMUNITY_SHARES), rng.random(len(visitor)))
    wandering = favourite == len(scales.COMMUNITY_SHARES)
    community = taste.communities[visitor, np.where(wandering, 0, favourite)]
    anywhere = np.searchsorted(np.cumsum(taste.community_weights), rng.random(int(wandering.sum())))
    community[wandering] = np.minimum(anywhere, scales.COMMUNITIES - 1)
    return community[np.cumsum(opens) - 1]


def _liking(taste: Taste, user: IntArray, artist: IntArray, rng: np.random.Generator) -> FloatArray:
    by_taste, by_quality = scales.LIKING
    rest = np.sqrt(1.0 - by_taste**2 - by_quality**2)
    noise = rng.normal(size=len(user))
    suits = fit(taste.user_vectors[user], taste.artist_vectors[artist])
    return by_taste * suits + by_quality * taste.artist_quality[artist] + rest * noise


def _dives(catalogue: Catalogue, taste: Taste, met: Encounters, rng: np.random.Generator) -> list[Events]:
    """Ratings of the artists met, and of albums and tracks where the user goes on to them."""
    has_albums = np.diff(catalogue.album_starts)[met.artist] > 0
    share = _lerp(scales.DIVE, taste, met.user)
    logit = np.log(share / (1.0 - share)) + scales.DIVE_LIKING * met.liking + taste.depth[met.user]
    dives = has_albums & (rng.random(len(logit)) < 1.0 / (1.0 + np.exp(-logit)))
    rated = ~dives | (rng.random(len(dives)) < _lerp(scales.ARTIST_RATED_IN_DIVE, taste, met.user))
    artist_opinion = _blend(met.liking, scales.ARTIST_LOADING, rng)
    artists = _events(met, rated, catalogue.artist_ids[met.artist], artist_opinion)
    return [artists, *_album_events(catalogue, taste, _subset(met, dives), rated[dives], rng)]


def _subset(met: Encounters, keep: NDArray[np.bool_] | IntArray) -> Encounters:
    return Encounters(met.user[keep], met.session[keep], met.artist[keep], met.liking[keep])


def _events(met: Encounters, keep: NDArray[np.bool_], item: IntArray, opinion: FloatArray) -> Events:
    none = np.full(int(keep.sum()), -1)
    return Events(met.user[keep], met.session[keep], item[keep], none, opinion[keep])


def _blend(common: FloatArray, loading: float, rng: np.random.Generator) -> FloatArray:
    return loading * common + np.sqrt(1.0 - loading**2) * rng.normal(size=len(common))


def _picks(
    counts: IntArray, sizes: IntArray, preference: FloatArray, rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """``counts`` draws an owner from lists of ``sizes``, early members preferred, repeats removed.

    Returns the owner of each pick and the position picked.
    """
    owner = spread(np.minimum(counts, sizes))[0]
    position = (sizes[owner] * rng.random(len(owner)) ** preference[owner]).astype(np.int64)
    kept = first_occurrences(owner * (sizes.max(initial=0) + 1) + position)
    return owner[kept], position[kept]


def _album_events(
    catalogue: Catalogue, taste: Taste, met: Encounters, artist_rated: NDArray[np.bool_], rng: np.random.Generator
) -> list[Events]:
    sizes = np.diff(catalogue.album_starts)[met.artist]
    wanted = rng.geometric(1.0 / _lerp(scales.ALBUMS_PER_DIVE, taste, met.user))
    owner, position = _picks(wanted, sizes, _lerp(scales.ALBUM_FRONT_LOADING, taste, met.user), rng)
    album = catalogue.album_starts[met.artist[owner]] + position
    met = _subset(met, owner)
    opinion = scales.ALBUM_LEVEL + _blend(met.liking, scales.ALBUM_LOADING, rng)
    has_tracks = np.diff(catalogue.track_starts)[album] > 0
    share = np.where(artist_rated[owner], _lerp(scales.ALBUM_RATED_WITH_ARTIST, taste, met.user), scales.ALBUM_RATED_ALONE)
    rated = rng.random(len(album)) < np.where(has_tracks, share, scales.ALBUM_RATED_WITHOUT_TRACKS)
    albums = _events(met, rated, catalogue.album_ids[album], opinion)
    return [albums, _track_events(catalogue, taste, _subset(met, has_tracks), album[has_tracks], rng)]


def _track_events(
    catalogue: Catalogue, taste: Taste, met: Encounters, album: IntArray, rng: np.random.Generator
) -> Events:
    sizes = np.diff(catalogue.track_starts)[album]
    whole = rng.random(len(album)) < _lerp(scales.WHOLE_ALBUM, taste, met.user)
    wanted = np.where(whole, 1 + rng.geometric(1.0 / (_lerp(scales.TRACKS_OF_WHOLE_ALBUM, taste, met.user) - 1.0)), 1)
    hits = np.where(whole, scales.WHOLE_ALBUM_FRONT_LOADING, _lerp(scales.TRACK_FRONT_LOADING, taste, met.user))
    owner, position = _picks(wanted, sizes, hits, rng)
    track = catalogue.track_starts[album[owner]] + position
    mood = rng.normal(size=len(album))[owner]
    own = np.sqrt(1.0 - scales.TRACK_LOADING**2 - scales.TRACK_OPINION**2)
    opinion = (
        scales.TRACK_LOADING * met.liking[owner]
        + scales.TRACK_OPINION * mood
        + own * rng.normal(size=len(owner))
    )
    return Events(met.user[owner], met.session[owner], catalogue.track_ids[track], track, opinion)


def _genre_events(catalogue: Catalogue, taste: Taste, users: IntArray, rng: np.random.Generator) -> Events:
    interest = rng.lognormal(-0.5 * scales.GENRE_SPREAD**2, scales.GENRE_SPREAD, len(users))
    growth = (taste.activity[users] / scales.ACTIVITY_MEDIAN) ** scales.GENRE_GROWTH
    counts = rng.poisson(_lerp(scales.SPARE_ENCOUNTERS, taste, users) * scales.GENRES_AT_MEDIAN * interest * growth)
    owner = spread(np.minimum(counts, 2 * len(catalogue.genre_ids)))[0]
    user = users[owner]
    session = 2 * (rng.random(len(owner)) * _encounter_counts(taste, users)[owner]).astype(np.int64) + 1
    community = _visited(taste, np.zeros(len(owner), dtype=np.int64), user, rng)
    genre = draw_genres(catalogue.genre_starts, catalogue.genre_popularity, community, rng.random(len(owner)), rng)
    kept = first_occurrences(user * len(catalogue.genre_ids) + genre)
    user, session, genre = user[kept], session[kept], genre[kept]
    home = np.searchsorted(catalogue.genre_starts, genre, side="right") - 1
    suits = fit(taste.user_vectors[user], taste.community_vectors[home])
    opinion = _blend(suits, scales.GENRE_LIKING, rng)
    return Events(user, session, catalogue.genre_ids[genre], np.full(len(genre), -1), opinion)


def _joined(parts: list[Events]) -> Events:
    return Events(
        np.concatenate([part.user for part in parts]),
        np.concatenate([part.session for part in parts]),
        np.concatenate([part.item for part in parts]),
        np.concatenate([part.track for part in parts]),
        np.concatenate([part.opinion for part in parts]),
    )


def _taken(events: Events, keep: NDArray[np.bool_] | IntArray) -> Events:
    return Events(
        events.user[keep], events.session[keep], events.item[keep], events.track[keep], events.opinion[keep]
    )


def _in_time_order(events: Events) -> Events:
    return _taken(events, np.lexsort((events.item, events.session, events.user)))


def _cut(events: Events, activity: IntArray) -> Events:
    _, starts, counts = np.unique(events.user, return_index=True, return_counts=True)
    position = np.arange(len(events.user)) - np.repeat(starts, counts)
    return _taken(events, position < activity[events.user])
