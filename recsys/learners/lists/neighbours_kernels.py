"""Compiled sums over pairs of interactions that are near each other in time: one row of items at a time.

Arrays are as `neighbours.fit` has them, in the order of users and time: ``users``, ``items``, ``values``
(interactions); ``places[begins[i]:begins[i + 1]]`` are the places of item i, ``shares`` (window + 1) what a
pair of each distance counts.
"""

from __future__ import annotations

import numpy as np

from recsys.learners.common.compiled import compiled


@compiled
def count(users, items, values, places, begins, shares, first, last, counts):  # type: ignore[no-untyped-def]
    """Put the numbers of items near items ``first`` to ``last`` into ``counts`` (items)."""
    stamps = np.full(len(counts), -1)
    for item in range(first, last):
        for entry in range(begins[item], begins[item + 1]):
            place = places[entry]
            for near in range(max(0, place - len(shares) + 1), min(len(users), place + len(shares))):
                other = items[near]
                if near != place and users[near] == users[place] and stamps[other] != item:
                    stamps[other] = item
                    counts[item] += 1


@compiled
def add(  # type: ignore[no-untyped-def]
    users, items, values, places, begins, shares, first, last, starts, columns, sums
):
    """Put the items near items ``first`` to ``last`` into ``columns``, ascending, and their sums.

    ``starts`` (items + 1) are the begins of the rows. Sums of later and of earlier items are formed apart, by
    distance, then added: a row is the same as the column.
    """
    size = len(starts) - 1
    stamps, later, earlier = np.full(size, -1), np.zeros(size), np.zeros(size)
    for item in range(first, last):
        for distance in range(1, len(shares)):
            share = shares[distance]
            for entry in range(begins[item], begins[item + 1]):
                place = places[entry]
                for near in (place - distance, place + distance):
                    if near < 0 or near >= len(users) or users[near] != users[place]:
                        continue
                    other = items[near]
                    if stamps[other] != item:
                        stamps[other], later[other], earlier[other] = item, 0.0, 0.0
                    if near > place:
                        later[other] += share * values[place] * values[near]
                    else:
                        earlier[other] += share * values[near] * values[place]
        found = starts[item]
        for other in range(size):
            if stamps[other] == item:
                columns[found], sums[found] = other, later[other] + earlier[other]
                found += 1
