"""The heuristic recommender once more, in plain Python: what the SQL models must agree with.

It is written for reading: a level of the hierarchy at a time, a dictionary where SQL has a relation, and
exact fractions up to the last step, so that a difference is an error of the other side. Plain Python data
comes in as a `Dataset`; floats come out, None standing for NULL.

Where the definitions leave room, it reads them so: every rating counts in the overall mean, also of an item
that no file lists, and with no ratings at all the mean is the middle of the scale; an album that the album
file lacks is still an album, with siblings and a prior; a candidate that no track file lists belongs to
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

MIDDLE_OF_SCALE = Fraction(50)


class Track(NamedTuple):
    """A line of the track file; ``genres`` as listed, repetitions included."""

    album: int | None = None
    artist: int | None = None
    genres: tuple[int, ...] = ()


class Album(NamedTuple):
    """A line of the album file."""

    artist: int | None = None
    genres: tuple[int, ...] = ()


@dataclass(frozen=True)
class Dataset:
    """A data directory as Python data.

    ``ratings`` maps (user, item) to 0..100 and ``candidates`` lists (user, track) with an even number per
    user, both in file order and the rows of a user side by side. ``labels`` and ``truth`` map candidates to 0
    or 1.
    """

    tracks: Mapping[int, Track]
    albums: Mapping[int, Album]
    artists: Sequence[int]
    genres: Sequence[int]
    ratings: Mapping[tuple[int, int], int]
    candidates: Sequence[tuple[int, int]]
    labels: Mapping[tuple[int, int], int] = field(default_factory=dict)
    truth: Mapping[tuple[int, int], int] = field(default_factory=dict)


class Lineage(NamedTuple):
    """What a track belongs to once the gaps are filled from its album; ``genres`` distinct, ascending."""

    album: int | None
    artist: int | None
    genres: tuple[int, ...]


def lineage(dataset: Dataset, track_id: int) -> Lineage:
    """The filled lineage of a track; a track that no file lists belongs to nothing."""
    track = dataset.tracks.get(track_id, Track())
    album = Album() if track.album is None else dataset.albums.get(track.album, Album())
    artist = album.artist if track.artist is None else track.artist
    return Lineage(track.album, artist, tuple(sorted(set(track.genres or album.genres))))


def mean(values: Iterable[Fraction | int]) -> Fraction:
    """The arithmetic mean of at least one value."""
    listed = list(values)
    return Fraction(sum(listed)) / len(listed)


class Prior(NamedTuple):
    """What everybody's ratings say of one item: their number, their mean, and that mean shrunk."""

    rating_count: int
    raw: Fraction
    bayes: Fraction


@dataclass(frozen=True)
class Evidence:
    """A data set with the number of average ratings that the Bayesian mean assumes beforehand."""

    dataset: Dataset
    confidence: Fraction

    @cached_property
    def overall(self) -> Fraction:
        """M: the mean of all ratings, whatever item they are of."""
        ratings = self.dataset.ratings
        return mean(ratings.values()) if ratings else MIDDLE_OF_SCALE

    @cached_property
    def priors(self) -> dict[int, Prior]:
        """A prior per rated item."""
        by_item: dict[int, list[int]] = {}
        for (_, item), rating in self.dataset.ratings.items():
            by_item.setdefault(item, []).append(rating)
        return {item: self.prior(ratings) for item, ratings in by_item.items()}

    def prior(self, ratings: Sequence[int]) -> Prior:
        """The Bayesian mean (N r + C M) / (N + C) of an item's N ratings of mean r."""
        shrunk = (sum(ratings) + self.confidence * self.overall) / (len(ratings) + self.confidence)
        return Prior(len(ratings), mean(ratings), shrunk)

    @cached_property
    def tracks_of(self) -> dict[int, list[int]]:
        """The tracks that name an album, whether or not the album file lists it."""
        found: dict[int, list[int]] = {}
        for track_id, track in self.dataset.tracks.items():
            if track.album is not None:
                found.setdefault(track.album, []).append(track_id)
        return found

    def own(self, user: int, item: int | None) -> Fraction | None:
        """The user's own rating of the item."""
        rating = None if item is None else self.dataset.ratings.get((user, item))
        return None if rating is None else Fraction(rating)

    def raw(self, item: int | None) -> Fraction | None:
        """The mean rating of an item, None if it has no ratings."""
        return self.priors[item].raw if item in self.priors else None

    def bayes(self, item: int | None) -> Fraction | None:
        """The Bayesian mean of an item, None if it has no ratings."""
        return self.priors[item].bayes if item in self.priors else None

    def siblings(self, user: int, track_id: int, album: int | None) -> list[Fraction]:
        """The user's ratings of the album's other tracks."""
        tracks = [] if album is None else self.tracks_of.get(album, [])
        ratings = [self.own(user, other) for other in tracks if other != track_id]
        return [rating for rating in ratings if rating is not None]


