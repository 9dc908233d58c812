"""Scores that are the same for everybody: number of likes, and likes weighted by their age."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from recsys.learners.lists.interactions import Interactions
from recsys.learners.lists.leaders import Leaders
from recsys.learners.lists.model import rounded, settings_table


@dataclass(frozen=True)
class ItemScores:
    """One score an item: ``values`` float64 (items) of ``item_ids``, for every user alike."""

    item_ids: np.ndarray
    values: np.ndarray

    def scores(self, histories: Interactions) -> np.ndarray:
        """Return the scores (users, items): the same row for every user."""
        return np.tile(rounded(self.values.copy()), (histories.user_count, 1))

    def leaders(self, histories: Interactions) -> Leaders:
        """Return the best unseen items of users."""
        from recsys.learners.lists import leader_kernels

        values, found = rounded(self.values.copy()), Leaders.empty(histories.user_count)
        order = np.argsort(-values, kind="stable")
        order = order[histories.is_candidate[order]]
        given = values, order, histories.begins, histories.items
        leader_kernels.of_items(*given, found.best, found.items, found.counts)
        return found

    def scores_of(self, histories: Interactions, rows: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Return the scores float64 (pairs) of pairs of a row and an item position."""
        return rounded(self.values[items])

    def with_items(self, item_ids: np.ndarray) -> ItemScores:
        """Return the scores of more items, ascending, that include those of the model; 0 for the others."""
        wider = np.zeros(len(item_ids))
        wider[np.searchsorted(item_ids, self.item_ids)] = self.values
        return ItemScores(item_ids, wider)

    def to_tables(self) -> Mapping[str, pa.Table]:
        """Return ``settings`` and ``item_scores (item_id, score)``."""
        return {
            "settings": settings_table({}),
            "item_scores": pa.table({"item_id": self.item_ids, "score": self.values}),
        }

    @classmethod
    def from_tables(cls, tables: Mapping[str, pa.Table]) -> ItemScores:
        """Return the model that `to_tables` wrote; rows in any order."""
        table = tables["item_scores"].sort_by("item_id")
        return cls(table["item_id"].to_numpy(), table["score"].to_numpy())


def popularity(interactions: Interactions) -> ItemScores:
    """Return the number of likes of each item."""
    return ItemScores(interactions.item_ids, interactions.like_counts.astype(np.float64))


def trending(interactions: Interactions, half_life: float) -> ItemScores:
    """Return likes weighted by 2^(-age / half-life), age counted back from the latest like.

    Parameters
    ----------
    interactions : Interactions
        Training data with times in ``seq``.
    half_life : float
        Age, in units of ``seq``, at which a like counts half.

    Raises
    ------
    ValueError
        Unless ``half_life`` is above 0.
    """
    if not half_life > 0:
        raise ValueError(f"half_life is {half_life}: expected a number above 0")
    liked = interactions.is_like
    times = interactions.seq[liked].astype(np.float64)
    weights = 2.0 ** ((times - times.max(initial=-np.inf)) / half_life)
    values = np.bincount(interactions.items[liked], weights, interactions.item_count)
    return ItemScores(interactions.item_ids, values)


def time_span(interactions: Interactions) -> float:
    """Return the time from the first like to the last, in units of ``seq``; 0 without times."""
    times = interactions.seq[interactions.is_like]
    return float(np.ptp(times)) if len(times) else 0.0
