"""The best items of every user: blocks of scores, without seen items, ties by number of likes, then id."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from recsys.learners.common.blas import one_thread
from recsys.learners.common.compiled import IS_COMPILED
from recsys.learners.lists.blend import Composite
from recsys.learners.lists.competition import Competitors, padded, users_at_a_time
from recsys.learners.lists.interactions import Interactions, positions
from recsys.learners.lists.model import STEP, ListModel
from recsys.learners.lists.reasons import NO_REASON, strongest
from recsys.learners.lists.threads import BLOCK_BYTES
from recsys.learners.lists.weighting import SparseRows, SumOverHistory

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
    order = replace(order, users=size)
    if is_sparse:  # no row of all scores
        size = max(size, min(MOST_USERS, -(-histories.user_count // (4 * threads))))
    elif isinstance(model, Composite) and order.is_plain:
        size = max(size, users_at_a_time(model.plain, histories.item_count))
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
    its column, the number of columns for none. ``is_plain`` tells whether nothing but seen items is left out,
    and ``users`` is the number of rows of all scores that fit into memory.
    """

    columns: np.ndarray
    items: np.ndarray
    others: np.ndarray
    places: np.ndarray
    column_of: np.ndarray
    keeps_seen: bool
    is_plain: bool
    users: int = 1

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
        is_plain = allowed is None and not keeps_seen
        return cls(
            column_of[items[known]], items[known], items[~known], places, column_of, keeps_seen, is_plain
        )

    def best(self, model: ListModel, histories: Interactions, rows: slice, k: int, has_reasons: bool) -> Top:
        block = histories.users(rows)
        if isinstance(model, Composite):
            return self._best_of_composite(model, block, rows, k, has_reasons)
        seen = np.full(len(block.items), -1) if self.keeps_seen else self.places[block.items]
        count = min(k, len(self.columns))
        if (stored := getattr(model, "few_weights", None)) is not None:
            chosen, values = self._largest_of_sums(model, stored, block, seen, count)  # type: ignore[arg-type]
        else:
            scores = model.scores(block)
            choose = _largest_compiled if IS_COMPILED and scores.size > FEW_SCORES else _largest
            chosen, values = choose(scores, self.columns, block.begins, seen, count)
        items = np.where(np.isnan(values), -1, self.items[chosen] if len(self.items) else -1)
        if (np.isnan(values).any() or items.shape[1] < k) and len(self.others):
            items, values = self._filled(block, items, values, k)
        return self._with_reasons(model, block, rows, items, values, None, has_reasons)

    def _with_reasons(
        self,
        model: ListModel,
        block: Interactions,
        rows: slice,
        items: np.ndarray,
        values: np.ndarray,
        parts: np.ndarray | None,
        has_reasons: bool,
    ) -> Top:
        """Return lists with their reasons; ``parts`` (users, k) are those that add most to a score."""
        reasons = np.full(items.shape, NO_REASON)
        if has_reasons:
            users, places = np.nonzero(items >= 0)
            ids = block.item_ids[items[users, places]]
            given = None if parts is None else parts[users, places]
            reasons[users, places] = strongest(model, block, users, ids, given)
        return Top(rows, items, values, reasons)

    def _best_of_composite(
        self, model: Composite, block: Interactions, rows: slice, k: int, has_reasons: bool
    ) -> Top:
        """Return the lists of a model that is made of others: of what competes, if that is enough."""
        if self.is_plain and (found := self._of_competitors(model, block, k)) is not None:
            items, values, parts = found
            return self._with_reasons(model, block, rows, items, values, parts, has_reasons)
        begins = range(0, block.user_count, self.users)
        lists = [self._of_rows(model, block.users(slice(begin, begin + self.users)), k) for begin in begins]
        width = max((items.shape[1] for items, _, _ in lists), default=0)
        items, values, parts = (
            np.concatenate([padded(found[place], width, filler) for found in lists])
            for place, filler in enumerate((-1, np.nan, 0))
        )
        return self._with_reasons(model, block, rows, items, values, parts, has_reasons)

    def _of_competitors(
        self, model: Composite, block: Interactions, k: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """Return items, scores and strongest parts (users, k); None where too few items compete."""
        known = block.with_items(model.item_ids)
        if (made := Competitors.of_leaders(model.plain, known)) is None:
            return None
        catalogue = np.searchsorted(block.item_ids, model.item_ids)
        items = np.where(made.items >= 0, catalogue[made.items], -1)
        places = np.where(items >= 0, self.places[items], -1)
        count = min(k, len(self.columns))
        if (places >= 0).sum(axis=1).min(initial=count) < count:
            return None
        totals = np.where(places >= 0, model.totals(made, known), -np.inf)
        by_place = np.argsort(np.where(places >= 0, places, len(self.items)), axis=1, kind="stable")
        by_score = np.argsort(-np.take_along_axis(totals, by_place, axis=1), axis=1, kind="stable")
        chosen = np.take_along_axis(by_place, by_score[:, :count], axis=1)
        users = np.repeat(np.arange(block.user_count), count)
        parts = made.strongest_part(model.plain.shares, users, chosen.ravel()).reshape(chosen.shape)
        return np.take_along_axis(items, chosen, axis=1), np.take_along_axis(totals, chosen, axis=1), parts

    def _of_rows(
        self, model: Composite, block: Interactions, k: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the same from the scores of all items: those that don't compete stand below the others."""
        scored, count = model.scored(block), min(k, len(self.columns))
        seen = np.full(len(block.items), -1) if self.keeps_seen else self.places[block.items]
        choose = _largest_compiled if IS_COMPILED and scored.order.size > FEW_SCORES else _largest
        chosen, order = choose(scored.order, self.columns, block.begins, seen, count)
        is_there = ~np.isnan(order)
        items = np.where(is_there, self.items[chosen] if len(self.items) else -1, -1)
        values, parts = np.full(items.shape, np.nan), np.zeros(items.shape, np.int64)
        users, places = np.nonzero(is_there)
        columns = self.columns[chosen[users, places]]
        values[users, places] = scored.total[users, columns]
        parts[users, places] = scored.strongest_part(users, columns)
        if (not is_there.all() or items.shape[1] < k) and len(self.others):
            items, values = self._filled(block, items, values, k)
            parts = padded(parts, items.shape[1], 0)
        return items, values, parts

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
