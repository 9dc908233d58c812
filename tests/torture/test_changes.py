"""Appending and forgetting under attack: the old state or the new one, and the next change needs no hand.

`python -m tests.torture` also kills them at random moments.
"""

from __future__ import annotations

import pytest

from tests.torture.changes import CHANGES, Shop, crash, two_at_once, with_readers, with_room
from tests.torture.crashes import NEVER

# The file that is renamed then: dataset.json or the warehouse. Forgetting has written the warehouse anew before.
STEPS = {
    "an append before the data change": ("append", 1),
    "an append between data and warehouse": ("append", 2),
    "a removal before the data change": ("forget", 2),
    "a removal between data and warehouse": ("forget", 3),
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return Shop.create(tmp_path_factory.mktemp("shop"))


@pytest.mark.parametrize(("change", "count"), STEPS.values(), ids=STEPS)
def test_a_change_killed_around_its_steps_needs_no_hand(shop, change, count):
    assert crash(shop, change, NEVER, f"die-at=os.rename:{count}")


def test_forgetting_killed_before_old_files_are_removed_leaves_no_trace_in_the_end(shop):
    assert crash(shop, "forget", NEVER, "die-at=os.remove:3")


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_on_a_full_disk_changes_nothing(shop, change):
    assert with_room(shop, change, 2_000_000)


@pytest.mark.parametrize("change", CHANGES)
def test_of_two_changes_at_once_one_may_be_refused_by_name(shop, change):
    assert two_at_once(shop, change) <= 1


@pytest.mark.parametrize("change", CHANGES)
def test_readers_see_whole_states_while_data_change(shop, change):
    answered, seen = with_readers(shop, change)
    assert answered > 0
    assert 1 <= seen <= 3
