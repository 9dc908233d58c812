"""The best items of every user: blocks of scores, without seen items, ties by number of likes, then id."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from recsys.learners.common.blas import one_thread
from recsys.learners.common.compiled import IS_COMPILED
from recsys.learners.lists.blend import Composite
from recsys.learners.lists.interactions import Interactions, positions
from recsys.learners.lists.model import STEP, ListModel
from recsys.learners.lists.reasons import NO_REASON, strongest
from recsys.learners.lists.weighting import SparseRows, SumOverHistory

BLOCK_BYTES = 64 << 20  # scores of a block of users, for each thread
MOST_USERS = 4096  # of a block without such scores
FEW_SCORES = 20_000  # to sort so many takes less time than to load the compiled choice


@dataclass(frozen=True)
class Top:
    """Lists of a block of users, best first.

    Parameters
    ----------
    rows : slice
        The users of the block.
    items : int64 array (users, k)
        Item positions in the catalogue of the histories; -1 where a list has ended.
    scores : float64 array (users, k)
        Scores; NaN where a list has ended.
    reasons : int64 array (users, k)
        Entry of the block's histories that adds most to a score; `NO_REASON` for none, or if not asked for.
    """

    rows: slice
    items: np.ndarray
    scores: np.ndarray
    reasons: np.ndarray


def top(
    model: ListModel,
    histories: Interactions,
    like_counts: np.ndarray,
    k: int,
    threads: int = 2,
    block_bytes: int = BLOCK_BYTES,
    allowed: np.ndarray | None = None,
    keeps_seen: bool = False,
    has_reasons: bool = False,
) -> Iterator[Top]:
    """Yield the lists of all users, block by block, in their order.

    Parameters
    ----------
    model : ListModel
        Scores the items of the model; items that it does not know follow, by number of likes.
    histories : Interactions
        What the users interacted with: the input of the model, and left out of the lists.
    like_counts : int array (items of the histories)
        Breaks ties: more likes first, then the lower id.
    k : int
        Length of a list; shorter where fewer items are left.
    threads : int
        Blocks that are computed at a time; lists are the same for any number.
    block_bytes : int
        Memory of the scores of a block; lists are the same for any size.
    allowed : bool array (items of the histories), optional
        Items that a filter lets through, on top of ``histories.is_candidate``.
    keeps_seen : bool
        Whether items of the history may be in the list.
    has_reasons : bool
        Whether to find the interaction that adds most to each score.
    """
    order = _Order.of(model, histories, like_counts, allowed, keeps_seen)
    is_sparse = getattr(model, "few_weights", None) is not None
    size = max(1, block_bytes // (16 * max(1, len(model.item_ids))))
    if is_sparse:  # no row of all scores
        size = max(size, min(MOST_USERS, -(-histories.user_count // (4 * threads))))
    starts = range(0, histories.user_count, size)
    blocks = [slice(start, min(start + size, histories.user_count)) for start in starts]
    with one_thread(), ThreadPoolExecutor(threads) as pool:
        for begin in range(0, len(blocks), 2 * threads):  # no more lists wait than are computed
            some = blocks[begin : begin + 2 * threads]
            yield from pool.map(lambda rows: order.best(model, histories, rows, k, has_reasons), some)


def gathered(lists: Iterator[Top], user_count: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return item positions and scores (users, k) of all blocks."""
    items, scores = np.full((user_count, k), -1, np.int64), np.full((user_count, k), np.nan)
    for block in lists:
        items[block.rows, : block.items.shape[1]] = block.items
        scores[block.rows, : block.scores.shape[1]] = block.scores
    return items, scores


