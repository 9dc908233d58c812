"""The compiled sum of boosted trees: every inner node at once for a block of examples (QuickScorer)."""

from __future__ import annotations

import numpy as np

from recsys.learners.common.compiled import compiled

BLOCK = 512  # examples whose masks and inputs stay in the fastest cache


@compiled
def _lowest(bits):  # type: ignore[no-untyped-def]
    """Return the number of the lowest bit that is set, 0 to 15."""
    bit = bits & (~bits + np.uint32(1))
    return (
        (np.uint32((bit & np.uint32(0xFF00)) != 0) << np.uint32(3))
        | (np.uint32((bit & np.uint32(0xF0F0)) != 0) << np.uint32(2))
        | (np.uint32((bit & np.uint32(0xCCCC)) != 0) << np.uint32(1))
        | np.uint32((bit & np.uint32(0xAAAA)) != 0)
    )


@compiled
def add_trees(ranks, features, cuts, masks, begins, leaves, values):  # type: ignore[no-untyped-def]
    """Add the leaf values of all trees, one after the other, to ``values`` float64 (examples).

    Parameters
    ----------
    ranks : uint16 array (features, examples)
        Number of thresholds of the feature below its value.
    features, cuts, masks : int64, uint16 and uint16 arrays (inner nodes)
        An example goes right where its rank is above ``cuts``; then the leaves without a bit in ``masks``
        are out of reach.
    begins : int64 array (trees + 1)
        First inner node of each tree.
    leaves : float64 array (trees, leaves)
        Values from left to right: an example is in the first leaf that is left.
    """
    reachable = np.empty(BLOCK, np.uint16)
    for start in range(0, len(values), BLOCK):
        total = values[start : start + BLOCK]
        for tree in range(len(leaves)):
            reachable[:] = 0xFFFF
            for node in range(begins[tree], begins[tree + 1]):
                rank, cut, mask = ranks[features[node], start : start + BLOCK], cuts[node], masks[node]
                for i in range(len(total)):
                    reachable[i] &= mask | (np.uint16(0xFFFF) if rank[i] <= cut else np.uint16(0))
            leaf = leaves[tree]
            for i in range(len(total)):
                total[i] += leaf[_lowest(np.uint32(reachable[i]))]
