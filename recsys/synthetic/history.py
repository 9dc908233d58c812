"""Simulate histories: which items users discover, which they rate, and in which order.

A history is a sequence of visits to taste communities. In a visit the user meets artists; each meeting is a
session. The user rates the artist, or goes on to its albums and tracks. Some genres are rated between
sessions. No item is rated twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys.synthetic import scales
from recsys.synthetic.ragged import (
    BoolArray,
    FloatArray,
    IntArray,
    concatenate,
    first_occurrences,
    members,
    sample_within,
    take,
)
from recsys.synthetic.taste import Taste, fit
from recsys.synthetic.taxonomy import Catalogue, sample_genres
from recsys.synthetic.values import ratings_of

RATINGS_PER_BLOCK = 1_000_000  # bounds the memory that generation takes
NO_TRACK = -1


@dataclass(frozen=True)
class Ratings:
    """Hold ratings by user and then in time order; ``track`` is -1 for other items."""

    user: NDArray[np.int32]
    item: NDArray[np.int32]
    track: NDArray[np.int32]
    value: NDArray[np.uint8]


@dataclass(frozen=True)
class Encounters:
    """Hold users' meetings with artists, or their albums; ``liking`` of the artist has unit variance."""

    user: IntArray
    session: IntArray
    artist: IntArray
    liking: FloatArray


@dataclass(frozen=True)
class Events:
    """Hold ratings before they have a value: user, session, item and latent opinion."""

    user: IntArray
    session: IntArray
    item: IntArray
    track: IntArray
    opinion: FloatArray


def blocks(activity: IntArray) -> Iterator[IntArray]:
    """Return blocks of users with about ``RATINGS_PER_BLOCK`` ratings each."""
    block = np.cumsum(activity) // RATINGS_PER_BLOCK
    return iter(np.split(np.arange(len(activity)), np.flatnonzero(np.diff(block)) + 1))


def simulate(catalogue: Catalogue, taste: Taste, users: IntArray, rng: np.random.Generator) -> Ratings:
    """Simulate the histories of ``users``, each cut at the user's activity."""
    met = _encounters(catalogue, taste, users, rng)
    events = concatenate([*_music(catalogue, taste, met, rng), _genres(catalogue, taste, users, rng)])
    events = take(events, np.lexsort((events.item, events.session, events.user)))
    events = _cut(events, taste.activity)
    return Ratings(
        events.user.astype(np.int32),
        events.item.astype(np.int32),
        events.track.astype(np.int32),
        ratings_of(events.user, events.opinion, taste),
    )


def _cut(events: Events, activity: IntArray) -> Events:
    _, starts, counts = np.unique(events.user, return_index=True, return_counts=True)
    position = np.arange(len(events.user)) - np.repeat(starts, counts)
    return take(events, position < activity[events.user])


def _encounter_counts(taste: Taste, users: IntArray) -> IntArray:
    expected = taste.activity[users] / taste.habit(scales.RATINGS_PER_ENCOUNTER, users)
    return np.ceil(taste.habit(scales.SPARE_ENCOUNTERS, users) * expected).astype(np.int64) + 3


def _encounters(catalogue: Catalogue, taste: Taste, users: IntArray, rng: np.random.Generator) -> Encounters:
    """Return the first meeting of each user with each artist."""
    owner, turn = members(_encounter_counts(taste, users))
    user = users[owner]
    artist = _artists_met(catalogue, taste, user, _communities_visited(taste, turn, user, rng), rng)
    first = first_occurrences(user * len(catalogue.ids.artists) + artist)
    user, turn, artist = user[first], turn[first], artist[first]
    # Even sessions are encounters; the odd ones between them are left to genres.
    return Encounters(user, 2 * turn, artist, _liking(taste, user, artist, rng))


