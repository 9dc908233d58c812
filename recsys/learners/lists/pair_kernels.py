"""Compiled choice of the strongest weights of pairs of items, one item at a time, see `pairs`."""

from __future__ import annotations

import numpy as np

from recsys.learners.common.compiled import compiled
from recsys.learners.lists.top_kernels import rise, sink

SCALE = 1e12  # sums are of whole trillionths, as in SQL: equal in any order


@compiled
def by_item(items, begins, places):  # type: ignore[no-untyped-def]
    """Put the places of each item into ``places[begins[item]:begins[item + 1]]``, ascending."""
    ends = begins[:-1].copy()
    for place in range(len(items)):
        places[ends[items[place]]] = place
        ends[items[place]] += 1


@compiled
def near(  # type: ignore[no-untyped-def]
    users, items, strengths, takes_part, places, begins, decays, sampled, first, last, chosen, weights
):
    """Put the strongest neighbours of items ``first`` to ``last`` of a history into ``chosen`` (items, k).

    Entries are in the order of users and time. ``takes_part`` tells which of them are neighbours, ``decays``
    (window + 1) what a pair of each distance counts, ``sampled`` the share of each item's users that is.
    ``weights`` float64 (items, k) stay 0 where there are fewer.
    """
    k, size = chosen.shape[1], len(begins) - 1
    sums, touched = np.zeros(size, np.int64), np.empty(size, np.int64)
    held, at = np.empty(k), np.empty(k, np.int64)
    for item in range(first, last):
        found = 0
        for entry in range(begins[item], begins[item + 1]):
            place = places[entry]
            strength = strengths[place] * SCALE
            begin, end = max(0, place - len(decays) + 1), min(len(users), place + len(decays))
            for other_place in range(begin, end):
                if users[other_place] != users[place] or not takes_part[other_place] or other_place == place:
                    continue
                amount = np.int64(strength * strengths[other_place] * decays[abs(other_place - place)] + 0.5)
                if amount > 0:
                    other = items[other_place]
                    if sums[other] == 0:
                        touched[found] = other
                        found += 1
                    sums[other] += amount
        count = 0
        for number in range(found):
            other = touched[number]
            counts = (begins[item + 1] - begins[item]) * (begins[other + 1] - begins[other])
            value = sums[other] / SCALE / sampled[other] / np.sqrt(counts)
            sums[other] = 0
            count = _kept(held, at, count, value, other, k)
        _listed(held, at, count, chosen[item], weights[item])


@compiled
def together(  # type: ignore[no-untyped-def]
    begins, users, parts, user_begins, items, user_parts, factor, decimals, first, last, chosen, weights
):
    """Put the strongest neighbours of scored items ``first`` to ``last`` into ``chosen`` (items, k).

    The weight of two items is the sum over users of the products of their parts, at least 0, by item
    (``begins``, ``users``, ``parts``) and by user, times ``factor``, in multiples of 1 / ``decimals``.
    ``weights`` float64 (items, k) stay 0 where there are fewer.
    """
    k, size = chosen.shape[1], len(begins) - 1
    sums, touched = np.zeros(size, np.int64), np.empty(size, np.int64)
    held, at, unit = np.empty(k), np.empty(k, np.int64), factor / SCALE
    for item in range(first, last):
        found = 0
        for entry in range(begins[item], begins[item + 1]):
            part, user = parts[entry] * SCALE, users[entry]
            for place in range(user_begins[user], user_begins[user + 1]):
                amount, other = np.int64(part * user_parts[place] + 0.5), items[place]
                if amount > 0:
                    if sums[other] == 0:
                        touched[found] = other
                        found += 1
                    sums[other] += amount
        count = 0
        for number in range(found):
            other = touched[number]
            value = np.floor(sums[other] * unit * decimals + 0.5) / decimals
            sums[other] = 0
            if other != item and value > 0 and (count < k or value >= held[0]):
                count = _kept(held, at, count, value, other, k)
        _listed(held, at, count, chosen[item], weights[item])


@compiled
def _kept(held, at, count, value, item, k):  # type: ignore[no-untyped-def]
    """Add to a heap of the k highest values, of equal ones the lower item; return how many it has."""
    if count < k:
        rise(held, at, count, value, item)
        return count + 1
    if value > held[0] or (value == held[0] and item < at[0]):
        sink(held, at, count, value, item)
    return count


@compiled
def _listed(held, at, count, chosen, weights):  # type: ignore[no-untyped-def]
    """Empty a heap into a row, the highest value first."""
    while count > 0:
        count -= 1
        chosen[count], weights[count] = at[0], held[0]
        sink(held, at, count, held[count], at[count])
