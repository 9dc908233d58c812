"""Candidates as training examples: features, labels, and the folds that their users are held out in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

KEY = ["user_id", "track_id"]


@dataclass(frozen=True)
class Examples:
    """All candidates in the order of their ids.

    ``table`` has ``row``, ``fold`` (NULL for a user without labels), ``label`` (double, NULL where unknown),
    the ids and the ``features``; ``folds`` are the folds that occur, ascending.
    """

    table: pa.Table
    features: Sequence[str]
    folds: Sequence[int]

    @classmethod
    def of(cls, examples: pa.Table, labels: pa.Table, folds: pa.Table) -> Examples:
        """From ``examples (user_id, track_id, features ...)``, ``labels`` and ``folds (user_id, fold)``."""
        features = [name for name in examples.column_names if name not in KEY]
        known = pa.table({**{key: labels[key] for key in KEY}, "label": labels["label"].cast(pa.float64())})
        table = examples.join(known, KEY).join(folds.select(["user_id", "fold"]), "user_id")
        table = table.sort_by([(key, "ascending") for key in KEY])
        table = table.append_column("row", pa.array(np.arange(table.num_rows)))
        return cls(table, features, sorted(pc.unique(folds["fold"]).to_pylist()))

    def __len__(self) -> int:
        return self.table.num_rows

    @property
    def labelled(self) -> pa.Table:
        """The candidates of users with labels."""
        return self.table.filter(pc.is_valid(self.table["fold"]))

    @property
    def others(self) -> pa.Table:
        return self.table.filter(pc.is_null(self.table["fold"]))

    def next_fold(self, fold: int) -> int:
        """The fold that judges the parameters of the models that a fold is scored by."""
        return self.folds[(self.folds.index(fold) + 1) % len(self.folds)]

    def can_be_tuned(self) -> bool:
        """Whether both labels are left after a fold and the one that judges its parameters are held out."""
        known = self.labelled.filter(pc.is_valid(self.labelled["label"]))
        fold, label = known["fold"].to_numpy(), known["label"].to_numpy()
        return len(self.folds) > 2 and all(
            len(np.unique(label[(fold != out) & (fold != self.next_fold(out))])) == 2 for out in self.folds
        )

    def accuracy(self, rows: np.ndarray, scores: np.ndarray) -> float:
        """Share of the known labels that the upper half of each user's candidates predicts."""
        table = self.table.take(rows)
        user, label = table["user_id"].to_numpy(), table["label"].to_numpy()
        order = np.lexsort((table["track_id"].to_numpy(), -table["track_prior"].to_numpy(), -scores, user))
        _, begin, count = np.unique(user[order], return_index=True, return_counts=True)
        place = np.arange(len(order)) - np.repeat(begin, count)
        predicted = np.empty(len(order))
        predicted[order] = place < np.repeat(count // 2, count)
        known = ~np.isnan(label)
        return float((predicted == label)[known].mean()) if known.any() else 0.0

    def nested(self, held_out_fold: int, rows: np.ndarray, scores: np.ndarray) -> pa.Table:
        """Some candidates with the scores that models without a fold give them."""
        table = self.table.take(rows).select(KEY)
        table = table.append_column("held_out_fold", pa.array(np.full(len(rows), held_out_fold), pa.int32()))
        return table.append_column("score", pa.array(scores))

    def scored(self, scores: np.ndarray) -> pa.Table:
        """The candidates with a score each."""
        return self.table.select(KEY).append_column("score", pa.array(scores))