def first_of(*sources: tuple[str, Fraction | None]) -> tuple[str, Fraction]:
    """The first source that has a value, with its name."""
    return next((name, value) for name, value in sources if value is not None)


def album_level(evidence: Evidence, user: int, track_id: int, album: int | None) -> dict[str, Any]:
    """The columns that come from the candidate's album and the other tracks on it."""
    direct, siblings = evidence.own(user, album), evidence.siblings(user, track_id, album)
    sibling_mean = mean(siblings) if siblings else None
    overall = ("global", evidence.overall)
    source, score = first_of(
        ("direct", direct), ("sibling", sibling_mean), ("prior", evidence.bayes(album)), overall
    )
    return {
        "album_direct": direct,
        "sibling_mean": sibling_mean,
        "sibling_count": len(siblings),
        "album_score": score,
        "album_source": source,
        "album_score_flat": first_of(("direct", direct), ("raw", evidence.raw(album)), overall)[1],
    }


def artist_level(evidence: Evidence, user: int, artist: int | None) -> dict[str, Any]:
    """The columns that come from the candidate's artist."""
    direct, overall = evidence.own(user, artist), ("global", evidence.overall)
    source, score = first_of(("direct", direct), ("prior", evidence.bayes(artist)), overall)
    return {
        "artist_direct": direct,
        "artist_score": score,
        "artist_source": source,
        "artist_score_flat": first_of(("direct", direct), ("raw", evidence.raw(artist)), overall)[1],
    }


def genre_level(evidence: Evidence, user: int, genres: Sequence[int]) -> dict[str, Any]:
    """The columns that come from the candidate's genres; without a genre, the overall mean stands for one."""
    overall = ("global", evidence.overall)
    direct = {genre: evidence.own(user, genre) for genre in genres}
    rated = [rating for rating in direct.values() if rating is not None]
    scores = [first_of(("direct", direct[g]), ("prior", evidence.bayes(g)), overall)[1] for g in genres]
    flat = [first_of(("direct", direct[g]), ("raw", evidence.raw(g)), overall)[1] for g in genres]
    scores, flat = scores or [evidence.overall], flat or [evidence.overall]
    centre = mean(scores)
    return {
        "genre_count": len(genres),
        "genre_rated": len(rated),
        "genre_direct": mean(rated) if rated else None,
        "genre_max": max(scores),
        "genre_min": min(scores),
        "genre_mean": centre,
        "genre_var": mean((score - centre) ** 2 for score in scores),
        "genre_max_flat": max(flat),
        "genre_mean_flat": mean(flat),
    }


def exact_features(dataset: Dataset, confidence: float) -> list[dict[str, Any]]:
    """The rows of `features`, their numbers still fractions."""
    evidence = Evidence(dataset, Fraction(confidence))
    return [candidate_features(evidence, user, track_id) for user, track_id in dataset.candidates]


