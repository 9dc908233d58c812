"""Settings and factors of the ALS factorization."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.learners.common.vectors import positions


@dataclass(frozen=True)
class AlsSettings:
    """Settings of `recsys.learners.als.learner.fit_predict`.

    Attributes
    ----------
    solver : {'local', 'spark', 'auto'}
        'auto' uses Spark where there is a cluster.
    rank : int
        Number of latent factors.
    iterations : int
        Alternations over users and items.
    regularization : float
        L2 penalty per rating, on ratings of 0 to 100.
    seed : int
        Seed of the initial user factors.
    """

    solver: str
    rank: int
    iterations: int
    regularization: float
    seed: int


@dataclass(frozen=True)
class Factors:
    """Hold latent factors: ``ids`` ascending (n), ``vectors`` float32 (n, rank)."""

    ids: np.ndarray
    vectors: np.ndarray

    def rows(self, wanted: np.ndarray) -> np.ndarray:
        """Return the row of each wanted id, and n for an id without factors.

        Parameters
        ----------
        wanted : ndarray of int, shape (m,)
            User or item ids.

        Returns
        -------
        ndarray of int64, shape (m,)
        """
        return positions(self.ids, wanted)
