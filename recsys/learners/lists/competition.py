"""Items that compete for a user's list with several models' scaled scores: input of blends and rankers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from recsys.evaluation import ranking
from recsys.learners.lists.blend import COMPETING, Blend
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
    def of(cls, models: Mapping[str, ListModel], histories: Interactions) -> Competing:
        """Return the union of the models' best items, block by block."""
        size = max(1, BLOCK_BYTES // (8 * max(1, histories.item_count) * (len(models) + 2)))
        starts = range(0, histories.user_count, size)
        blocks = [histories.users(slice(begin, begin + size)) for begin in starts]
        blend = Blend(models, dict.fromkeys(models, 1.0))
        found = [competitors(blend, block)[:2] for block in blocks]
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


def competitors(blend: Blend, histories: Interactions) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the union of each user's best items of every part of a blend.

    Returns
    -------
    items : int64 array (users, width)
        Positions in the catalogue, ascending, -1 where there are fewer.
    scores : float64 array (parts, users, width)
        Their scaled scores; below every other where there are fewer.
    all_scores : float64 array (parts, users, items of the blend)
        Scaled scores of all items.
    """
    known = histories.with_items(blend.item_ids)
    made = [blend.part_with_limits(name, histories) for name in blend.parts]
    scores = np.stack([one for one, _ in made])
    is_best = np.zeros(scores.shape[1:], bool)
    may = np.tile(known.is_candidate, (len(is_best), 1))
    may[known.rows, known.items] = False
    for one, limits in made:
        is_best |= _best_of(one, limits, may)
    counts = is_best.sum(axis=1)
    is_there = np.arange(counts.max(initial=0)) < counts[:, None]
    rows, columns = np.nonzero(is_best)
    items = np.full(is_there.shape, -1, np.int64)
    items[is_there] = np.searchsorted(histories.item_ids, blend.item_ids)[columns]
    values = np.full((len(scores), *is_there.shape), -np.inf)
    values[:, is_there] = scores[:, rows, columns]
    return items, values, scores


def _best_of(scores: np.ndarray, limits: np.ndarray, may: np.ndarray) -> np.ndarray:
    """Return which scores (users, items) are at least the user's limit.

    At most `COMPETING` a user: where more are, those equal to the limit are left out. They are items that a
    model does not tell apart, such as all that share no user with the history.
    """
    found = may & (scores >= limits)
    is_tied = found.sum(axis=1) > COMPETING
    found[is_tied] = may[is_tied] & (scores[is_tied] > limits[is_tied])
    return found


def _padded(values: np.ndarray, width: int, filler: float) -> np.ndarray:
    return np.pad(values, ((0, 0), (0, width - values.shape[1])), constant_values=filler)


def _quality(items: np.ndarray, scores: np.ndarray, split: Split, k: int) -> float:
    """Return the mean NDCG of the lists by ``scores`` (users, width)."""
    order = np.argsort(-np.where(items >= 0, scores, -np.inf), axis=1, kind="stable")[:, :k]
    found = ranking.by_user(np.take_along_axis(items, order, axis=1), split.held_out, k)["ndcg"]
    return float(found.mean())