def candidate_features(evidence: Evidence, user: int, track_id: int) -> dict[str, Any]:
    """One candidate's row, columns named as in ``features.candidates``."""
    album, artist, genres = lineage(evidence.dataset, track_id)
    prior = evidence.bayes(track_id)
    return {
        "user_id": user,
        "track_id": track_id,
        "album_id": album,
        "artist_id": artist,
        **album_level(evidence, user, track_id, album),
        **artist_level(evidence, user, artist),
        **genre_level(evidence, user, genres),
        "track_prior": evidence.overall if prior is None else prior,
    }


def features(dataset: Dataset, confidence: float = 10) -> list[dict[str, Any]]:
    """A row per candidate, in the order of the candidates, its columns those of ``features.candidates``."""
    return [
        {name: float(value) if isinstance(value, Fraction) else value for name, value in row.items()}
        for row in exact_features(dataset, confidence)
    ]


WEIGHTS = {
    "weighted_average": {"album_score_flat": 4, "artist_score_flat": 3, "genre_mean_flat": 3},
    "max_genre": {"genre_max_flat": 7, "artist_score_flat": 2, "album_score_flat": 1},
    "weighted_average_bayes": {"album_score": 4, "artist_score": 3, "genre_mean": 3},
    "max_genre_bayes": {"genre_max": 7, "artist_score": 2, "album_score": 1},
}
"""Tenths that each column has in a score."""


def weighted_mean(row: Mapping[str, Any], weights: Mapping[str, int]) -> Fraction:
    """The mean of some columns of a row, by weight."""
    total = sum(row[column] * weight for column, weight in weights.items())
    return Fraction(total) / sum(weights.values())


def adaptive(row: Mapping[str, Any]) -> Fraction:
    """The mean over the levels that the user rated; over all levels for a user who rated none of them."""
    rated = {}
    if row["album_source"] in ("direct", "sibling"):
        rated["album_score"] = 5
    if row["artist_direct"] is not None:
        rated["artist_direct"] = 3
    if row["genre_direct"] is not None:
        rated["genre_direct"] = 2
    return weighted_mean(row, rated or {"album_score": 5, "artist_score": 3, "genre_mean": 2})


def scores(dataset: Dataset, confidence: float = 10) -> dict[str, list[float]]:
    """The scores of the five heuristics, each a list in the order of the candidates."""
    rows = exact_features(dataset, confidence)
    found = {model: [weighted_mean(row, weights) for row in rows] for model, weights in WEIGHTS.items()}
    found["adaptive"] = [adaptive(row) for row in rows]
    return {model: [float(score) for score in column] for model, column in found.items()}


def ranks(
    candidates: Sequence[tuple[int, int]], scores: Sequence[float], track_priors: Sequence[float]
) -> list[int]:
    """The rank of each candidate within its user, from 1: best score, then best prior, then lowest id.

    Scores that are equal as fractions may differ in the last digit as floats, so compare an implementation's
    ranks with the ranks of that implementation's own scores and priors.
    """
    best_first = sorted(
        (user, -score, -prior, track_id, place)
        for place, ((user, track_id), score, prior) in enumerate(
            zip(candidates, scores, track_priors, strict=True)
        )
    )
    found, seen = [0] * len(candidates), dict.fromkeys((user for user, _ in candidates), 0)
    for user, *_, place in best_first:
        seen[user] += 1
        found[place] = seen[user]
    return found


def predicted(candidates: Sequence[tuple[int, int]], ranks: Sequence[int]) -> list[int]:
    """1 for the first half of each user's candidates, 0 for the rest."""
    users = [user for user, _ in candidates]
    return [int(2 * rank <= users.count(user)) for user, rank in zip(users, ranks, strict=True)]


def accuracy(
    candidates: Sequence[tuple[int, int]], predicted: Sequence[int], labels: Mapping[tuple[int, int], int]
) -> float:
    """The share of the labelled candidates that are predicted right; at least one must be labelled."""
    by_candidate = dict(zip(candidates, predicted, strict=True))
    return sum(by_candidate[candidate] == label for candidate, label in labels.items()) / len(labels)
