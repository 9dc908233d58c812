"""Lists for everybody: blocks of users, each with items, scores and reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from recsys.learners.lists.interactions import Interactions
from recsys.learners.lists.model import ListModel
from recsys.learners.lists.reasons import NO_REASON
from recsys.learners.lists.top import Top, top
from recsys.project.contract import Context

Pairs = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Excluded:
    """Items that are left out of some users' lists: two arrays (pairs), ascending by user."""

    user_ids: np.ndarray
    item_ids: np.ndarray

    @classmethod
    def of(cls, held_out: pa.Table) -> Excluded:
        """Return the pairs of ``held_out (user_id, item_id)``, its rows in any order."""
        table = held_out.sort_by("user_id")
        return cls(table["user_id"].to_numpy(), table["item_id"].to_numpy())

    @property
    def most(self) -> int:
        """Return the largest number of items that are left out of a list."""
        return int(np.unique(self.user_ids, return_counts=True)[1].max(initial=0))

    def pairs(self, user_ids: np.ndarray) -> Pairs:
        """Return the pairs (rows, item ids) of some users (ascending)."""
        begins, ends = (np.searchsorted(self.user_ids, user_ids, side) for side in ("left", "right"))
        counts = ends - begins
        entries = np.repeat(begins - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
        return np.repeat(np.arange(len(user_ids)), counts), self.item_ids[entries]

    def kept(self, user_ids: np.ndarray, listed: np.ndarray) -> np.ndarray:
        """Return a mask of the ids ``listed`` (users, k) that are not left out."""
        rows, items = self.pairs(user_ids)
        left_out = rows * (1 << 32) + items
        return ~np.isin(np.arange(len(listed))[:, None] * (1 << 32) + listed, left_out)


@dataclass(frozen=True)
class Maker:
    """Makes lists of ``length`` items by one model.

    Parameters
    ----------
    name : str
        Of the model.
    model : ListModel
        What scores.
    length : int
        Items in a list, at most.
    schema : Arrow schema
        Of ``marts.recommendations``.
    """

    name: str
    model: ListModel
    length: int
    schema: pa.Schema

    def rows(
        self,
        history: Interactions,
        excluded: Excluded,
        values: np.ndarray,
        context: Context,
        like_counts: np.ndarray | None = None,
        **how: Any,
    ) -> Iterator[pa.RecordBatch]:
        """Yield the lists of a block of users at a time, in the order of the users.

        Parameters
        ----------
        history : Interactions
            What the users interacted with.
        excluded : Excluded
            Items that are left out of some lists.
        values : float64 array (entries)
            The owner's values of the interactions.
        context : Context
            Threads, and where to report progress.
        like_counts : int array (items of the history), optional
            Likes of all users. Default: those of the history.
        **how
            ``allowed`` and ``keeps_seen`` of `recsys.learners.lists.top.top`.
        """
        users, longest = history.user_count, self.length + excluded.most
        counts = history.like_counts if like_counts is None else like_counts
        for block in top(self.model, history, counts, longest, context.threads, has_reasons=True, **how):
            entries = slice(history.begins[block.rows.start], history.begins[block.rows.stop])
            yield self._block(block, history.users(block.rows), excluded, values[entries])
            context.report(block.rows.stop / users, f"lists of {block.rows.stop:,} of {users:,} users")

    def _block(
        self, block: Top, histories: Interactions, excluded: Excluded, values: np.ndarray
    ) -> pa.RecordBatch:
        items = np.where(block.items < 0, -1, histories.item_ids[block.items])
        kept = (items >= 0) & excluded.kept(histories.user_ids, items)
        rank = np.cumsum(kept, axis=1)
        row, column = np.nonzero(kept & (rank <= self.length))
        reason = block.reasons[row, column]
        has_none = reason == NO_REASON
        entry = np.where(has_none, len(values), reason)  # past the end: an entry for those without a reason
        interacted, value = np.append(histories.items, 0), np.append(values, np.nan)
        made = [
            pa.array(histories.user_ids[row]),
            pa.array(rank[row, column]),
            pa.array(items[row, column]),
            pa.array(block.scores[row, column]),
            pa.array([self.name] * len(row), pa.string()),
            pa.array(histories.item_ids[interacted[entry]], mask=has_none),
            pa.array(value[entry], mask=has_none),
        ]
        return pa.RecordBatch.from_arrays(
            [column.cast(field.type) for column, field in zip(made, self.schema, strict=True)],
            schema=self.schema,
        )


def aligned(table: pa.Table, column: str) -> np.ndarray:
    """Return a column float64 in the order of the entries of `Interactions`: by user, then by item."""
    user, item, values = (table[name].to_numpy() for name in ("user_id", "item_id", column))
    found: np.ndarray = values[np.lexsort((item, user))].astype(np.float64)
    return found
