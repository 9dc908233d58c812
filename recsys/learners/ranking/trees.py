"""Boosted trees of one fold of users by LightGBM, and their nodes as a table.

Ke et al., "LightGBM: A Highly Efficient Gradient Boosting Decision Tree", NeurIPS 2017.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import lightgbm
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from recsys.project.contract import proven

NODES = proven(
    pa.schema(
        {
            "model": pa.int32(),
            "tree": pa.int32(),
            "node": pa.int32(),
            "feature": pa.string(),
            "threshold": pa.float64(),
            "null_is_left": pa.bool_(),
            "left_node": pa.int32(),
            "right_node": pa.int32(),
            "value": pa.float64(),
        }
    ),
    ("model", "tree", "node"),
)

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


class TreeSettings(Protocol):
    """Settings that `Trees` reads."""

    @property
    def trees(self) -> int:
        """Return the most trees of a model."""

    @property
    def leaves(self) -> int:
        """Return the most leaves of a tree."""

    @property
    def leaf_examples(self) -> int:
        """Return the least examples of a leaf."""

    @property
    def learning_rate(self) -> float:
        """Return the learning rate."""

    @property
    def feature_share(self) -> float:
        """Return the share of features that a tree considers."""

    @property
    def patience(self) -> int:
        """Return the trees without improvement that stop training."""


@dataclass(frozen=True)
class Trees:
    """Hold the boosted trees of one model."""

    booster: lightgbm.Booster

    @classmethod
    def fit(cls, features: Array, label: Array, held_out: Mask, settings: TreeSettings, seed: int) -> Trees:
        """Fit on the training rows with early stopping on the held-out rows."""
        chosen = {
            "objective": "binary",
            "num_leaves": settings.leaves,
            "min_data_in_leaf": settings.leaf_examples,
            "learning_rate": settings.learning_rate,
            "feature_fraction": settings.feature_share,
            "early_stopping_round": settings.patience,
            "seed": seed,
            "num_threads": 1,
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
        }
        training = lightgbm.Dataset(features[~held_out], label[~held_out])
        judged = training.create_valid(features[held_out], label[held_out])
        return cls(lightgbm.train(chosen, training, settings.trees, [judged]))

    def log_odds(self, features: Array) -> Array:
        """Return the log odds of being liked, for rows of all features."""
        return np.asarray(self.booster.predict(features, raw_score=True, num_threads=1))

    def importance(self, features: Array, label: Array, seed: int) -> Array:
        """Measure permutation importance: the rise of the log loss when a feature is shuffled.

        Parameters
        ----------
        features : ndarray of float64, shape (rows, features)
        label : ndarray of float64, shape (rows,)
        seed : int

        Returns
        -------
        ndarray of float64, shape (features,)

        References
        ----------
        Breiman, "Random Forests", 2001.
        """
        rng, rises = np.random.default_rng(seed), np.zeros(features.shape[1])
        before = _log_loss(label, self.log_odds(features))
        for column in np.flatnonzero(self.booster.feature_importance("split")):
            shuffled = features.copy()
            shuffled[:, column] = rng.permutation(features[:, column])
            rises[column] = _log_loss(label, self.log_odds(shuffled)) - before
        return rises


def tree_table(sets: Sequence[Trees], names: Sequence[str]) -> pa.Table:
    """Return a row for each node of each tree.

    Parameters
    ----------
    sets : sequence of Trees
        Models, numbered from 0.
    names : sequence of str
        Names of the features.

    Returns
    -------
    pyarrow.Table
        ``model``, ``tree``, ``node`` (0 is the root of its tree), and of a split ``feature``, ``threshold``
        (values up to it go to ``left_node``), ``null_is_left``, ``left_node`` and ``right_node``; of a leaf
        ``value``, what it adds to the log odds.
    """
    rows = [
        {"model": number, "tree": tree["tree_index"], **node}
        for number, model in enumerate(sets)
        for tree in model.booster.dump_model(num_iteration=model.booster.best_iteration)["tree_info"]
        for node in _nodes(tree["tree_structure"], names)
    ]
    return pa.Table.from_pylist(rows, NODES)


def _nodes(root: Mapping[str, Any], names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the nodes of a tree, numbered by level from the root."""
    waiting, count = [root], 1
    for number, node in enumerate(waiting):  # grows while it is walked
        if "leaf_value" in node:
            yield {"node": number, "value": node["leaf_value"]}
            continue
        yield {
            "node": number,
            "feature": names[node["split_feature"]],
            "threshold": node["threshold"],
            "null_is_left": _null_is_left(node),
            "left_node": count,
            "right_node": count + 1,
        }
        waiting += [node["left_child"], node["right_child"]]
        count += 2


def _null_is_left(node: Mapping[str, Any]) -> bool:
    """Return where NULL goes; it counts as 0 where training had none."""
    return bool(node["default_left"] if node["missing_type"] == "NaN" else node["threshold"] >= 0)


def _log_loss(label: Array, log_odds: Array) -> float:
    """Return the mean negative log likelihood of labels 0 and 1."""
    return float(np.logaddexp(0.0, np.where(label > 0, -log_odds, log_odds)).mean())
