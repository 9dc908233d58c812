"""Items that compete for a user's list with several models' scaled scores: input of blends and rankers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from recsys.evaluation import ranking
from recsys.learners.common.compiled import IS_COMPILED
from recsys.learners.lists.blend import Blend, Scale
from recsys.learners.lists.interactions import Interactions
from recsys.learners.lists.leaders import LARGE, Leaders, Leading, found_by
from recsys.learners.lists.model import ListModel
from recsys.learners.lists.split import Split
from recsys.learners.lists.threads import BLOCK_BYTES

AT_A_TIME = 256  # users of a block without rows of all scores
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
        blend = Blend(models, dict.fromkeys(models, 1.0))
        size = users_at_a_time(blend, histories.item_count)
        starts = range(0, histories.user_count, size)
        blocks = [histories.users(slice(begin, begin + size)) for begin in starts]

        def union(block: Interactions) -> tuple[np.ndarray, np.ndarray]:
            made = Competitors.of(blend, block)
            return made.items, made.scores

        with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
            found = list(pool.map(union, blocks))
        width = max((items.shape[1] for items, _ in found), default=0)
        items = np.concatenate([padded(items, width, -1) for items, _ in found])
        names = list(models)
        scores = {
            name: np.concatenate([padded(values[place], width, -np.inf) for _, values in found])
            for place, name in enumerate(names)
        }
        return cls(items, scores)

    def lists(self, weights: Mapping[str, float], k: int) -> np.ndarray:
        """Return the items int64 (users, k) by a weighted sum of scores, best first; -1 where a list ends."""
        total = sum(weight * self.scores[name] for name, weight in weights.items())
        found = _listed(self.items, np.asarray(total), k)
        return padded(found, k, ranking.NO_ITEM)

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
    scales : sequence of Scale
        What brings the scores of each part to z-scores.
    unscaled : sequence of float64 arrays (users, items of the blend), or None
        Scores of all items by each part, where rows of all scores were made.
    """

    items: np.ndarray
    scores: np.ndarray
    scales: Sequence[Scale]
    unscaled: Sequence[np.ndarray] | None

    @classmethod
    def of(cls, blend: Blend, histories: Interactions, has_rows: bool = False) -> Competitors:
        """Return the items that compete for the lists of a block of users.

        Rows of all scores are made where ``has_rows`` asks for them or nothing else finds these items; the
        results are the same.
        """
        return (None if has_rows else cls.of_leaders(blend, histories)) or cls._of_rows(blend, histories)

    @classmethod
    def of_leaders(cls, blend: Blend, histories: Interactions) -> Competitors | None:
        """Return the same without rows of all scores; None where these are needed, or are as fast."""
        known, parts = histories.with_items(blend.item_ids), list(blend.wide_parts.values())
        found = list[Leaders]()
        for part in parts:
            if (one := found_by(part, known)) is None:
                return None
            found.append(one)
        size, pairs = known.item_count, [one.pairs() for one in found]
        cells = np.unique(np.concatenate([rows * size + items for rows, items in pairs]))
        rows, columns = np.divmod(cells, size)
        unscaled = [part.scores_of(known, rows, columns) for part in parts if isinstance(part, Leading)]
        scales = [Scale.of(one.best) for one in found]
        return cls._placed(blend, histories, rows, columns, unscaled, scales)

    @classmethod
    def _of_rows(cls, blend: Blend, histories: Interactions) -> Competitors:
        unscaled, scales, competes = blend.rows(histories)
        rows, columns = np.nonzero(competes)
        listed = [scores[rows, columns] for scores in unscaled]
        return cls._placed(blend, histories, rows, columns, listed, scales, unscaled)

    @classmethod
    def _placed(
        cls,
        blend: Blend,
        histories: Interactions,
        rows: np.ndarray,
        columns: np.ndarray,
        listed: Sequence[np.ndarray],
        scales: Sequence[Scale],
        unscaled: Sequence[np.ndarray] | None = None,
    ) -> Competitors:
        """Return pairs of rows and items of the blend, and their scores by each part, as one row a user."""
        counts = np.bincount(rows, minlength=histories.user_count)
        is_there = np.arange(counts.max(initial=0)) < counts[:, None]
        items = np.full(is_there.shape, -1, np.int64)
        items[is_there] = np.searchsorted(histories.item_ids, blend.item_ids)[columns]
        values = np.full((len(listed), *is_there.shape), -np.inf)
        for place, (scores, scale) in enumerate(zip(listed, scales, strict=True)):
            values[place, is_there] = (scores - scale.means[rows, 0]) / scale.divisors[rows, 0]
        return cls(items, values, scales, unscaled)

    def strongest_part(self, weights: Sequence[float], rows: np.ndarray, places: np.ndarray) -> np.ndarray:
        """Return the number of the part that adds most to each of some scores, by row and place in it."""
        adds = [weight * scores[rows, places] for weight, scores in zip(weights, self.scores, strict=True)]
        found: np.ndarray = np.stack(adds).argmax(axis=0)
        return found


def users_at_a_time(blend: Blend, item_count: int) -> int:
    """Return the users of a block whose competitors are found together."""
    wide = blend.wide_parts.values()
    if IS_COMPILED and len(blend.item_ids) >= LARGE and all(isinstance(part, Leading) for part in wide):
        return AT_A_TIME
    return max(1, BLOCK_BYTES // (8 * max(1, item_count) * (len(blend.parts) + 2)))


def padded(values: np.ndarray, width: int, filler: float) -> np.ndarray:
    """Return rows of ``width`` values, filled at their ends."""
    return np.pad(values, ((0, 0), (0, width - values.shape[1])), constant_values=filler)


def _quality(items: np.ndarray, scores: np.ndarray, split: Split, k: int) -> float:
    """Return the mean NDCG of the lists by ``scores`` (users, width)."""
    return float(ranking.by_user(_listed(items, scores, k), split.held_out, k)["ndcg"].mean())


def _listed(items: np.ndarray, scores: np.ndarray, k: int) -> np.ndarray:
    """Return the k items with the highest ``scores`` (users, width), of equal ones the first."""
    order = np.argsort(-np.where(items >= 0, scores, -np.inf), axis=1, kind="stable")[:, :k]
    return np.take_along_axis(items, order, axis=1)
