"""The compiled choice of the k best items of every user, by a heap of k, and of the reasons for them."""

from __future__ import annotations

import numpy as np

from recsys.learners.common.compiled import compiled


@compiled
def largest(scores, columns, begins, seen, chosen, values):  # type: ignore[no-untyped-def]
    """Put the best places of each user into ``chosen`` int64 (users, k), their scores into ``values``.

    Place p has the score ``scores[user, columns[p]]``; of equal scores the lower place is better. Places
    ``seen[begins[user]:begins[user + 1]]`` are left out (below 0: no place). Where fewer than k are left, the
    rest of both rows stays as it is.
    """
    k, size = chosen.shape[1], len(columns)
    stamps, held, at = np.full(size, -1), np.empty(k), np.empty(k, np.int64)
    for user in range(len(chosen)):
        for entry in range(begins[user], begins[user + 1]):
            if seen[entry] >= 0:
                stamps[seen[entry]] = user
        count = 0
        for place in range(size):
            value = scores[user, columns[place]]
            if (count == k and value <= held[0]) or stamps[place] == user:
                continue
            if count < k:
                rise(held, at, count, value, place)
                count += 1
            else:
                sink(held, at, count, value, place)
        while count > 0:
            count -= 1
            chosen[user, count], values[user, count] = at[0], held[0]
            sink(held, at, count, held[count], at[count])


@compiled
def largest_of_sums(begins, items, values, weights, places, order, seen, step, chosen, best):  # type: ignore[no-untyped-def]
    """Do the same for scores that are sums of stored weights, without a row of all scores for each user.

    Entry e of a user, ``begins[user]`` to ``begins[user + 1]``, adds ``values[e]`` times the weights of the
    item ``items[e]``; an item from ``len(places)`` on has none. ``weights`` are ``starts``, ``columns`` and
    values by item. ``places`` (columns) is the place of a column, -1 for none, and ``order`` the column of a
    place. Scores are rounded to multiples of ``step``.
    """
    starts, columns, stored = weights
    stamps, totals = np.full(len(order), -1), np.zeros(len(places))
    held, at = np.empty(chosen.shape[1]), np.empty(chosen.shape[1], np.int64)
    for user in range(len(chosen)):
        for entry in range(begins[user], begins[user + 1]):
            if seen[entry] >= 0:
                stamps[seen[entry]] = user
            if items[entry] < len(places):
                value = values[entry]
                for number in range(starts[items[entry]], starts[items[entry] + 1]):
                    totals[columns[number]] += value * stored[number]
        for column in range(len(totals)):
            if totals[column] != 0:
                totals[column] = np.rint(totals[column] / step) * step
        count = _best_of_sign(1.0, user, totals, places, stamps, held, at, chosen, best, 0)
        count = _zeros(user, totals, order, stamps, chosen, best, count)
        _best_of_sign(-1.0, user, totals, places, stamps, held, at, chosen, best, count)
        totals[:] = 0.0


@compiled
def _best_of_sign(sign, user, totals, places, stamps, held, at, chosen, best, filled):  # type: ignore[no-untyped-def]
    """Put the best places of scores above 0, or below 0, behind the first ``filled``; return the next."""
    room, count = len(held) - filled, 0
    if room == 0:
        return filled
    for column in range(len(totals)):
        value, place = totals[column], places[column]
        if sign * value <= 0 or place < 0 or (count == room and value < held[0]) or stamps[place] == user:
            continue
        if count < room:
            rise(held, at, count, value, place)
            count += 1
        elif value > held[0] or place < at[0]:
            sink(held, at, count, value, place)
    last = filled + count
    while count > 0:
        count -= 1
        chosen[user, filled + count], best[user, filled + count] = at[0], held[0]
        sink(held, at, count, held[count], at[count])
    return last


@compiled
def _zeros(user, totals, order, stamps, chosen, best, filled):  # type: ignore[no-untyped-def]
    """Put places of the score 0 behind the first ``filled``, in their order; return the next."""
    place = 0
    while filled < chosen.shape[1] and place < len(order):
        if totals[order[place]] == 0 and stamps[place] != user:
            chosen[user, filled], best[user, filled] = place, 0.0
            filled += 1
        place += 1
    return filled


@compiled
def strongest_entries(begins, items, values, weights, listed_begins, listed, found):  # type: ignore[no-untyped-def]
    """Put the entry that adds most to the score of each listed item into ``found``, if one adds more than 0.

    Items ``listed[listed_begins[user]:listed_begins[user + 1]]`` are those of a user; those from
    ``len(starts) - 1`` on have no weights. Entries are as in `largest_of_sums`, those of a user by item;
    ``weights`` are ``starts``, items of the history and values by listed item. Of equal entries the first
    counts.
    """
    starts, rows, stored = weights
    size = len(starts) - 1
    strengths, entries = np.zeros(size), np.zeros(size, np.int64)
    for user in range(len(listed_begins) - 1):
        for entry in range(begins[user], begins[user + 1]):
            if items[entry] < size:
                strengths[items[entry]], entries[items[entry]] = values[entry], entry
        for place in range(listed_begins[user], listed_begins[user + 1]):
            most = 0.0
            if listed[place] < size:
                for number in range(starts[listed[place]], starts[listed[place] + 1]):
                    if strengths[rows[number]] * stored[number] > most:
                        most = strengths[rows[number]] * stored[number]
                        found[place] = entries[rows[number]]
        for entry in range(begins[user], begins[user + 1]):
            if items[entry] < size:
                strengths[items[entry]] = 0.0


@compiled
def mark(scores, limits, may, most, is_best):  # type: ignore[no-untyped-def]
    """Set ``is_best`` (users, items) where ``may`` is set and a score is at least the user's limit.

    Where that is true of more than ``most`` items of a user, scores equal to the limit are left out.
    """
    for user in range(len(limits)):
        row, limit, count = scores[user], limits[user], 0
        for item in range(len(row)):
            count += may[user, item] and row[item] >= limit
        for item in range(len(row)):
            if may[user, item] and (row[item] > limit or (count <= most and row[item] == limit)):
                is_best[user, item] = True


@compiled
def rise(held, at, count, value, place):  # type: ignore[no-untyped-def]
    """Add to a heap of ``count`` whose root is the worst: the lowest value, of equal ones the last place."""
    node = count
    while node > 0:
        parent = (node - 1) // 2
        if held[parent] < value or (held[parent] == value and at[parent] > place):
            break
        held[node], at[node] = held[parent], at[parent]
        node = parent
    held[node], at[node] = value, place


@compiled
def sink(held, at, count, value, place):  # type: ignore[no-untyped-def]
    """Put a value in the place of the root of a heap of ``count``."""
    node = 0
    while 2 * node + 1 < count:
        child = 2 * node + 1
        other = child + 1
        if other < count and (
            held[other] < held[child] or (held[other] == held[child] and at[other] > at[child])
        ):
            child = other
        if value < held[child] or (value == held[child] and place > at[child]):
            break
        held[node], at[node] = held[child], at[child]
        node = child
    if count > 0:
        held[node], at[node] = value, place
