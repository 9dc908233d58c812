"""Ranks and halves within the user."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recsys.learners.ensembles.within_user import Users

USER_ID = np.array([9, 9, 9, 9, 4, 4, 2, 2, 2, 2])
TRACK_ID = np.array([40, 10, 30, 20, 5, 6, 1, 2, 3, 4])
users = Users(USER_ID, TRACK_ID)


def test_levels_are_ranks_from_minus_to_plus_reach() -> None:
    scores = np.array([0.3, 0.1, 0.9, 0.2, -5.0, -7.0, 4.0, 3.0, 2.0, 1.0])
    assert users.levels(scores).tolist() == [1, -3, 3, -1, 1, -1, 3, 1, -1, -3]
    assert users.reach.tolist() == [3, 3, 3, 3, 1, 1, 3, 3, 3, 3]


def test_ties_share_their_mean_rank() -> None:
    scores = np.array([0.5, 0.5, 0.9, 0.1, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0])
    assert users.levels(scores).tolist() == [0, 0, 3, -3, 0, 0, 0, 0, 0, 0]


def test_marks_go_to_the_ends_of_the_scale_whether_or_not_they_are_half() -> None:
    marks = np.array([1.0, 0, 0, 0, 1, 1, 0, 0, 0, 0])
    assert (users.levels(marks) / users.reach).tolist() == [1, -1, -1, -1, 1, 1, -1, -1, -1, -1]


def test_the_first_half_is_marked_and_ties_go_to_the_smaller_track() -> None:
    scores = np.array([0.5, 0.5, 0.5, 0.5, 1.0, 2.0, 3.0, 1.0, 2.0, 2.0])
    assert users.halves(scores).tolist() == [-1, 1, -1, 1, -1, 1, 1, -1, 1, -1]


@given(st.permutations(range(10)), st.lists(st.integers(0, 3), min_size=10, max_size=10))
def test_the_order_of_rows_does_not_matter(order: list[int], scores: list[int]) -> None:
    values = np.array(scores) / 7
    shuffled = Users(USER_ID[order], TRACK_ID[order])
    np.testing.assert_array_equal(shuffled.levels(values[order]), users.levels(values)[order])
    np.testing.assert_array_equal(shuffled.halves(values[order]), users.halves(values)[order])
