"""Compiled search for the best unseen items of each user, see `leaders`."""

from __future__ import annotations

import numpy as np

from recsys.learners.common.compiled import compiled
from recsys.learners.lists.top_kernels import rise, sink

NEVER = -1e300  # the score of an item that may not be listed: machine code has no infinities


@compiled
def of_sums(begins, items, values, weights, may, step, best, listed, counts):  # type: ignore[no-untyped-def]
    """Find the leaders by scores that are sums of stored weights; a score without any is 0.

    Entries, ``weights`` and ``step`` are as in `top_kernels.largest_of_sums`, and ``may`` (items) tells the
    items that may be recommended. ``counts`` is -1 where scores of 0 or less lead.
    """
    starts, columns, stored = weights
    size, k, allowed = len(may), best.shape[1], may.sum()
    stamps, touches, touched = np.full(size, -1), np.full(size, -1), np.empty(size, np.int64)
    totals, held, at = np.zeros(size), np.empty(k), np.empty(k, np.int64)
    for user in range(len(counts)):
        found, left = 0, allowed
        for entry in range(begins[user], begins[user + 1]):
            stamps[items[entry]] = user
            left -= may[items[entry]]
            value = values[entry]
            for number in range(starts[items[entry]], starts[items[entry] + 1]):
                column = columns[number]
                if touches[column] != user:
                    touches[column], totals[column], touched[found] = user, 0.0, column
                    found += 1
                totals[column] += value * stored[number]
        positive, zero, count = 0, left, 0
        for place in range(found):
            item = touched[place]
            if not may[item] or stamps[item] == user:
                totals[item] = 0.0
                continue
            value = np.rint(totals[item] / step) * step
            totals[item] = value
            zero -= value != 0
            if value > 0:
                positive += 1
                if count < k:
                    rise(held, at, count, value, item)
                    count += 1
                elif value > held[0]:
                    sink(held, at, count, value, item)
        if positive < k and positive + zero <= k:
            counts[user] = -1
            continue
        counts[user] = _list(totals, touched, found, held[0] if count == k else 0.0, count == k, listed[user])
        _ascend(held, at, count, best[user])


@compiled
def of_rows(scores, begins, items, may, step, best, listed, counts):  # type: ignore[no-untyped-def]
    """Find the leaders by ``scores`` (users, items), which are rounded to multiples of ``step`` in place.

    ``counts`` is -1 where fewer items are left.
    """
    size, k = len(may), best.shape[1]
    held, at, every = np.empty(k), np.empty(k, np.int64), np.arange(len(may))
    for user in range(len(counts)):
        row, count = scores[user], 0
        for entry in range(begins[user], begins[user + 1]):
            row[items[entry]] = NEVER
        for item in range(size):
            if not may[item]:
                row[item] = NEVER
            if row[item] == NEVER or (count == k and row[item] < held[0] - step):
                continue
            value = np.rint(row[item] / step) * step
            row[item] = value
            if count < k:
                rise(held, at, count, value, item)
                count += 1
            elif value > held[0]:
                sink(held, at, count, value, item)
        if count < k:
            counts[user] = -1
            continue
        counts[user] = _list(row, every, size, held[0], True, listed[user])
        _ascend(held, at, count, best[user])


@compiled
def of_items(values, order, begins, items, best, listed, counts):  # type: ignore[no-untyped-def]
    """Find the leaders by one score an item: ``order`` has the items that may be recommended, best first.

    ``counts`` is -1 where fewer items are left.
    """
    k = best.shape[1]
    stamps = np.full(len(values), -1)
    for user in range(len(counts)):
        for entry in range(begins[user], begins[user + 1]):
            stamps[items[entry]] = user
        count, place = 0, 0
        while count < k and place < len(order):
            if stamps[order[place]] != user:
                listed[user, count], best[user, k - 1 - count] = order[place], values[order[place]]
                count += 1
            place += 1
        if count < k:
            counts[user] = -1
            continue
        limit = best[user, 0]
        while place < len(order) and values[order[place]] == limit:
            if stamps[order[place]] != user:  # one more that equals the lowest: all of these are left out
                while count > 0 and values[listed[user, count - 1]] == limit:
                    count -= 1
                break
            place += 1
        counts[user] = count


