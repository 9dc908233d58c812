"""The catalogue: communities of artists, their albums and tracks, and their genres.

The catalogue is complete at first; then fields go missing as in the real files. Users listen to the complete
one, a recommender sees the one with gaps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.synthetic import scales
from recsys.synthetic.ragged import (
    BoolArray,
    FloatArray,
    IntArray,
    allocate,
    members,
    sample_within,
    starts_of,
)
from recsys.synthetic.scales import Scale


@dataclass(frozen=True)
class Ids:
    """Map the numbers of artists, albums, tracks and genres to ids in the files' common id space."""

    artists: IntArray
    albums: IntArray
    tracks: IntArray
    genres: IntArray


@dataclass(frozen=True)
class Genres:
    """Hold genres, numbered by community and then by falling popularity."""

    starts: IntArray
    popularity: FloatArray


@dataclass(frozen=True)
class Gaps:
    """Mark the fields that the files know; False where they say ``None`` or list no genre."""

    album_artist: BoolArray
    track_album: BoolArray
    track_artist: BoolArray
    track_genres: BoolArray


@dataclass(frozen=True)
class Catalogue:
    """Hold all items; artists are numbered by community and falling popularity, albums by artist.

    Artists of community ``c`` are ``community_starts[c]`` up to ``community_starts[c + 1]``; albums of an
    artist and tracks of an album likewise. ``album_genres`` holds a row of genre numbers per album, padded
    with -1; tracks have those of their album.
    """

    ids: Ids
    community_starts: IntArray
    artist_community: IntArray
    artist_popularity: FloatArray
    album_starts: IntArray
    album_artist: IntArray
    track_starts: IntArray
    track_album: IntArray
    genres: Genres
    album_genres: IntArray
    known: Gaps


def build(scale: Scale, rng: np.random.Generator) -> Catalogue:
    """Build the catalogue of a scale."""
    community, popularity = _artists(scale, rng)
    album_counts = _albums_per_artist(scale, popularity, rng)
    album_artist, place = members(album_counts)
    track_counts = _tracks_per_album(scale, (place + 0.5) / album_counts[album_artist], rng)
    track_album, _ = members(track_counts)
    genres = _genres(scale)
    return Catalogue(
        ids=_ids(scale, rng),
        community_starts=starts_of(np.bincount(community, minlength=scales.COMMUNITIES)),
        artist_community=community,
        artist_popularity=popularity,
        album_starts=starts_of(album_counts),
        album_artist=album_artist,
        track_starts=starts_of(track_counts),
        track_album=track_album,
        genres=genres,
        album_genres=_album_genres(community, album_artist, genres, rng),
        known=_gaps(scale, track_album, rng),
    )


def _artists(scale: Scale, rng: np.random.Generator) -> tuple[IntArray, FloatArray]:
    """Draw community and popularity of each artist; the first communities are larger, none is empty."""
    sizes = allocate(scale.artists, 1.0 / np.sqrt(1.0 + np.arange(scales.COMMUNITIES)), rng)
    community, _ = members(sizes)
    rank = rng.permutation(scale.artists)
    rank = rank[np.lexsort((rank, community))]
    return community, np.power(rank + scale.fame_offset, -scales.FAME_EXPONENT)


def _albums_per_artist(scale: Scale, popularity: FloatArray, rng: np.random.Generator) -> IntArray:
    """Draw the albums per artist: popular artists have more, about a third have none."""
    standing = np.log(popularity) + rng.normal(0.0, scales.ALBUM_HOLDER_NOISE, scale.artists)
    holders = np.argsort(-standing)[: round(scales.ARTISTS_WITH_ALBUMS * scale.artists)]
    weights = np.sort(rng.lognormal(0.0, scales.ALBUM_COUNT_SIGMA, len(holders)))[::-1]
    weights = np.minimum(weights, scales.MOST_ALBUMS * weights.sum() / scale.albums)
    counts = np.zeros(scale.artists, dtype=np.int64)
    counts[holders] = allocate(scale.albums, weights, rng)
    return counts