@dataclass(frozen=True)
class _Order:
    """Hold the items of a model in the order of ties.

    ``columns`` (m) are columns of the scores and ``items`` (m) the same items' positions in the catalogue,
    most liked first; ``others`` are catalogue positions that the model does not score, most liked first.
    ``places`` (catalogue) is the place of an item in ``items``, -1 for none, and ``column_of`` (catalogue)
    its column, the number of columns for none.
    """

    columns: np.ndarray
    items: np.ndarray
    others: np.ndarray
    places: np.ndarray
    column_of: np.ndarray
    keeps_seen: bool

    @classmethod
    def of(
        cls,
        model: ListModel,
        histories: Interactions,
        like_counts: np.ndarray,
        allowed: np.ndarray | None,
        keeps_seen: bool,
    ) -> _Order:
        may = histories.is_candidate if allowed is None else histories.is_candidate & allowed
        items = np.argsort(-like_counts, kind="stable")  # positions ascend with ids
        items = items[may[items]]
        column_of = positions(model.item_ids, histories.item_ids)
        known = column_of[items] < len(model.item_ids)
        places = np.full(histories.item_count, -1)
        places[items[known]] = np.arange(known.sum())
        return cls(column_of[items[known]], items[known], items[~known], places, column_of, keeps_seen)

    def best(self, model: ListModel, histories: Interactions, rows: slice, k: int, has_reasons: bool) -> Top:
        block, scored = histories.users(rows), None
        seen = np.full(len(block.items), -1) if self.keeps_seen else self.places[block.items]
        count = min(k, len(self.columns))
        if (stored := getattr(model, "few_weights", None)) is not None:
            chosen, values = self._largest_of_sums(model, stored, block, seen, count)  # type: ignore[arg-type]
        else:
            scored = model.scored(block) if isinstance(model, Composite) else None
            scores = model.scores(block) if scored is None else scored.total
            choose = _largest_compiled if IS_COMPILED and scores.size > FEW_SCORES else _largest
            chosen, values = choose(scores, self.columns, block.begins, seen, count)
        items = np.where(np.isnan(values), -1, self.items[chosen] if len(self.items) else -1)
        if (np.isnan(values).any() or items.shape[1] < k) and len(self.others):
            items, values = self._filled(block, items, values, k)
        reasons = np.full(items.shape, NO_REASON)
        if has_reasons:
            users, places = np.nonzero(items >= 0)
            ids = histories.item_ids[items[users, places]]
            reasons[users, places] = strongest(model, block, users, ids, scored)
        return Top(rows, items, values, reasons)

    def _largest_of_sums(
        self, model: SumOverHistory, stored: SparseRows, block: Interactions, seen: np.ndarray, k: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return what `_largest` returns, of scores that are sums of few weights."""
        from recsys.learners.lists import top_kernels

        places = np.full(len(model.item_ids), -1)
        places[self.columns] = np.arange(len(self.columns))
        chosen, values = _empty(block.user_count, k)
        if k:
            given = block.begins, self.column_of[block.items], model.strengths(block)
            top_kernels.largest_of_sums(*given, stored, places, self.columns, seen, STEP, chosen, values)
        return chosen, values

    def _filled(
        self, block: Interactions, items: np.ndarray, values: np.ndarray, k: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the lists with unscored items at their ends, of score 0."""
        width = min(k, items.shape[1] + len(self.others))
        longer = np.full((len(items), width), -1, np.int64), np.full((len(items), width), np.nan)
        for user in range(len(items)):
            listed = items[user][items[user] >= 0]
            seen = block.items[block.begins[user] : block.begins[user + 1]]
            seen = seen[: 0 if self.keeps_seen else None]
            further = self.others[: k + len(seen)]
            further = further[~np.isin(further, seen)][: width - len(listed)]
            longer[0][user, : len(listed) + len(further)] = np.concatenate([listed, further])
            longer[1][user, : len(listed)] = values[user][: len(listed)]
            longer[1][user, len(listed) : len(listed) + len(further)] = 0.0
        return longer


def _largest(
    scores: np.ndarray, columns: np.ndarray, begins: np.ndarray, seen: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return places among ``columns`` and scores of the k best, of equal ones the first; NaN for none."""
    chosen, values = _empty(len(scores), k)
    if k == 0:
        return chosen, values
    for user in range(len(scores)):
        row = scores[user, columns]
        mine = seen[begins[user] : begins[user + 1]]
        row[mine[mine >= 0]] = -np.inf
        limit = np.partition(row, len(row) - k)[len(row) - k]
        places = np.flatnonzero((row >= limit) & (row > -np.inf))
        places = places[np.argsort(-row[places], kind="stable")][:k]
        chosen[user, : len(places)] = places
        values[user, : len(places)] = row[places]
    return chosen, values


def _largest_compiled(
    scores: np.ndarray, columns: np.ndarray, begins: np.ndarray, seen: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the same as `_largest`, many times faster."""
    from recsys.learners.lists import top_kernels

    chosen, values = _empty(len(scores), k)
    if k:
        top_kernels.largest(scores, columns, begins, seen, chosen, values)
    return chosen, values


def _empty(users: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return places and scores (users, k) of empty lists."""
    return np.zeros((users, k), np.int64), np.full((users, k), np.nan)


def load_kernels() -> None:
    """Load the machine code that makes lists from item weights, which takes longer than some lists do."""
    if IS_COMPILED:
        from recsys.learners.lists import top_kernels

        none, nothing = np.zeros(0, np.int64), np.zeros(0)
        begins, stored = (
            np.zeros(2, np.int64),
            (np.zeros(1, np.int64), none.astype(np.int32), nothing.astype(np.float32)),
        )
        top_kernels.largest_of_sums(begins, none, nothing, stored, none, none, none, STEP, *_empty(1, 1))
        top_kernels.strongest_entries(begins, none, nothing, stored, begins, none, none)
