"""Scores of LightGBM's trees, many examples at a time: the same numbers in a fraction of the time.

Lucchese et al., "QuickScorer: a fast algorithm to rank documents with additive ensembles of regression
trees", SIGIR 2015: a bit of a mask for each leaf, and a mask for each inner node.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from recsys.learners.common.compiled import IS_COMPILED

if TYPE_CHECKING:
    import lightgbm

LEAVES = 16  # of a tree, at most: a mask has so many bits
_NUMERIC = "<="  # the only kind of split here; inputs are finite


def fast(booster: lightgbm.Booster) -> Forest | lightgbm.Booster:
    """Return the trees of a booster as a `Forest`; the booster itself where that is not possible."""
    return (IS_COMPILED and Forest.of(booster)) or booster


@dataclass(frozen=True)
class Forest:
    """Trees of at most `LEAVES` leaves; arrays as `forest_kernels.add_trees` reads them.

    ``thresholds`` has those of each feature, ascending.
    """

    thresholds: Sequence[np.ndarray]
    features: np.ndarray
    cuts: np.ndarray
    masks: np.ndarray
    begins: np.ndarray
    leaves: np.ndarray

    @classmethod
    def of(cls, booster: lightgbm.Booster) -> Forest | None:
        """Return the trees of a booster; None if they are too large or split by anything but numbers."""
        trees = [one["tree_structure"] for one in booster.dump_model()["tree_info"]]
        walked = [list(_nodes(tree)) for tree in trees]
        inner = [[node for node in nodes if "threshold" in node.tree] for nodes in walked]
        if any(len(nodes) >= LEAVES for nodes in inner):
            return None
        flat = [node for nodes in inner for node in nodes]
        if any(node.tree["decision_type"] != _NUMERIC for node in flat):
            return None
        features = np.array([node.tree["split_feature"] for node in flat], np.int64)
        limits = np.array([node.tree["threshold"] for node in flat], np.float64)
        thresholds = [np.unique(limits[features == one]) for one in range(booster.num_feature())]
        cuts = [np.searchsorted(thresholds[one], limit) for one, limit in zip(features, limits, strict=True)]
        leaves = np.zeros((len(trees), LEAVES))
        for row, nodes in zip(leaves, walked, strict=True):
            values = [node.tree["leaf_value"] for node in nodes if "leaf_value" in node.tree]
            row[: len(values)] = values
        begins = np.cumsum([0, *map(len, inner)])
        masks = np.array([node.mask for node in flat], np.uint16)
        return cls(thresholds, features, np.array(cuts, np.uint16), masks, begins, leaves)

    def predict(self, examples: np.ndarray, num_threads: int = 1) -> np.ndarray:
        """Return the scores float64 (examples) of ``examples`` float64 (examples, features), all finite.

        The parameters are those of a booster's ``predict``; one thread computes.
        """
        from recsys.learners.lists import forest_kernels

        ranks = np.empty(examples.shape[::-1], np.uint16)
        for row, values, limits in zip(ranks, examples.T, self.thresholds, strict=True):
            row[:] = np.searchsorted(limits, values)
        found = np.zeros(len(examples))
        arrays = self.features, self.cuts, self.masks, self.begins, self.leaves
        forest_kernels.add_trees(ranks, *arrays, found)
        return found


@dataclass(frozen=True)
class _Node:
    """A node of a dumped tree; ``mask`` of an inner one has no bit of the leaves on its left."""

    tree: Mapping[str, Any]
    mask: int


def _nodes(tree: Mapping[str, Any], first: int = 0) -> Iterator[_Node]:
    """Walk a tree from left to right; ``first`` is the number of its first leaf."""
    if "left_child" not in tree:
        yield _Node(tree, 0)
        return
    count = _leaf_count(tree["left_child"])
    yield from _nodes(tree["left_child"], first)
    yield _Node(tree, 0xFFFF & ~(((1 << count) - 1) << first))
    yield from _nodes(tree["right_child"], first + count)


def _leaf_count(tree: Mapping[str, Any]) -> int:
    if "left_child" not in tree:
        return 1
    return _leaf_count(tree["left_child"]) + _leaf_count(tree["right_child"])
