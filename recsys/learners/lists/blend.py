"""A weighted sum of several models' scores, each brought to a common scale for each user.

The scale of a model for a user is the mean and standard deviation of the user's best unseen scores: a z-score
among the items that compete for the list. Z-scores over all items would follow the bulk that never competes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np
import pyarrow as pa

from recsys.learners.common.compiled import IS_COMPILED
from recsys.learners.lists.interactions import Interactions, positions
from recsys.learners.lists.leaders import COUNT
from recsys.learners.lists.model import ExplainedModel, ListModel, rounded

COMPETING = COUNT  # best unseen items of a user by which scores are scaled
OUTSIDE = 1000.0  # how far items that do not compete stand below those that do


@dataclass(frozen=True)
class Scale:
    """Hold ``means`` and ``divisors`` (users, 1) that turn a part's scores into z-scores."""

    means: np.ndarray
    divisors: np.ndarray

    @classmethod
    def of(cls, best: np.ndarray) -> Scale:
        """Return the scale by each user's best unseen scores, see `competing`."""
        deviations = best.std(axis=1, keepdims=True)
        return cls(best.mean(axis=1, keepdims=True), np.where(deviations > 0, deviations, 1.0))

    def applied(self, scores: np.ndarray) -> np.ndarray:
        """Return the z-scores of scores (users, items)."""
        found: np.ndarray = scores - self.means
        found /= self.divisors
        return found


