"""What a study of classifiers asks of its examples, whoever trains: this process or Spark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

import numpy as np
import pyarrow as pa

from recsys.learners.classifiers.grid import Point
from recsys.project.contract import Context, Relation

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Predictions = TypeVar("Predictions")  # some candidates with the probability of each that it is liked
Fitted = TypeVar("Fitted")  # a trained classifier


class ExampleSet(Protocol[Predictions, Fitted]):
    """Examples: what is learned from, and the folds of users that occur. Classifiers can be trained within
    a ``with`` statement."""

    features: Sequence[str]
    folds: Sequence[int]

    @classmethod
    def of(cls, inputs: Mapping[str, Relation], context: Context) -> Self:
        """From relations ``examples``, ``labels`` and ``folds``."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *failure: object) -> None: ...
    def next_fold(self, fold: int) -> int: ...
    def can_be_tuned(self) -> bool: ...

    def fit(self, point: Point, without: Sequence[int]) -> Fitted:
        """A classifier of all labelled candidates but for those of the users of some folds."""

    def seen(self, model: Fitted, fold: int | None) -> Predictions:
        """What a model says of a fold's candidates; of those of users in no fold where that is None."""

    def importance(self, model: Fitted) -> np.ndarray:
        """A weight for each feature: the gain at a tree's splits, a coefficient's size."""

    def accuracy(self, seen: Predictions) -> float:
        """Share of the known labels that the upper half of each user's candidates predicts."""

    def scored(self, parts: Sequence[Predictions]) -> pa.Table | DataFrame:
        """``(user_id, track_id, score)`` of parts that make up all candidates."""

    def nested(self, parts: Sequence[tuple[int, Predictions]]) -> pa.Table | DataFrame:
        """``(user_id, track_id, held_out_fold, score)`` of parts, each with the fold it was held out with."""
