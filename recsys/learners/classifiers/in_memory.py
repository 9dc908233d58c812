"""Candidates in this process, as classifiers learn from them: what is the same whoever trains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
import pyarrow as pa

from recsys.learners.classifiers.examples import Examples
from recsys.project.contract import Context, Relation

Found = tuple[np.ndarray, np.ndarray]  # rows of the examples, and their probabilities


class InMemoryExamples:
    """Examples in this process."""

    def __init__(self, examples: Examples, context: Context) -> None:
        self.examples, self.context = examples, context
        self.features, self.folds = examples.features, examples.folds
        self.next_fold, self.can_be_tuned = examples.next_fold, examples.can_be_tuned

    @classmethod
    def of(cls, inputs: Mapping[str, Relation], context: Context) -> Self:
        return cls(Examples.of(*(inputs[name].arrow() for name in ("examples", "labels", "folds"))), context)

    def accuracy(self, seen: Found) -> float:
        return self.examples.accuracy(*seen)

    def scored(self, parts: Sequence[Found]) -> pa.Table:
        scores = np.empty(len(self.examples))
        for rows, probabilities in parts:
            scores[rows] = probabilities
        return self.examples.scored(scores)

    def nested(self, parts: Sequence[tuple[int, Found]]) -> pa.Table:
        return pa.concat_tables(self.examples.nested(fold, *seen) for fold, seen in parts)
