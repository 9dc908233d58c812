"""Who the users are: how much they rate, which communities they visit, what they like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys.synthetic import scales
from recsys.synthetic.ragged import IntArray
from recsys.synthetic.scales import Scale
from recsys.synthetic.taxonomy import Catalogue

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Taste:
    """The latent space: a vector and a quality for each artist, a vector for each user.

    ``activity`` is the number of ratings a user would give, ``heaviness`` the same on a logarithmic scale
    from 0 (the fewest ratings) to 1 (10,000 and more). ``communities`` are a user's first, second and third
    community; ``leniency`` is the user's level in latent units.
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


def draw(scale: Scale, catalogue: Catalogue, rng: np.random.Generator) -> Taste:
    """Users and artists around the centres of their communities."""
    centres = rng.normal(size=(scales.COMMUNITIES, scales.TASTE_DIMENSIONS))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    weights = np.bincount(catalogue.artist_community, weights=catalogue.artist_popularity)
    weights /= weights.sum()
    activity = _activity(scale, rng)
    communities = _favourite_communities(scale.users, weights, rng)
    shares = np.array(scales.COMMUNITY_SHARES) / sum(scales.COMMUNITY_SHARES)
    homes = np.einsum("c,ucd->ud", shares, centres[communities])
    return Taste(
        activity=activity,
        heaviness=np.minimum(1.0, np.log(activity / scales.FEWEST_RATINGS) / np.log(10_000 / scales.FEWEST_RATINGS)),
        communities=communities,
        leniency=rng.normal(0.0, scales.USER_SPREAD, scale.users),
        depth=rng.normal(0.0, scales.DEPTH_SPREAD, scale.users),
        user_vectors=_around(homes, rng),
        artist_vectors=_around(centres[catalogue.artist_community], rng),
        community_vectors=centres,
        artist_quality=_quality(catalogue.artist_popularity, rng),
        community_weights=weights,
    )


def _quality(popularity: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Qualities of unit variance; the famous are a little better liked."""
    fame = np.log(popularity)
    fame = (fame - fame.mean()) / fame.std()
    rest = np.sqrt(1.0 - scales.QUALITY_OF_FAME**2)
    return scales.QUALITY_OF_FAME * fame + rest * rng.normal(size=len(popularity))


def _activity(scale: Scale, rng: np.random.Generator) -> IntArray:
    drawn = np.exp(np.log(scales.ACTIVITY_MEDIAN) + scales.ACTIVITY_SIGMA * rng.normal(size=scale.users))
    return np.clip(drawn, scales.FEWEST_RATINGS, scale.most_ratings).astype(np.int64)


def _favourite_communities(users: int, weights: FloatArray, rng: np.random.Generator) -> IntArray:
    """Three distinct communities a user, in proportion to their weights: the first of an exponential race."""
    arrivals = rng.exponential(size=(users, len(weights))) / weights
    return np.argsort(arrivals, axis=1)[:, : len(scales.COMMUNITY_SHARES)]


def _around(centres: FloatArray, rng: np.random.Generator) -> FloatArray:
    noise = rng.normal(0.0, scales.TASTE_NOISE / np.sqrt(scales.TASTE_DIMENSIONS), centres.shape)
    return centres + noise


def fit(users: FloatArray, others: FloatArray) -> FloatArray:
    """How well artists or genres suit users: the cosine between their vectors, standardised over the pairs."""
    lengths = np.linalg.norm(users, axis=1) * np.linalg.norm(others, axis=1)
    cosine = np.einsum("nd,nd->n", users, others) / lengths
    return (cosine - cosine.mean()) / cosine.std()
