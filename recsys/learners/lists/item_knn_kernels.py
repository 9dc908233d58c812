"""The compiled choice of each item's strongest neighbours: one row of the similarities at a time."""

from __future__ import annotations

import numpy as np

from recsys.learners.common.compiled import compiled
from recsys.learners.lists.top_kernels import rise, sink


@compiled
def strongest(  # type: ignore[no-untyped-def]
    begins, users, parts, user_begins, items, user_parts, scale, first, last, chosen, steps
):
    """Put the strongest neighbours of items ``first`` to ``last`` into ``chosen`` int64 (items, k).

    The similarity of two items is the sum over users of the products of their parts, by item (``begins``,
    ``users``, ``parts``) and by user. ``steps`` float64 (items, k) has it times ``scale``, rounded, 0 where
    there are fewer; of equal ones the lower item is stronger.
    """
    k = chosen.shape[1]
    sums, stamps = np.zeros(len(begins) - 1), np.full(len(begins) - 1, -1)
    touched, held, at = np.empty(len(begins) - 1, np.int64), np.empty(k), np.empty(k, np.int64)
    for item in range(first, last):
        found = 0
        for entry in range(begins[item], begins[item + 1]):
            part, user = parts[entry], users[entry]
            for place in range(user_begins[user], user_begins[user + 1]):
                other = items[place]
                if stamps[other] != item:
                    stamps[other], sums[other], touched[found] = item, 0.0, other
                    found += 1
                sums[other] += part * user_parts[place]
        count = 0
        for place in range(found):
            other = touched[place]
            value = np.rint(sums[other] * scale)
            if other == item or not value > 0.0:
                continue
            if count < k:
                rise(held, at, count, value, other)
                count += 1
            elif value > held[0] or (value == held[0] and other < at[0]):
                sink(held, at, count, value, other)
        while count > 0:
            count -= 1
            chosen[item, count], steps[item, count] = at[0], held[0]
            sink(held, at, count, held[count], at[count])