def _communities_visited(taste: Taste, turn: IntArray, user: IntArray, rng: np.random.Generator) -> IntArray:
    """Return the community of each turn of a user; the turns of a visit share it."""
    opens = turn % scales.ENCOUNTERS_PER_VISIT == 0
    visitor = user[opens]
    favourite = np.searchsorted(np.cumsum(scales.COMMUNITY_SHARES), rng.random(len(visitor)))
    wandering = favourite == len(scales.COMMUNITY_SHARES)
    community = taste.communities[visitor, np.where(wandering, 0, favourite)]
    anywhere = np.searchsorted(np.cumsum(taste.community_weights), rng.random(int(wandering.sum())))
    community[wandering] = np.minimum(anywhere, scales.COMMUNITIES - 1)
    return community[np.cumsum(opens) - 1]


def _artists_met(
    catalogue: Catalogue, taste: Taste, user: IntArray, community: IntArray, rng: np.random.Generator
) -> IntArray:
    """Return an artist of each community visited: by popularity among the known ones, or any at all."""
    starts = catalogue.community_starts
    explores = rng.random(len(user)) < taste.habit(scales.EXPLORATION, user)
    uniform = rng.random(len(user))
    heard_of = uniform * taste.habit(scales.KNOWN_FAME, user)
    famous = sample_within(starts, catalogue.artist_popularity, community, heard_of)
    anyone = starts[community] + (uniform * np.diff(starts)[community]).astype(np.int64)
    return np.where(explores, anyone, famous)


def _liking(taste: Taste, user: IntArray, artist: IntArray, rng: np.random.Generator) -> FloatArray:
    rest = np.sqrt(1.0 - scales.LIKING_BY_TASTE**2 - scales.LIKING_BY_QUALITY**2)
    whim = rng.normal(size=len(user))
    suits = fit(taste.user_vectors[user], taste.artist_vectors[artist])
    quality = taste.artist_quality[artist]
    return scales.LIKING_BY_TASTE * suits + scales.LIKING_BY_QUALITY * quality + rest * whim


def _music(catalogue: Catalogue, taste: Taste, met: Encounters, rng: np.random.Generator) -> list[Events]:
    """Return ratings of the artists met, and of albums and tracks where the user goes on to them."""
    dives = _goes_on(catalogue, taste, met, rng)
    rated = ~dives | (rng.random(len(dives)) < taste.habit(scales.ARTIST_RATED_IN_DIVE, met.user))
    opinion = _blend(met.liking, scales.ARTIST_LOADING, rng)
    artists = _events(met, catalogue.ids.artists[met.artist], opinion, rated)
    return [artists, *_albums(catalogue, taste, take(met, dives), rated[dives], rng)]


def _goes_on(catalogue: Catalogue, taste: Taste, met: Encounters, rng: np.random.Generator) -> BoolArray:
    has_albums = np.diff(catalogue.album_starts)[met.artist] > 0
    share = taste.habit(scales.DIVE, met.user)
    logit = np.log(share / (1.0 - share)) + scales.DIVE_LIKING * met.liking + taste.depth[met.user]
    return has_albums & (rng.random(len(logit)) < 1.0 / (1.0 + np.exp(-logit)))


def _events(met: Encounters, item: IntArray, opinion: FloatArray, rated: BoolArray) -> Events:
    events = Events(met.user, met.session, item, np.full(len(item), NO_TRACK), opinion)
    return take(events, rated)


def _blend(common: FloatArray, loading: float, rng: np.random.Generator) -> FloatArray:
    return loading * common + np.sqrt(1.0 - loading**2) * rng.normal(size=len(common))