@compiled
def sums_of_pairs(begins, items, values, by_history, by_listed, listed_begins, listed, step, found):  # type: ignore[no-untyped-def]
    """Put the score of each listed item into ``found``, summed as in `of_sums`.

    Items ``listed[listed_begins[user]:listed_begins[user + 1]]`` are those of a user. ``by_history`` are
    starts, scored items and weights by item of the history, ``by_listed`` starts, items of the history and
    weights by scored item. Each user's sums take the one of the two that has fewer weights to add.
    """
    size = len(by_history[0]) - 1
    totals, strengths = np.zeros(size), np.zeros(size)
    for user in range(len(listed_begins) - 1):
        mine = items[begins[user] : begins[user + 1]], values[begins[user] : begins[user + 1]]
        wanted = listed[listed_begins[user] : listed_begins[user + 1]]
        sums = found[listed_begins[user] : listed_begins[user + 1]]
        if 2 * _count(by_history[0], mine[0]) < _count(by_listed[0], wanted):  # added, and set to 0 again
            _add_by_history(mine, by_history, wanted, totals, sums)
        else:
            _add_by_listed(mine, by_listed, wanted, strengths, sums)
        for place in range(len(sums)):
            sums[place] = np.rint(sums[place] / step) * step


@compiled
def _count(starts, items):  # type: ignore[no-untyped-def]
    """Return how many weights some items have."""
    count = 0
    for item in items:
        count += starts[item + 1] - starts[item]
    return count


@compiled
def _add_by_history(entries, weights, wanted, totals, sums):  # type: ignore[no-untyped-def]
    """Sum all weights of the history's items; ``totals`` are 0 before and after."""
    (items, values), (starts, columns, stored) = entries, weights
    for entry in range(len(items)):
        for number in range(starts[items[entry]], starts[items[entry] + 1]):
            totals[columns[number]] += values[entry] * stored[number]
    for place in range(len(wanted)):
        sums[place] = totals[wanted[place]]
    for entry in range(len(items)):
        for number in range(starts[items[entry]], starts[items[entry] + 1]):
            totals[columns[number]] = 0.0


@compiled
def _add_by_listed(entries, weights, wanted, strengths, sums):  # type: ignore[no-untyped-def]
    """Sum the weights of the wanted items; ``strengths`` are 0 before and after."""
    (items, values), (starts, rows, stored) = entries, weights
    for entry in range(len(items)):
        strengths[items[entry]] = values[entry]
    for place in range(len(wanted)):
        total = 0.0
        for number in range(starts[wanted[place]], starts[wanted[place] + 1]):
            total += strengths[rows[number]] * stored[number]
        sums[place] = total
    for entry in range(len(items)):
        strengths[items[entry]] = 0.0


@compiled
def _list(scores, places, size, limit, has_limit, listed):  # type: ignore[no-untyped-def]
    """List the items that reach the limit; without those that equal it where they are too many."""
    above, equal = 0, 0
    for place in range(size):
        above += scores[places[place]] > limit
        equal += scores[places[place]] == limit
    keeps_equal = has_limit and above + equal <= len(listed)
    count = 0
    for place in range(size):
        item = places[place]
        if scores[item] > limit or (keeps_equal and scores[item] == limit):
            listed[count] = item
            count += 1
    return count


@compiled
def _ascend(held, at, count, best):  # type: ignore[no-untyped-def]
    """Put the values of a heap into the last places of ``best``, ascending, and 0 into those before."""
    first = len(best) - count
    best[:first] = 0.0
    for place in range(first, len(best)):
        best[place] = held[0]
        count -= 1
        sink(held, at, count, held[count], at[count])
