"""Forgetting that is killed, has no room, or meets another: the old state or the new one, and no trace at the end."""

from __future__ import annotations

import random

import pytest

from tests.torture.crashes import NEVER
from tests.torture.removals import Shop, crash_forget, forget_with_room, two_at_once, with_readers

# The file renamed at each: the copy of the warehouse that is written anew, dataset.json, the warehouse.
RENAMES = {"before the data change": 2, "between data and warehouse": 3}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return Shop.create(tmp_path_factory.mktemp("shop"))


@pytest.mark.parametrize("count", RENAMES.values(), ids=RENAMES)
def test_forgetting_killed_around_its_steps_needs_no_hand(shop, count):
    assert crash_forget(shop, NEVER, f"die-at=os.rename:{count}")


def test_forgetting_killed_before_old_files_are_removed_leaves_no_trace_in_the_end(shop):
    assert crash_forget(shop, NEVER, "die-at=os.remove:3")


def test_forgetting_killed_at_some_moment_needs_no_hand(shop):
    crash_forget(shop, random.Random(7).uniform(0.5, 1.5))


@pytest.mark.parametrize("limit", [0, 3_000, 2_000_000])
def test_forgetting_on_a_full_disk_changes_nothing(shop, limit):
    assert forget_with_room(shop, limit)


def test_of_two_that_forget_at_once_one_may_be_refused_by_name(shop):
    assert two_at_once(shop) <= 1


def test_readers_see_whole_states_while_users_are_forgotten(shop):
    answered, seen = with_readers(shop)
    assert answered > 0
    assert 1 <= seen <= 3
