"""Item weights by nearness in time: items that the same users met one after the other.

The co-rating weights of Lai et al., "Feature engineering in user's music preference prediction", KDD Cup 2011
(JMLR W&CP 18), for lists, with the normalisation of a cosine:

    w(i, j) = sum over users with both, at most ``window`` places apart, of x_ui x_uj |place_i -
    place_j|^-decay
              / sqrt(n_i n_j)

x_ui is the weight of the interaction, a place its rank by time among the user's interactions, n the users of
an item.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from recsys.learners.common.compiled import IS_COMPILED
from recsys.learners.lists.interactions import Interactions
from recsys.learners.lists.linear import LinearModel
from recsys.learners.lists.sparse import summed
from recsys.learners.lists.threads import for_rows
from recsys.learners.lists.weighting import weights

MOST_PAIRS = 60_000_000  # pairs in memory: entries times window


@dataclass(frozen=True)
class NeighbourParameters:
    """Hold the hyperparameters, chosen by validation.

    Parameters
    ----------
    weighting : str
        Weights x of interactions, see `weighting`.
    window : int
        Most places between two interactions that count, at least 1.
    decay : float
        How fast a pair's weight falls with the places between.
    """

    weighting: str = "likes"
    window: int = 10
    decay: float = 1.1


def fit(interactions: Interactions, parameters: NeighbourParameters, threads: int = 1) -> LinearModel:
    """Fit item weights on all users; ``seq`` is the order in time.

    Parameters
    ----------
    interactions : Interactions
        Training data with times.
    parameters : NeighbourParameters
        Hyperparameters.
    threads : int
        Threads; the weights are the same for any number.
    """
    values = weights(interactions, parameters.weighting).data
    order = np.lexsort((interactions.items, interactions.seq, interactions.rows))
    users, items, values = interactions.rows[order], interactions.items[order], values[order]
    roots = np.sqrt(np.maximum(interactions.rater_counts, 1))
    values = values / roots[items]
    sums = _sums_compiled if IS_COMPILED else _sums
    stored = sums(users, items, values, interactions.item_count, parameters, threads)
    stored.data *= interactions.is_candidate[stored.indices]
    stored.eliminate_zeros()
    stored = csr_array(stored.astype(np.float32))
    stored.sort_indices()  # they are
    return LinearModel(interactions.item_ids, stored, parameters.weighting)


def is_affordable(interactions: Interactions, parameters: NeighbourParameters) -> bool:
    """Return whether all pairs of the window fit into memory."""
    return interactions.entry_count * parameters.window <= MOST_PAIRS


def _sums_compiled(
    users: np.ndarray,
    items: np.ndarray,
    values: np.ndarray,
    size: int,
    parameters: NeighbourParameters,
    threads: int,
) -> csr_array:
    """Return the same as `_sums`, many times faster."""
    from recsys.learners.lists import neighbours_kernels

    places = np.argsort(items, kind="stable")
    begins = np.concatenate([[0], np.cumsum(np.bincount(items, minlength=size))])
    shares = np.arange(parameters.window + 1, dtype=np.float64)
    shares[1:] **= -parameters.decay
    given, counts = (users, items, values, places, begins, shares), np.zeros(size, np.int64)
    for_rows(lambda first, last: neighbours_kernels.count(*given, first, last, counts), size, threads)
    starts = np.concatenate([[0], np.cumsum(counts)])
    columns, sums = np.empty(starts[-1], np.int32), np.empty(starts[-1])
    for_rows(
        lambda first, last: neighbours_kernels.add(*given, first, last, starts, columns, sums), size, threads
    )
    return csr_array((sums, columns, starts), shape=(size, size))


def _sums(
    users: np.ndarray,
    items: np.ndarray,
    values: np.ndarray,
    size: int,
    parameters: NeighbourParameters,
    threads: int,
) -> csr_array:
    """Return the weights float64 (items, items); rows are in the order of users and time."""
    distances = range(1, parameters.window + 1)
    parts = [_pairs(users, items, values, apart, parameters.decay) for apart in distances]
    first, second, pair_values = (np.concatenate(column) for column in zip(*parts, strict=True))
    half = summed(first, second, pair_values, size)
    return csr_array(half + half.T.tocsr())


def _pairs(
    users: np.ndarray, items: np.ndarray, values: np.ndarray, apart: int, decay: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return items and weights of the pairs of one distance; rows are in the order of users and time."""
    earlier = np.flatnonzero(users[apart:] == users[:-apart])
    later = earlier + apart
    return items[earlier], items[later], apart**-decay * values[earlier] * values[later]
