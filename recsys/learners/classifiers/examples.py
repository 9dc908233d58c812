"""Candidates as training examples: features, labels and cross-validation folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

KEY = ["user_id", "track_id"]


@dataclass(frozen=True)
class Examples:
    """Hold all candidates in the order of their ids.

    Attributes
    ----------
    table : pyarrow.Table
        ``row``, ids, features, ``fold`` (NULL for a user without labels) and ``label`` (double, NULL where
        unknown).
    features : sequence of str
    folds : sequence of int
        Folds that occur, ascending.
    """

    table: pa.Table
    features: Sequence[str]
    folds: Sequence[int]

    @classmethod
    def of(cls, examples: pa.Table, labels: pa.Table, folds: pa.Table) -> Examples:
        """Join ``examples (user_id, track_id, features ...)``, ``labels`` and ``folds (user_id, fold)``."""
        features = [name for name in examples.column_names if name not in KEY]
        known = pa.table({**{key: labels[key] for key in KEY}, "label": labels["label"].cast(pa.float64())})
        table = examples.join(known, KEY).join(folds.select(["user_id", "fold"]), "user_id")
        table = table.sort_by([(key, "ascending") for key in KEY])
        table = table.append_column("row", pa.array(np.arange(table.num_rows)))
        return cls(table, features, sorted(pc.unique(folds["fold"]).to_pylist()))

    def __len__(self) -> int:
        """Return the number of candidates."""
        return self.table.num_rows

    @property
    def labelled(self) -> pa.Table:
        """Return the candidates of users with labels."""
        return self.table.filter(pc.is_valid(self.table["fold"]))

    @property
    def others(self) -> pa.Table:
        """Return the candidates of users without labels."""
        return self.table.filter(pc.is_null(self.table["fold"]))

    def next_fold(self, fold: int) -> int:
        """Return the fold that validates the parameters of the models for ``fold``."""
        return self.folds[(self.folds.index(fold) + 1) % len(self.folds)]

    def can_be_tuned(self) -> bool:
        """Return whether both labels remain after holding out any fold and its validation fold."""
        known = self.labelled.filter(pc.is_valid(self.labelled["label"]))
        fold, label = known["fold"].to_numpy(), known["label"].to_numpy()
        return len(self.folds) > 2 and all(
            len(np.unique(label[(fold != out) & (fold != self.next_fold(out))])) == 2 for out in self.folds
        )

    def accuracy(self, rows: np.ndarray, scores: np.ndarray) -> float:
        """Return the share of known labels predicted right; the top half of each user counts as liked."""
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
        """Return some candidates with the scores of models that did not see ``held_out_fold``."""
        table = self.table.take(rows).select(KEY)
        table = table.append_column("held_out_fold", pa.array(np.full(len(rows), held_out_fold), pa.int32()))
        return table.append_column("score", pa.array(scores))

    def scored(self, scores: np.ndarray) -> pa.Table:
        """Return the candidates with one score each."""
        return self.table.select(KEY).append_column("score", pa.array(scores))
