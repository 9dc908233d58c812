"""AUC of factors on validation pairs, and the features of a user's history."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from recsys.learners.bpr.factors import FactorModel
from recsys.learners.bpr.taxonomy import Histories, Taxonomy
from recsys.learners.common.vectors import positions

_PAIR = ("row", "liked", "other")


@dataclass(frozen=True)
class Validation:
    """Hold pairs of a liked and a not liked item of a user (row), to compute AUC.

    ``histories`` (2, pairs, 4) are the history features of the liked and of the other item.
    """

    rows: np.ndarray
    liked: np.ndarray
    other: np.ndarray
    histories: np.ndarray

    @classmethod
    def of(
        cls, labels: pa.Table, histories: Histories, taxonomy: Taxonomy, like_threshold: int
    ) -> Validation:
        """Pair liked with not liked tracks of ``labels (user_id, track_id, label)``; skip unknown ids."""
        user_id, track_id = labels["user_id"].to_numpy(), labels["track_id"].to_numpy()
        rows, items = positions(histories.users, user_id), positions(taxonomy.ids, track_id)
        is_known = (rows < len(histories.users)) & (items < len(taxonomy))
        is_liked = labels["label"].to_numpy() == 1
        good, bad = (
            pa.table({"row": rows[here], name: items[here]})
            for name, here in (("liked", is_known & is_liked), ("other", is_known & ~is_liked))
        )
        pairs = good.join(bad, "row", join_type="inner").sort_by([(name, "ascending") for name in _PAIR])
        row, liked, other = (pairs[name].to_numpy() for name in _PAIR)
        features = np.stack(
            [history_features(histories, taxonomy, row, item, like_threshold) for item in (liked, other)]
        )
        return cls(row, liked, other, features)

    def auc(self, model: FactorModel) -> float | None:
        """Return the share of pairs in the right order, ties half; None without pairs."""
        if not len(self.rows):
            return None
        taste = model.users[self.rows]
        liked, other = (
            np.einsum("ij,ij->i", taste, model.items[items]) + model.biases[items] + features @ model.weights
            for items, features in zip((self.liked, self.other), self.histories, strict=True)
        )
        return float(np.mean(np.sign(liked - other)) / 2 + 0.5)


def history_features(
    histories: Histories, taxonomy: Taxonomy, rows: np.ndarray, items: np.ndarray, like_threshold: int
) -> np.ndarray:
    """Compute the history features of pairs of a user and an item.

    Parameters
    ----------
    histories : Histories
    taxonomy : Taxonomy
    rows, items : ndarray of int, shape (pairs,)
        Rows of users, positions of items.
    like_threshold : int
        Least rating of a liked album or artist, 0 to 100.

    Returns
    -------
    ndarray of float32, shape (pairs, 4)
        In the order of `HISTORY`; ratings of 0 to 1.
    """
    columns = []
    for level in range(2):
        rating = histories.rating(rows, taxonomy.others[items, level])
        columns += [np.maximum(rating, 0) / 100, rating >= like_threshold]
    return np.stack(columns, axis=1).astype(np.float32)
