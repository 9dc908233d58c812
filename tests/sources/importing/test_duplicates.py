"""Repeated ratings are found wherever the stream is cut."""

from __future__ import annotations

import pyarrow as pa
import pytest

from recsys.sources.importing.duplicates import repeated

USERS, ITEMS = [1, 1, 2, 2, 2, 2, 3], [5, 6, 6, 2**31 - 1, 7, 0, 6]


def batches(users: list[int], items: list[int], size: int) -> list[pa.RecordBatch]:
    table = pa.table({"user_id": pa.array(users, pa.int32()), "item_id": pa.array(items, pa.int32())})
    return table.to_batches(size)


@pytest.mark.parametrize("size", range(1, 9))
def test_a_pair_is_found_across_batches(size):
    assert repeated(batches(USERS, ITEMS, size)) is None
    for place, (user, item) in enumerate(zip(USERS, ITEMS, strict=True)):
        for later in range(place + 1, len(USERS) + 1):
            if USERS[later - 1] == user:
                users = [*USERS[:later], user, *USERS[later:]]
                items = [*ITEMS[:later], item, *ITEMS[later:]]
                assert repeated(batches(users, items, size)) == {"user_id": user, "item_id": item}


def test_nothing_is_repeated_in_nothing():
    assert repeated([]) is None
