"""Items that compete for a user's list with several models' scaled scores: input of blends and rankers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from recsys.evaluation import ranking
from recsys.learners.common.compiled import IS_COMPILED
from recsys.learners.lists.blend import COMPETING, Blend, Scale, competing
from recsys.learners.lists.interactions import Interactions
from recsys.learners.lists.model import ListModel
from recsys.learners.lists.split import Split
from recsys.learners.lists.top import BLOCK_BYTES

_STEPS = 10  # of a blend's weights from 0 to 1


@dataclass(frozen=True)
class Competing:
    """Scaled scores of the items that at least one model ranks high for a user, unseen ones.

    ``items`` int64 (users, width) are positions in the catalogue, -1 where there are fewer; ``scores``
    float64 (models, users, width).
    """

    items: np.ndarray
    scores: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, models: Mapping[str, ListModel], histories: Interactions, threads: int = 1) -> Competing:
        """Return the union of the models' best items, ``threads`` blocks of users at a time."""
        size = max(1, BLOCK_BYTES // (8 * max(1, histories.item_count) * (len(models) + 2)))
        starts = range(0, histories.user_count, size)
        blocks = [histories.users(slice(begin, begin + size)) for begin in starts]
        blend = Blend(models, dict.fromkeys(models, 1.0))

        def union(block: Interactions) -> tuple[np.ndarray, np.ndarray]:
            made = Competitors.of(blend, block)
            return made.items, made.scores

        with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
            found = list(pool.map(union, blocks))
        width = max((items.shape[1] for items, _ in found), default=0)
        items = np.concatenate([_padded(items, width, -1) for items, _ in found])
        names = list(models)
        scores = {
            name: np.concatenate([_padded(values[place], width, -np.inf) for _, values in found])
            for place, name in enumerate(names)
        }
        return cls(items, scores)

    def best_weights(self, names: list[str], split: Split, k: int) -> dict[str, float]:
        """Return the weights of a greedy blend: from the best model on, each added with its best share."""
        total, weights = self.scores[names[0]].copy(), {names[0]: 1.0}
        best = _quality(self.items, total, split, k)
        for name in names[1:]:
            shares = [step / _STEPS for step in range(1, _STEPS)]
            found = [
                _quality(self.items, (1 - share) * total + share * self.scores[name], split, k)
                for share in shares
            ]
            if max(found) > best:
                best, share = max(found), shares[int(np.argmax(found))]
                total = (1 - share) * total + share * self.scores[name]
                weights = {one: round(weight * (1 - share), 6) for one, weight in weights.items()}
                weights[name] = share
        return weights


@dataclass(frozen=True)
class Competitors:
    """The union of each user's best items of every part of a blend.

    Parameters
    ----------
    items : int64 array (users, width)
        Positions in the catalogue, ascending, -1 where there are fewer.
    scores : float64 array (parts, users, width)
        Their scaled scores; below every other where there are fewer.
    unscaled : sequence of float64 arrays (users, items of the blend)
        Scores of all items by each part.
    scales : sequence of Scale
        What brings these of each part to z-scores.
    """

    items: np.ndarray
    scores: np.ndarray
    unscaled: Sequence[np.ndarray]
    scales: Sequence[Scale]

    @classmethod
    def of(cls, blend: Blend, histories: Interactions) -> Competitors:
        """Return the items that compete for the lists of a block of users."""
        known = histories.with_items(blend.item_ids)
        unscaled = [blend.unscaled(name, histories) for name in blend.parts]
        best = [competing(scores, known) for scores in unscaled]
        scales = [Scale.of(one) for one in best]
        may = np.tile(known.is_candidate, (known.user_count, 1))
        may[known.rows, known.items] = False
        is_best = np.zeros(may.shape, bool)
        for scores, one in zip(unscaled, best, strict=True):
            _mark(scores, one[:, 0], may, is_best)
        rows, columns = np.nonzero(is_best)
        counts = np.bincount(rows, minlength=len(may))
        is_there = np.arange(counts.max(initial=0)) < counts[:, None]
        items = np.full(is_there.shape, -1, np.int64)
        items[is_there] = np.searchsorted(histories.item_ids, blend.item_ids)[columns]
        values = np.full((len(unscaled), *is_there.shape), -np.inf)
        for place, (scores, scale) in enumerate(zip(unscaled, scales, strict=True)):
            listed = scores[rows, columns] - scale.means[rows, 0]
            values[place, is_there] = listed / scale.divisors[rows, 0]
        return cls(items, values, unscaled, scales)


def _mark(scores: np.ndarray, limits: np.ndarray, may: np.ndarray, is_best: np.ndarray) -> None:
    """Mark scores (users, items) that are at least the user's limit.

    At most `COMPETING` a user: where more are, those equal to the limit are left out. They are items that a
    model does not tell apart, such as all that share no user with the history.
    """
    if IS_COMPILED:
        from recsys.learners.lists import top_kernels

        top_kernels.mark(scores, limits, may, COMPETING, is_best)
        return
    found = may & (scores >= limits[:, None])
    is_tied = found.sum(axis=1) > COMPETING
    found[is_tied] &= scores[is_tied] > limits[is_tied, None]
    is_best |= found


def _padded(values: np.ndarray, width: int, filler: float) -> np.ndarray:
    return np.pad(values, ((0, 0), (0, width - values.shape[1])), constant_values=filler)


def _quality(items: np.ndarray, scores: np.ndarray, split: Split, k: int) -> float:
    """Return the mean NDCG of the lists by ``scores`` (users, width)."""
    order = np.argsort(-np.where(items >= 0, scores, -np.inf), axis=1, kind="stable")[:, :k]
    found = ranking.by_user(np.take_along_axis(items, order, axis=1), split.held_out, k)["ndcg"]
    return float(found.mean())
