"""Bounded parts of large data."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from recsys.learners.lists import sample
from recsys.learners.lists.interactions import Interactions

USERS, ITEMS = 12, 30


@pytest.fixture
def data() -> Interactions:
    """User u has the items u, u + 1, ... of 30: later items have more users, up to the number of users."""
    pairs = [(user, item) for user in range(USERS) for item in range(user, ITEMS)]
    users, items = zip(*pairs, strict=True)
    rows = {"user_id": users, "item_id": items, "rating": [80] * len(pairs), "is_like": [True] * len(pairs)}
    return Interactions.from_table(pa.table(rows))


def test_the_most_rated_items_are_taken_of_equal_ones_the_first(data):
    assert sample.most_rated(data, 3).item_ids.tolist() == [11, 12, 13]
    assert sample.most_rated(data, ITEMS) is data


def test_a_sample_has_at_most_so_many_users_and_items(data):
    found = sample.sampled(data, 4, 5)
    assert found.user_ids.tolist() == [0, 3, 7, 11]
    assert found.item_count == 5
    whole = sample.sampled(data, 100, 100)
    assert (whole.user_count, whole.item_count) == (USERS, ITEMS)


def test_ease_covers_all_items_where_users_are_few(data):
    assert sample.affordable(data, 5, 1 << 30).item_count == ITEMS


def test_ease_covers_the_most_rated_items_where_not_all_are_affordable(data, monkeypatch):
    monkeypatch.setattr(sample, "MOST_PRODUCTS", 10)
    assert sample.affordable(data, 5, 1 << 30).item_count == 5


def test_ease_covers_as_many_items_as_fit_into_memory(data):
    limit = 2 * sample.ease.bytes_needed(USERS, 8)
    found = sample.affordable(data, ITEMS, limit)
    assert 1 <= found.item_count <= 9
    assert np.isin(found.item_ids, sample.most_rated(data, 9).item_ids).all()


def test_what_ease_does_not_cover_is_said_with_the_setting_that_changes_it(monkeypatch):
    size = sample.Size(USERS, ITEMS, 300)
    assert sample.limit(size, 5, 1 << 30) == ""
    of_memory = sample.limit(size, ITEMS, 2 * sample.ease.bytes_needed(USERS, 8))
    assert "of 30 items" in of_memory
    assert "--memory" in of_memory
    monkeypatch.setattr(sample, "MOST_PRODUCTS", 10)
    of_setting = sample.limit(size, 5, 1 << 30)
    assert of_setting.startswith("covers the 5 most rated of 30 items")
    assert "--set lists.ease_items=N" in of_setting
