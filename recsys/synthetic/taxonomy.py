"""The catalogue: communities of artists, their albums and tracks, and the genres that follow from them.

The catalogue is complete first; then fields go missing as they do in the real files. People listen to the
complete one, a recommender sees the one with gaps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys.synthetic import scales
from recsys.synthetic.ragged import IntArray, shares_out, spread
from recsys.synthetic.scales import Scale

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Catalogue:
    """All items. Artists are numbered by falling popularity within a community, albums by artist, tracks by album.

    The ``*_ids`` arrays translate numbers to the shared id space of the files. Albums of artist ``a`` are
    ``album_starts[a]`` up to ``album_starts[a + 1]``; tracks of an album and genres of a community likewise.
    ``*_known`` is False where the files say ``None``; ``genre_lists`` holds a row of genre numbers an album,
    padded with -1.
    """

    artist_ids: IntArray
    album_ids: IntArray
    track_ids: IntArray
    genre_ids: IntArray
    community_starts: IntArray
    artist_community: IntArray
    artist_popularity: FloatArray
    album_starts: IntArray
    album_artist: IntArray
    track_starts: IntArray
    track_album: IntArray
    genre_starts: IntArray
    genre_popularity: FloatArray
    genre_lists: IntArray
    album_artist_known: BoolArray
    track_album_known: BoolArray
    track_artist_known: BoolArray
    track_genres_known: BoolArray


def build(scale: Scale, rng: np.random.Generator) -> Catalogue:
    """The catalogue of a scale: the same generator state gives the same catalogue."""
    artist_community, artist_popularity = _artists(scale, rng)
    album_counts = _albums_per_artist(scale, artist_popularity, rng)
    album_artist, album_position = spread(album_counts)
    track_counts = _tracks_per_album(scale, (album_position + 0.5) / album_counts[album_artist], rng)
    track_album = spread(track_counts)[0]
    genre_community, genre_popularity = _genres(scale)
    genre_starts = _starts(np.bincount(genre_community, minlength=scales.COMMUNITIES))
    album_known = rng.random(scale.albums) >= scales.ALBUM_ARTIST_MISSING
    track_album_known = rng.random(scale.tracks) >= scales.TRACK_ALBUM_MISSING
    loss = np.where(album_known[track_album], scales.TRACK_ARTIST_MISSING, scales.TRACK_ARTIST_LOST)
    loss[~track_album_known] = scales.LOOSE_TRACK_ARTIST_MISSING
    ids = np.split(
        rng.permutation(scale.artists + scale.albums + scale.tracks + scale.genres),
        np.cumsum([scale.artists, scale.albums, scale.tracks]),
    )
    return Catalogue(
        *ids,
        community_starts=_starts(np.bincount(artist_community, minlength=scales.COMMUNITIES)),
        artist_community=artist_community,
        artist_popularity=artist_popularity,
        album_starts=_starts(album_counts),
        album_artist=album_artist,
        track_starts=_starts(track_counts),
        track_album=track_album,
        genre_starts=genre_starts,
        genre_popularity=genre_popularity,
        genre_lists=_genre_lists(artist_community, album_artist, genre_starts, genre_popularity, rng),
        album_artist_known=album_known,
        track_album_known=track_album_known,
        track_artist_known=rng.random(scale.tracks) >= loss,
        track_genres_known=rng.random(scale.tracks) >= scales.TRACK_GENRES_MISSING,
    )


def _starts(counts: IntArray) -> IntArray:
    return np.concatenate([[0], np.cumsum(counts)])


def _communities(count: int, rng: np.random.Generator) -> IntArray:
    """A community for each of ``count`` things, none left empty, the first communities being larger."""
    sizes = shares_out(count, 1.0 / np.sqrt(1.0 + np.arange(scales.COMMUNITIES)), rng)
    return np.repeat(np.arange(scales.COMMUNITIES), sizes)


def _artists(scale: Scale, rng: np.random.Generator) -> tuple[IntArray, FloatArray]:
    community = _communities(scale.artists, rng)
    rank = rng.permutation(scale.artists)
    order = np.lexsort((rank, community))
    return community, (rank[order] + scale.fame_offset) ** -scales.POPULARITY_EXPONENT


def _genres(scale: Scale) -> tuple[IntArray, FloatArray]:
    """Communities have equally many genres each, of which a few are popular."""
    community = np.sort(np.arange(scale.genres) % scales.COMMUNITIES)
    position = spread(np.bincount(community))[1]
    return community, (position + scales.GENRE_OFFSET) ** -scales.GENRE_EXPONENT


def _albums_per_artist(scale: Scale, popularity: FloatArray, rng: np.random.Generator) -> IntArray:
    """Popular artists have more albums; about a third of the artists, mostly obscure ones, have none."""
    standing = np.log(popularity) + rng.normal(0.0, 0.5, scale.artists)
    holders = np.argsort(-standing)[: round(scales.ARTISTS_WITH_ALBUMS * scale.artists)]
    weights = np.sort(rng.lognormal(0.0, scales.ALBUM_COUNT_SIGMA, len(holders)))[::-1]
    weights = np.minimum(weights, scales.MOST_ALBUMS * weights.sum() / scale.albums)
    counts = np.zeros(scale.artists, dtype=np.int64)
    counts[holders] = shares_out(scale.albums, weights, rng)
    return counts


def _tracks_per_album(scale: Scale, position: FloatArray, rng: np.random.Generator) -> IntArray:
    """An artist's first albums are the likelier ones to hold tracks; ``position`` is 0 to 1 within the artist."""
    standing = position + rng.gumbel(0.0, scales.ALBUM_ORDER_NOISE, scale.albums)
    holders = np.argsort(standing)[: round(scales.ALBUMS_WITH_TRACKS * scale.albums)]
    weights = rng.lognormal(0.0, scales.TRACK_COUNT_SIGMA, len(holders))
    counts = np.zeros(scale.albums, dtype=np.int64)
    counts[holders] = shares_out(scale.tracks, weights, rng)
    return counts


