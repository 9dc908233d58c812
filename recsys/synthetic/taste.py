"""Users: how much they rate, which communities they visit, what they like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.synthetic import scales
from recsys.synthetic.ragged import FloatArray, IntArray
from recsys.synthetic.scales import Habit, Scale
from recsys.synthetic.taxonomy import Catalogue


@dataclass(frozen=True)
class Taste:
    """Hold the users, and the latent space that they share with the artists.

    ``activity`` is the number of ratings that a user would give, ``heaviness`` the same on a logarithmic
    scale from 0 (the fewest) to 1 (``HEAVIEST`` and more). ``communities`` are a user's first, second and
    third one. ``leniency`` raises all ratings of a user, ``depth`` the odds of going on to albums.
    """

    activity: IntArray
    heaviness: FloatArray
    communities: IntArray
    leniency: FloatArray
    depth: FloatArray
    user_vectors: FloatArray
    artist_vectors: FloatArray
    community_vectors: FloatArray
    artist_quality: FloatArray
    community_weights: FloatArray

    def habit(self, ends: Habit, users: IntArray) -> FloatArray:
        """Interpolate a habit of ``users`` between the lightest and the heaviest."""
        return ends[0] + (ends[1] - ends[0]) * self.heaviness[users]


def draw(scale: Scale, catalogue: Catalogue, rng: np.random.Generator) -> Taste:
    """Draw users and artists around the centres of their communities."""
    centres = rng.normal(size=(scales.COMMUNITIES, scales.TASTE_DIMENSIONS))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    popularity = np.bincount(catalogue.artist_community, weights=catalogue.artist_popularity)
    weights = popularity.astype(np.float64) / popularity.sum()
    activity = _activity(scale, rng)
    communities = _favourite_communities(scale.users, weights, rng)
    shares = np.array(scales.COMMUNITY_SHARES) / sum(scales.COMMUNITY_SHARES)
    return Taste(
        activity=activity,
        heaviness=_heaviness(activity),
        communities=communities,
        leniency=rng.normal(0.0, scales.LENIENCY_SPREAD, scale.users),
        depth=rng.normal(0.0, scales.DEPTH_SPREAD, scale.users),
        user_vectors=_around(np.einsum("c,ucd->ud", shares, centres[communities]), rng),
        artist_vectors=_around(centres[catalogue.artist_community], rng),
        community_vectors=centres,
        artist_quality=_quality(catalogue.artist_popularity, rng),
        community_weights=weights,
    )


def _activity(scale: Scale, rng: np.random.Generator) -> IntArray:
    drawn = np.exp(np.log(scales.ACTIVITY_MEDIAN) + scales.ACTIVITY_SIGMA * rng.normal(size=scale.users))
    return np.clip(drawn, scales.FEWEST_RATINGS, scale.most_ratings).astype(np.int64)


def _heaviness(activity: IntArray) -> FloatArray:
    span = np.log(scales.HEAVIEST / scales.FEWEST_RATINGS)
    return np.minimum(1.0, np.log(activity / scales.FEWEST_RATINGS) / span)


def _favourite_communities(users: int, weights: FloatArray, rng: np.random.Generator) -> IntArray:
    """Draw three distinct communities per user in proportion to weights: the first of an exponential race."""
    arrivals = rng.exponential(size=(users, len(weights))) / weights
    return np.argsort(arrivals, axis=1)[:, : len(scales.COMMUNITY_SHARES)]


def _around(centres: FloatArray, rng: np.random.Generator) -> FloatArray:
    return centres + rng.normal(0.0, scales.TASTE_NOISE / np.sqrt(scales.TASTE_DIMENSIONS), centres.shape)


def _quality(popularity: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draw qualities of unit variance, slightly correlated with popularity."""
    noise = rng.normal(size=len(popularity))
    rest = np.sqrt(1.0 - scales.FAME_IN_QUALITY**2)
    return scales.FAME_IN_QUALITY * _standardised(np.log(popularity)) + rest * noise


def fit(users: FloatArray, others: FloatArray) -> FloatArray:
    """Return how well artists or genres suit users: the cosine of their vectors, standardised."""
    lengths = np.linalg.norm(users, axis=1) * np.linalg.norm(others, axis=1)
    return _standardised(np.einsum("nd,nd->n", users, others) / lengths)


def _standardised(values: FloatArray) -> FloatArray:
    return (values - values.mean()) / values.std()
