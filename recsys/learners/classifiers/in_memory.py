"""Training examples in this process, shared by scikit-learn and Spark ML on one machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
import pyarrow as pa

from recsys.learners.classifiers.examples import Examples
from recsys.project.contract import Context, Relation

RowProbabilities = tuple[np.ndarray, np.ndarray]  # rows of the examples, and their probabilities


class InMemoryExamples:
    """Hold the examples in this process."""

    def __init__(self, examples: Examples, context: Context) -> None:
        self.examples, self.context = examples, context
        self.features, self.folds = examples.features, examples.folds
        self.next_fold, self.can_be_tuned = examples.next_fold, examples.can_be_tuned

    @classmethod
    def of(cls, inputs: Mapping[str, Relation], context: Context) -> Self:
        """Read the relations ``examples``, ``labels`` and ``folds``."""
        return cls(Examples.of(*(inputs[name].arrow() for name in ("examples", "labels", "folds"))), context)

    def accuracy(self, predictions: RowProbabilities) -> float:
        """Return the share of known labels predicted right; the top half of each user counts as liked."""
        return self.examples.accuracy(*predictions)

    def scored(self, parts: Sequence[RowProbabilities]) -> pa.Table:
        """Return ``(user_id, track_id, score)`` of predictions that cover all candidates."""
        scores = np.empty(len(self.examples))
        for rows, probabilities in parts:
            scores[rows] = probabilities
        return self.examples.scored(scores)

    def nested(self, parts: Sequence[tuple[int, RowProbabilities]]) -> pa.Table:
        """Return ``(user_id, track_id, held_out_fold, score)`` of predictions by their held-out fold."""
        return pa.concat_tables(self.examples.nested(fold, *predictions) for fold, predictions in parts)