def _genre_lists(
    artist_community: IntArray,
    album_artist: IntArray,
    genre_starts: IntArray,
    genre_popularity: FloatArray,
    rng: np.random.Generator,
) -> IntArray:
    """The genres of each album, drawn from its artist's community; the artist's own genre comes first."""
    community = artist_community[album_artist]
    lengths = np.minimum(rng.geometric(1.0 / (1.0 + scales.GENRE_COUNT_MEAN), len(album_artist)) - 1, scales.MOST_GENRES)
    draws = rng.random((len(album_artist), scales.MOST_GENRES))
    draws[:, 0] = rng.random(len(artist_community))[album_artist]
    genres = draw_genres(genre_starts, genre_popularity, np.repeat(community[:, None], scales.MOST_GENRES, axis=1), draws, rng)
    genres[np.arange(scales.MOST_GENRES) >= lengths[:, None]] = -1
    return _without_repeats(genres)


def _without_repeats(lists: IntArray) -> IntArray:
    """Rows sorted, with repeated members replaced by -1."""
    ordered = np.sort(lists, axis=1)
    ordered[:, 1:][ordered[:, 1:] == ordered[:, :-1]] = -1
    return ordered


def draw_within(starts: IntArray, weights: FloatArray, group: IntArray, uniform: FloatArray) -> IntArray:
    """A member of each ``group``, in proportion to its weight, picked by a uniform number in [0, 1)."""
    cumulative = np.concatenate([[0.0], np.cumsum(weights)])
    low, high = cumulative[starts[group]], cumulative[starts[group + 1]]
    member = np.searchsorted(cumulative, low + uniform * (high - low), side="right") - 1
    return np.clip(member, starts[group], starts[group + 1] - 1)


def draw_genres(
    starts: IntArray, popularity: FloatArray, community: IntArray, uniform: FloatArray, rng: np.random.Generator
) -> IntArray:
    """Genres of the communities, mixed with genres of any community."""
    at_home = rng.random(community.shape) < scales.GENRE_AT_HOME
    everywhere = np.array([0, starts[-1]])
    anywhere = draw_within(everywhere, popularity, np.zeros_like(community), uniform)
    return np.where(at_home, draw_within(starts, popularity, community, uniform), anywhere)
