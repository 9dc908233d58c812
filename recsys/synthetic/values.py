"""Convert latent opinions to ratings on the star widget."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from recsys.synthetic import scales
from recsys.synthetic.ragged import FloatArray, IntArray
from recsys.synthetic.taste import Taste


def _shares() -> FloatArray:
    """Return the share of each rating from 0 to 100: mostly the widget's stars."""
    shares = np.full(101, np.nan)
    for rating, share in scales.RATING_SHARES:
        shares[rating] = share
    others = np.isnan(shares)
    shares[others] = (1.0 - np.nansum(shares)) / others.sum()
    return shares


SPREAD = np.sqrt(1.0 + scales.LENIENCY_SPREAD**2)  # of opinions and users' leniency together
THRESHOLDS = SPREAD * norm.ppf(np.cumsum(_shares())[:-1])  # latent value below which a rating is at most r


def _levels(means: FloatArray) -> FloatArray:
    """Return the latent level at which the mean rating over all users of that level is ``means``."""
    grid = np.linspace(-3.0, 3.0, 601)
    expected = 100.0 - norm.cdf((THRESHOLDS[None, :] - grid[:, None]) / SPREAD).sum(axis=1)
    return np.interp(means, expected, grid)


def ratings_of(user: IntArray, opinion: FloatArray, taste: Taste) -> NDArray[np.uint8]:
    """Return ratings 0 to 100 of opinions with unit variance, at the level of the user's activity."""
    activities, means = zip(*scales.MEAN_BY_ACTIVITY, strict=True)
    expected = np.interp(np.log(taste.activity), np.log(activities), means)
    latent = (_levels(expected) + taste.leniency)[user] + opinion
    return np.searchsorted(THRESHOLDS, latent, side="right").astype(np.uint8)
