"""The interface of training examples, for scikit-learn and for Spark ML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

import numpy as np
import pyarrow as pa

from recsys.learners.classifiers.grid import Point
from recsys.project.contract import Context, Relation

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Predictions = TypeVar("Predictions")  # some candidates, with the probability that each is liked
Fitted = TypeVar("Fitted")  # a trained classifier


class ExampleSet(Protocol[Predictions, Fitted]):
    """Hold training examples and fit classifiers on them, within a ``with`` statement.

    ``features`` are the names of the features, ``folds`` the folds of users that occur, ascending.
    """

    features: Sequence[str]
    folds: Sequence[int]

    @classmethod
    def of(cls, inputs: Mapping[str, Relation], context: Context) -> Self:
        """Read the relations ``examples``, ``labels`` and ``folds``."""

    def __enter__(self) -> Self:
        """Prepare for training."""

    def __exit__(self, *failure: object) -> None:
        """Release what training used."""

    def next_fold(self, fold: int) -> int:
        """Return the fold that validates the parameters of the models for ``fold``."""

    def can_be_tuned(self) -> bool:
        """Return whether both labels remain after holding out any fold and its validation fold."""

    def fit(self, point: Point, without: Sequence[int]) -> Fitted:
        """Fit a classifier on the labelled candidates of users outside the folds ``without``."""

    def predict(self, model: Fitted, fold: int | None) -> Predictions:
        """Predict the candidates of a fold; None means those of users in no fold."""

    def importance(self, model: Fitted) -> np.ndarray:
        """Return a weight per feature: the gain at a tree's splits, or a coefficient's size."""

    def accuracy(self, predictions: Predictions) -> float:
        """Return the share of known labels predicted right; the top half of each user counts as liked."""

    def scored(self, parts: Sequence[Predictions]) -> pa.Table | DataFrame:
        """Return ``(user_id, track_id, score)`` of predictions that cover all candidates."""

    def nested(self, parts: Sequence[tuple[int, Predictions]]) -> pa.Table | DataFrame:
        """Return ``(user_id, track_id, held_out_fold, score)`` of predictions by their held-out fold."""
