"""What a factorisation by `als` is told, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.learners.common.vectors import positions


@dataclass(frozen=True)
class AlsSettings:
    """``regularization`` is the penalty per rating, on ratings of 0 to 100.

    ``solver`` is 'local', 'spark', or 'auto': Spark where there is a cluster.
    """

    solver: str
    rank: int
    iterations: int
    regularization: float
    seed: int


@dataclass(frozen=True)
class Factors:
    """Latent factors: ``ids`` ascending (n), ``vectors`` float32 (n, rank)."""

    ids: np.ndarray
    vectors: np.ndarray

    def rows(self, wanted: np.ndarray) -> np.ndarray:
        """The row of each wanted id; n where the model has never seen it."""
        return positions(self.ids, wanted)