def _picks(
    counts: IntArray, sizes: IntArray, preference: FloatArray, rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """Pick ``counts`` members per owner from lists of ``sizes``, favouring the first, without repeats.

    Return the owner of each pick and the position picked.
    """
    owner, _ = members(np.minimum(counts, sizes))
    position = (sizes[owner] * rng.random(len(owner)) ** preference[owner]).astype(np.int64)
    kept = first_occurrences(owner * (sizes.max(initial=0) + 1) + position)
    return owner[kept], position[kept]


def _albums(
    catalogue: Catalogue, taste: Taste, met: Encounters, artist_rated: BoolArray, rng: np.random.Generator
) -> list[Events]:
    sizes = np.diff(catalogue.album_starts)[met.artist]
    wanted = rng.geometric(1.0 / taste.habit(scales.ALBUMS_PER_DIVE, met.user))
    owner, position = _picks(wanted, sizes, taste.habit(scales.ALBUM_PREFERENCE, met.user), rng)
    album = catalogue.album_starts[met.artist[owner]] + position
    met, artist_rated = take(met, owner), artist_rated[owner]
    opinion = scales.ALBUM_LEVEL + _blend(met.liking, scales.ALBUM_LOADING, rng)
    has_tracks = np.diff(catalogue.track_starts)[album] > 0
    with_artist = taste.habit(scales.ALBUM_RATED_WITH_ARTIST, met.user)
    share = np.where(artist_rated, with_artist, scales.ALBUM_RATED_ALONE)
    rated = rng.random(len(album)) < np.where(has_tracks, share, scales.ALBUM_RATED_WITHOUT_TRACKS)
    albums = _events(met, catalogue.ids.albums[album], opinion, rated)
    return [albums, _tracks(catalogue, taste, take(met, has_tracks), album[has_tracks], rng)]


def _tracks(
    catalogue: Catalogue, taste: Taste, met: Encounters, album: IntArray, rng: np.random.Generator
) -> Events:
    sizes = np.diff(catalogue.track_starts)[album]
    whole = rng.random(len(album)) < taste.habit(scales.WHOLE_ALBUM, met.user)
    several = 1 + rng.geometric(1.0 / (taste.habit(scales.TRACKS_OF_WHOLE_ALBUM, met.user) - 1.0))
    hits = taste.habit(scales.HIT_PREFERENCE, met.user)
    preference = np.where(whole, scales.WHOLE_ALBUM_PREFERENCE, hits)
    owner, position = _picks(np.where(whole, several, 1), sizes, preference, rng)
    track = catalogue.track_starts[album[owner]] + position
    opinion = _track_opinions(met.liking, owner, rng)
    return Events(met.user[owner], met.session[owner], catalogue.ids.tracks[track], track, opinion)


def _track_opinions(liking: FloatArray, album: IntArray, rng: np.random.Generator) -> FloatArray:
    """Return opinions of tracks; ``album`` is the encounter with an album that each belongs to."""
    shared = rng.normal(size=len(liking))[album]
    rest = np.sqrt(1.0 - scales.TRACK_LOADING**2 - scales.TRACK_ALBUM_LOADING**2)
    own = rng.normal(size=len(album))
    return scales.TRACK_LOADING * liking[album] + scales.TRACK_ALBUM_LOADING * shared + rest * own


def _genre_counts(taste: Taste, users: IntArray, rng: np.random.Generator) -> IntArray:
    sigma = scales.GENRE_INTEREST_SIGMA
    interest = rng.lognormal(-0.5 * sigma**2, sigma, len(users))
    growth = (taste.activity[users] / scales.ACTIVITY_MEDIAN) ** scales.GENRE_GROWTH
    spare = taste.habit(scales.SPARE_ENCOUNTERS, users)  # as many are cut off as of the encounters
    return rng.poisson(spare * scales.GENRES_AT_MEDIAN * interest * growth)


def _genres(catalogue: Catalogue, taste: Taste, users: IntArray, rng: np.random.Generator) -> Events:
    """Return ratings of genres of the communities that a user visits, each in its own session."""
    counts = np.minimum(_genre_counts(taste, users, rng), 2 * len(catalogue.ids.genres))
    owner, _ = members(counts)
    user = users[owner]
    turn = (rng.random(len(owner)) * _encounter_counts(taste, users)[owner]).astype(np.int64)
    community = _communities_visited(taste, np.zeros_like(owner), user, rng)
    genre = sample_genres(catalogue.genres, community, rng.random(len(owner)), rng)
    first = first_occurrences(user * len(catalogue.ids.genres) + genre)
    user, turn, genre = user[first], turn[first], genre[first]
    home = np.searchsorted(catalogue.genres.starts, genre, side="right") - 1
    suits = fit(taste.user_vectors[user], taste.community_vectors[home])
    opinion = _blend(suits, scales.GENRE_LOADING, rng)
    no_track = np.full(len(genre), NO_TRACK)
    return Events(user, 2 * turn + 1, catalogue.ids.genres[genre], no_track, opinion)
