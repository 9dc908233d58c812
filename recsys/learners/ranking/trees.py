"""Boosted trees as rows of a relation, trained by scikit-learn and evaluated without it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier

SCHEMA = pa.schema(
    [
        ("tree", pa.int32()),
        ("node", pa.int32()),
        ("feature", pa.string()),
        ("threshold", pa.float64()),
        ("left_node", pa.int32()),
        ("right_node", pa.int32()),
        ("is_missing_left", pa.bool_()),
        ("value", pa.float64()),
    ]
)
ROWS = 1 << 16  # rows evaluated at a time

Array = NDArray[np.float64]


def table(models: Sequence[tuple[HistGradientBoostingClassifier, Sequence[str]]]) -> pa.Table:
    """Convert models to trees whose sum is the mean of the models' log odds.

    A model's baseline, the log odds of its training rows, is added to the leaves of its first tree.

    Parameters
    ----------
    models : sequence of (HistGradientBoostingClassifier, sequence of str)
        Each model with the names of its features.

    Returns
    -------
    pyarrow.Table
        One row per node, as in `SCHEMA`.
    """
    rows = []
    number = 0
    for model, names in models:
        start = float(model._baseline_prediction.ravel()[0])
        for place, (grown,) in enumerate(model._predictors):
            rows += _nodes(grown.nodes, number, names, len(models), start if place == 0 else 0.0)
            number += 1
    return pa.Table.from_pylist(rows, SCHEMA)


def _nodes(
    nodes: np.ndarray, number: int, names: Sequence[str], models: int, start: float
) -> list[dict[str, object]]:
    return [
        {
            "tree": number,
            "node": place,
            "value": (float(node["value"]) + start) / models,
        }
        if node["is_leaf"]
        else {
            "tree": number,
            "node": place,
            "feature": names[node["feature_idx"]],
            "threshold": float(node["num_threshold"]),
            "left_node": int(node["left"]),
            "right_node": int(node["right"]),
            "is_missing_left": bool(node["missing_go_to_left"]),
        }
        for place, node in enumerate(nodes)
    ]


def predict(trees: pa.Table, features: pa.Table) -> Array:
    """Sum the trees' values for each row of features.

    Parameters
    ----------
    trees : pyarrow.Table
        As returned by `table`.
    features : pyarrow.Table
        A column per feature that the trees use.

    Returns
    -------
    ndarray of float64, shape (rows,)
    """
    ordered = trees.sort_by([("tree", "ascending"), ("node", "ascending")])
    names = sorted(set(ordered["feature"].drop_null().to_pylist()))
    columns = [features[name].cast(pa.float64()).to_numpy() for name in names]
    values = np.stack(columns) if columns else np.empty((0, features.num_rows))
    forest = _Forest(ordered, names)
    score = np.zeros(features.num_rows)
    for begin in range(0, len(score), ROWS):
        score[begin : begin + ROWS] = forest.predict(values[:, begin : begin + ROWS])
    return score


class _Forest:
    """Hold all nodes of all trees in one array each; a leaf is its own child, so that a walk stays there."""

    def __init__(self, ordered: pa.Table, names: Sequence[str]) -> None:
        tree = ordered["tree"].to_numpy()
        self.roots, first = np.unique(tree, return_index=True)[1], np.searchsorted(tree, tree)
        own = np.arange(len(tree))
        is_leaf = np.asarray(ordered["feature"].is_null())
        left, right = (
            np.where(is_leaf, own, first + ordered[name].fill_null(0).to_numpy())
            for name in ("left_node", "right_node")
        )
        place = {name: at for at, name in enumerate(names)}
        self.feature = np.array([place.get(name, 0) for name in ordered["feature"].to_pylist()], np.intp)
        self.threshold = ordered["threshold"].fill_null(0.0).to_numpy()
        self.missing_left = np.asarray(ordered["is_missing_left"].fill_null(False))
        self.children = np.stack([right, left], axis=1)
        self.value = ordered["value"].fill_null(0.0).to_numpy()
        self.depth = _depth(self.roots, self.children)

    def predict(self, values: Array) -> Array:
        """Return the scores of rows, from values (features, rows)."""
        score = np.zeros(values.shape[1])
        if not len(values):
            return score + self.value[self.roots].sum()
        flat, row = np.ascontiguousarray(values).ravel(), np.arange(len(score))
        for root in self.roots:
            node = np.full(len(score), root)
            for _ in range(self.depth[root]):
                value = flat[self.feature[node] * len(score) + row]
                goes_left = value <= self.threshold[node]
                goes_left |= np.isnan(value) & self.missing_left[node]
                node = self.children[node, goes_left.astype(np.intp)]
            score += self.value[node]
        return score


def _depth(roots: NDArray[np.intp], children: NDArray[np.int64]) -> dict[int, int]:
    """Return the number of steps from each root to its deepest leaf."""
    found = {}
    for root in roots:
        reached, steps = np.array([root]), 0
        while len(further := np.setdiff1d(children[reached], reached)):
            reached, steps = further, steps + 1
        found[int(root)] = steps
    return found