def _tracks_per_album(scale: Scale, place: FloatArray, rng: np.random.Generator) -> IntArray:
    """Draw the tracks per album, favouring an artist's first albums; ``place`` is 0 to 1 in the artist."""
    standing = place + rng.gumbel(0.0, scales.TRACK_HOLDER_NOISE, scale.albums)
    holders = np.argsort(standing)[: round(scales.ALBUMS_WITH_TRACKS * scale.albums)]
    weights = rng.lognormal(0.0, scales.TRACK_COUNT_SIGMA, len(holders))
    counts = np.zeros(scale.albums, dtype=np.int64)
    counts[holders] = allocate(scale.tracks, weights, rng)
    return counts


def _genres(scale: Scale) -> Genres:
    """Give each community equally many genres, a few of them popular."""
    sizes = np.bincount(np.arange(scale.genres) % scales.COMMUNITIES)
    _, rank = members(sizes)
    return Genres(starts_of(sizes), np.power(rank + scales.GENRE_OFFSET, -scales.GENRE_EXPONENT))


def sample_genres(
    genres: Genres, community: IntArray, uniform: FloatArray, rng: np.random.Generator
) -> IntArray:
    """Sample a genre for each entry: mostly one of its community, else any."""
    at_home = rng.random(community.shape) < scales.GENRE_AT_HOME
    everywhere = genres.starts[[0, -1]]
    anywhere = sample_within(everywhere, genres.popularity, np.zeros_like(community), uniform)
    return np.where(at_home, sample_within(genres.starts, genres.popularity, community, uniform), anywhere)


def _album_genres(
    artist_community: IntArray, album_artist: IntArray, genres: Genres, rng: np.random.Generator
) -> IntArray:
    """Sample the genres of each album for its artist's community, the artist's own genre first."""
    shape = (len(album_artist), scales.MOST_GENRES)
    lengths = rng.geometric(1.0 / (1.0 + scales.GENRE_DRAWS), len(album_artist)) - 1
    uniform = rng.random(shape)
    uniform[:, 0] = rng.random(len(artist_community))[album_artist]
    community = np.broadcast_to(artist_community[album_artist][:, None], shape)
    lists = sample_genres(genres, community, uniform, rng)
    lists[np.arange(scales.MOST_GENRES) >= lengths[:, None]] = -1
    return _without_repeats(lists)


def _without_repeats(lists: IntArray) -> IntArray:
    """Sort rows and replace repeated members by -1."""
    ordered = np.sort(lists, axis=1)
    repeats = ordered[:, 1:] == ordered[:, :-1]
    ordered[:, 1:][repeats] = -1
    return ordered


def _gaps(scale: Scale, track_album: IntArray, rng: np.random.Generator) -> Gaps:
    """Remove fields at random, a track's artist mostly together with its album."""
    album_artist = rng.random(scale.albums) >= scales.ALBUM_ARTIST_MISSING
    in_album = rng.random(scale.tracks) >= scales.TRACK_ALBUM_MISSING
    loss = np.where(album_artist[track_album], scales.TRACK_ARTIST_MISSING, scales.TRACK_ARTIST_LOST)
    loss[~in_album] = scales.LOOSE_TRACK_ARTIST_MISSING
    artist = rng.random(scale.tracks) >= loss
    return Gaps(album_artist, in_album, artist, rng.random(scale.tracks) >= scales.TRACK_GENRES_MISSING)


def _ids(scale: Scale, rng: np.random.Generator) -> Ids:
    """Assign random ids in one id space, so that an id says nothing about its item."""
    sizes = [scale.artists, scale.albums, scale.tracks, scale.genres]
    return Ids(*np.split(rng.permutation(sum(sizes)), np.cumsum(sizes)[:-1]))