@dataclass(frozen=True)
class Scored:
    """Hold scores of a block of users, and those of the parts that they were made of.

    Parameters
    ----------
    total : float64 array (users, items)
        Scores of the whole.
    order : float64 array (users, items)
        The same, those of items that do not compete lowered by `OUTSIDE`.
    weights : sequence of float
        One weight for each part.
    unscaled : sequence of float64 arrays (users, items)
        Scores of each part as its model has them.
    scales : sequence of Scale
        What brings these of each part to z-scores.
    """

    total: np.ndarray
    order: np.ndarray
    weights: Sequence[float]
    unscaled: Sequence[np.ndarray]
    scales: Sequence[Scale]

    def strongest_part(self, rows: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Return the number of the part that adds most to each of some scores, by row and item position."""
        adds = [
            weight * ((scores[rows, items] - scale.means[rows, 0]) / scale.divisors[rows, 0])
            for weight, scores, scale in zip(self.weights, self.unscaled, self.scales, strict=True)
        ]
        found: np.ndarray = np.stack(adds).argmax(axis=0)
        return found


@runtime_checkable
class Widened(Protocol):
    """A model that can have more items."""

    def with_items(self, item_ids: np.ndarray) -> ListModel:
        """Return the same model of more items, ascending, that include its own."""


@runtime_checkable
class Composite(ListModel, Protocol):
    """A list model that is made of others."""

    parts: Mapping[str, ListModel]

    @property
    def plain(self) -> Blend:
        """Return the blend whose best items compete."""

    def scored(self, histories: Interactions) -> Scored:
        """Return the scores of a block of users, and those of the parts."""

    def totals(self, competing: CompetingScores, histories: Interactions) -> np.ndarray:
        """Return the scores float64 (users, width) of the competing items; any number where there is none."""


class CompetingScores(Protocol):
    """Items that compete for the lists of users, see `competition.Competitors`."""

    @property
    def items(self) -> np.ndarray:
        """Return positions int64 (users, width) in the catalogue, -1 where there are fewer."""

    @property
    def scores(self) -> np.ndarray:
        """Return their scaled scores float64 (parts, users, width)."""


@dataclass(frozen=True)
class Blend:
    """Models and their weights; an item that a part does not know has that part's score 0.

    Parameters
    ----------
    parts : mapping of name to ListModel
        At least one model.
    weights : mapping of name to float
        One weight for each part.
    """

    parts: Mapping[str, ListModel]
    weights: Mapping[str, float]

    @cached_property
    def item_ids(self) -> np.ndarray:
        """Items that any part scores, ascending."""
        found = [model.item_ids for model in self.parts.values()]
        if all(np.array_equal(found[0], one) for one in found):
            return found[0]
        return np.unique(np.concatenate(found))

    def scores(self, histories: Interactions) -> np.ndarray:
        """Return the weighted sums float64 (users, items) of the parts' scaled scores."""
        return self.scored(histories).total

    @property
    def plain(self) -> Blend:
        """The blend whose best items compete: this one."""
        return self

    @cached_property
    def wide_parts(self) -> Mapping[str, ListModel]:
        """The parts with all items of the blend, where they can be widened."""
        return {
            name: model.with_items(self.item_ids) if isinstance(model, Widened) else model
            for name, model in self.parts.items()
        }

    def scored(self, histories: Interactions) -> Scored:
        """Return the weighted sums of the parts' scaled scores, and what they are made of."""
        unscaled, scales, competes = self.rows(histories)
        total = self.sum_of(unscaled, scales)
        return Scored(total, np.where(competes, total, total - OUTSIDE), self.shares, unscaled, scales)

    def rows(self, histories: Interactions) -> tuple[list[np.ndarray], list[Scale], np.ndarray]:
        """Return scores (users, items) and scale of each part, and which items compete (users, items)."""
        known = histories.with_items(self.item_ids)
        unscaled = [self.unscaled(name, histories) for name in self.parts]
        best = [competing(scores, known) for scores in unscaled]
        may = np.tile(known.is_candidate, (known.user_count, 1))
        may[known.rows, known.items] = False
        competes = np.zeros(may.shape, bool)
        for scores, one in zip(unscaled, best, strict=True):
            mark(scores, one[:, 0], may, competes)
        return unscaled, [Scale.of(one) for one in best], competes

    @cached_property
    def shares(self) -> list[float]:
        """The weight of each part, in their order."""
        return [self.weights[name] for name in self.parts]

    def sum_of(self, unscaled: Sequence[np.ndarray], scales: Sequence[Scale]) -> np.ndarray:
        """Return the weighted sum of the scores of each part (users, items), scaled."""
        total = np.zeros_like(unscaled[0])
        for weight, scores, scale in zip(self.shares, unscaled, scales, strict=True):
            scaled = scale.applied(scores)
            scaled *= weight
            total += scaled
        return rounded(total)

    def totals(self, competing: CompetingScores, histories: Interactions) -> np.ndarray:
        """Return the weighted sums float64 (users, width) of the competing items' scaled scores."""
        total = np.zeros(competing.items.shape)
        for weight, scores in zip(self.shares, competing.scores, strict=True):
            total += np.where(competing.items >= 0, weight * scores, 0.0)
        return rounded(total)

    def part(self, name: str, histories: Interactions) -> np.ndarray:
        """Return the scaled scores float64 (users, items) of one part."""
        found = self.unscaled(name, histories)
        scale = Scale.of(competing(found, histories.with_items(self.item_ids)))
        return scale.applied(found)

    def unscaled(self, name: str, histories: Interactions) -> np.ndarray:
        """Return the scores float64 (users, items) of one part as its model has them."""
        model = self.parts[name]
        return self._wide(model, model.scores(histories))

    def start(self, history: Interactions) -> float:
        """Return what the scale of one user adds to every score: the score without any contribution."""
        return float(-sum(share * mean for share, mean in self._shares(history).values()))

    def contributions(self, history: Interactions, item: int) -> np.ndarray:
        """Return what each entry of a user's history adds to the score of an item, float64 (entries).

        The sum and `start` make the score. Parts that are no sums over the history add nothing here.
        """
        shares = self._shares(history)
        found = np.zeros(history.entry_count)
        for name, (share, _) in shares.items():
            model = self.parts[name]
            place = self._place(model, item)
            if isinstance(model, ExplainedModel) and place is not None:
                found += share * model.contributions(history, place)
        return found

    def unexplained(self, history: Interactions, item: int) -> dict[str, float]:
        """Return what each part that is no sum over the history adds to the score of an item position."""
        found = {}
        for name, (share, _) in self._shares(history).items():
            model = self.parts[name]
            place = self._place(model, item)
            if not isinstance(model, ExplainedModel) and place is not None:
                found[name] = share * float(model.scores(history)[0, place])
        return found

    def _place(self, model: ListModel, item: int) -> int | None:
        """Return the position of an item (position in `item_ids`) in a part; None where the part lacks it."""
        place = int(positions(model.item_ids, self.item_ids[[item]])[0])
        return place if place < len(model.item_ids) else None

    def _shares(self, history: Interactions) -> dict[str, tuple[float, float]]:
        """Return the factor of each part's scores for one user, and the mean that is taken off them."""
        found = {}
        for name, model in self.parts.items():
            best = competing(self._wide(model, model.scores(history)), history.with_items(self.item_ids))
            deviation = float(best.std()) or 1.0
            found[name] = self.weights[name] / deviation, float(best.mean())
        return found

    def _wide(self, model: ListModel, scores: np.ndarray) -> np.ndarray:
        """Return scores of a part's items as scores of all items, 0 for the others."""
        if len(model.item_ids) == len(self.item_ids):
            return scores
        wider = np.zeros((len(scores), len(self.item_ids)))
        wider[:, np.searchsorted(self.item_ids, model.item_ids)] = scores
        return wider

    def to_tables(self) -> Mapping[str, pa.Table]:
        """Return ``blend_weights (model, weight)``; the parts are relations of their own."""
        names = list(self.parts)
        return {"blend_weights": pa.table({"model": names, "weight": [self.weights[name] for name in names]})}

    @classmethod
    def from_tables(cls, tables: Mapping[str, pa.Table], parts: Mapping[str, ListModel]) -> Blend:
        """Return the blend that `to_tables` wrote, of parts that were read from their own relations."""
        table = tables["blend_weights"]
        weights = dict(zip(table["model"].to_pylist(), table["weight"].to_pylist(), strict=True))
        return cls({name: parts[name] for name in sorted(weights)}, weights)


def mark(scores: np.ndarray, limits: np.ndarray, may: np.ndarray, is_best: np.ndarray) -> None:
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


def competing(scores: np.ndarray, histories: Interactions) -> np.ndarray:
    """Return the best unseen scores of each user, ascending (users, at most `COMPETING`)."""
    count = min(COMPETING, scores.shape[1])
    if count == 0:
        return np.zeros((len(scores), 1))
    best = (_best_compiled if IS_COMPILED else _best)(scores, histories, count)
    worst = np.where(np.isinf(best), np.inf, best).min(axis=1, keepdims=True)
    return np.where(np.isinf(best), np.where(np.isinf(worst), 0.0, worst), best)


def _best(scores: np.ndarray, histories: Interactions, count: int) -> np.ndarray:
    """Return the best unseen scores of each user, ascending (users, count); -inf where there are fewer."""
    unseen = scores.copy()
    unseen[histories.rows, histories.items] = -np.inf
    unseen[:, ~histories.is_candidate] = -np.inf
    return np.sort(np.partition(unseen, unseen.shape[1] - count, axis=1)[:, -count:], axis=1)


def _best_compiled(scores: np.ndarray, histories: Interactions, count: int) -> np.ndarray:
    """Return the same as `_best`, many times faster."""
    from recsys.learners.lists import top_kernels

    columns = np.flatnonzero(histories.is_candidate)
    places = np.full(histories.item_count, -1)
    places[columns] = np.arange(len(columns))
    chosen, found = np.zeros((len(scores), count), np.int64), np.full((len(scores), count), -np.inf)
    top_kernels.largest(scores, columns, histories.begins, places[histories.items], chosen, found)
    return np.ascontiguousarray(found[:, ::-1])
