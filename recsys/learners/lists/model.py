"""The protocol of a list model: a score for every user and item, and the parts that a score is a sum of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pyarrow as pa

from recsys.learners.lists.interactions import Interactions

STEP = 2.0**-30  # scores are rounded to multiples of it, so that equal scores stay equal in any order of sums


class ListModel(Protocol):
    """A fitted model that scores the items ``item_ids`` (ascending) from histories, of users known or not."""

    @property
    def item_ids(self) -> np.ndarray:
        """Return the ids of the items that the model scores, ascending."""

    def scores(self, histories: Interactions) -> np.ndarray:
        """Return the scores float64 (users, items of the model), multiples of `STEP`.

        A row depends on its own history alone: the same for any other users of the block.
        """

    def to_tables(self) -> Mapping[str, pa.Table]:
        """Return the model as relations: ``settings (key, value)`` and what the model adds."""


@runtime_checkable
class ExplainedModel(ListModel, Protocol):
    """A list model whose scores are sums over the history."""

    def contributions(self, history: Interactions, item: int) -> np.ndarray:
        """Return what each entry of a user's history adds to the score of an item, float64 (entries).

        The sum is the score, up to `STEP`.
        """


@runtime_checkable
class WeightedModel(ExplainedModel, Protocol):
    """A list model whose contributions are the strength of an interaction times a weight of the items."""

    def strengths(self, history: Interactions) -> np.ndarray:
        """Return how strongly each entry of a history counts, float64 (entries)."""


def rounded(scores: np.ndarray) -> np.ndarray:
    """Round scores to multiples of `STEP`, in place; the same array."""
    scores /= STEP
    np.rint(scores, out=scores)
    scores *= STEP
    return scores


def settings_table(settings: Mapping[str, Any]) -> pa.Table:
    """Return settings as a relation ``(key, value)`` of texts."""
    return pa.table(
        {
            "key": pa.array(list(settings), pa.string()),
            "value": pa.array(map(str, settings.values()), pa.string()),
        }
    )


def settings_of(table: pa.Table) -> dict[str, str]:
    """Return the mapping that `settings_table` wrote."""
    return dict(zip(table["key"].to_pylist(), table["value"].to_pylist(), strict=True))
