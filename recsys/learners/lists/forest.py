"""Scores of LightGBM's trees, many examples at a time: the same numbers in a fraction of the time.

Lucchese et al., "QuickScorer: a fast algorithm to rank documents with additive ensembles of regression
trees", SIGIR 2015: a bit of a mask for each leaf, and a mask for each inner node.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from recsys.learners.common.compiled import IS_COMPILED

if TYPE_CHECKING:
    import lightgbm

LEAVES = 16  # of a tree, at most: a mask has so many bits
_NUMERIC = "<="  # the only kind of split here; inputs are finite


class Mean(Protocol):
    """The mean score of several boosters."""

    def predict(self, examples: np.ndarray) -> np.ndarray:
        """Return the mean scores float64 (examples) of ``examples`` float64 (examples, features), finite."""


def mean_of(boosters: Sequence[lightgbm.Booster]) -> Mean:
    """Return the mean of boosters as a `Forest`, by the boosters themselves where that is not possible."""
    return (IS_COMPILED and Forest.of(boosters)) or Boosters(boosters)


@dataclass(frozen=True)
class Boosters:
    """The mean of boosters, each evaluated by LightGBM."""

    boosters: Sequence[lightgbm.Booster]

    def predict(self, examples: np.ndarray) -> np.ndarray:
        """Return the mean scores float64 (examples); one thread computes."""
        found: np.ndarray = np.mean([one.predict(examples, num_threads=1) for one in self.boosters], axis=0)
        return found


@dataclass(frozen=True)
class Forest:
    """The mean of boosters with trees of at most `LEAVES` leaves.

    Arrays are as `forest_kernels.add_trees` reads them; ``thresholds`` has those of each feature, ascending,
    and ``count`` is the number of boosters.
    """

    thresholds: Sequence[np.ndarray]
    features: np.ndarray
    cuts: np.ndarray
    masks: np.ndarray
    begins: np.ndarray
    leaves: np.ndarray
    count: int

    @classmethod
    def of(cls, boosters: Sequence[lightgbm.Booster]) -> Forest | None:
        """Return the trees of boosters; None if one is too large or splits by anything but numbers."""
        trees = [tree["tree_structure"] for one in boosters for tree in one.dump_model()["tree_info"]]
        walked = [list(_nodes(tree)) for tree in trees]
        inner = [[node for node in nodes if "threshold" in node.tree] for nodes in walked]
        if not trees or any(len(nodes) >= LEAVES for nodes in inner):
            return None
        flat = [node for nodes in inner for node in nodes]
        if any(node.tree["decision_type"] != _NUMERIC for node in flat):
            return None
        features = np.array([node.tree["split_feature"] for node in flat], np.int64)
        limits = np.array([node.tree["threshold"] for node in flat], np.float64)
        thresholds = [np.unique(limits[features == one]) for one in range(boosters[0].num_feature())]
        cuts = [np.searchsorted(thresholds[one], limit) for one, limit in zip(features, limits, strict=True)]
        leaves = np.zeros((len(trees), LEAVES))
        for row, nodes in zip(leaves, walked, strict=True):
            values = [node.tree["leaf_value"] for node in nodes if "leaf_value" in node.tree]
            row[: len(values)] = values
        begins = np.cumsum([0, *map(len, inner)])
        masks = np.array([node.mask for node in flat], np.uint16)
        return cls(thresholds, features, np.array(cuts, np.uint16), masks, begins, leaves, len(boosters))

    def predict(self, examples: np.ndarray) -> np.ndarray:
        """Return the mean scores float64 (examples) of ``examples``, all finite; one thread computes."""
        from recsys.learners.lists import forest_kernels

        ranks = np.empty(examples.shape[::-1], np.uint16)
        for row, values, limits in zip(ranks, examples.T, self.thresholds, strict=True):
            row[:] = np.searchsorted(limits, values)
        found = np.zeros(len(examples))
        arrays = self.features, self.cuts, self.masks, self.begins, self.leaves
        forest_kernels.add_trees(ranks, *arrays, found)
        found /= self.count
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
