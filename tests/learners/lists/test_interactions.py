"""Interactions: rows in any order, blocks of users, other items, and a visitor's history."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from recsys.learners.lists.interactions import FEW, Interactions, distinct, positions
from recsys.learners.lists.weighting import useful, weights
from tests.learners.lists.worlds import random_interactions, random_table


def same(one: Interactions, other: Interactions) -> bool:
    return all(np.array_equal(value, getattr(other, name)) for name, value in vars(one).items())


def test_the_order_of_the_rows_does_not_matter() -> None:
    rows = random_table(20, 15)
    shuffled = rows.take(np.random.default_rng(1).permutation(rows.num_rows))
    assert same(Interactions.from_table(rows), Interactions.from_table(shuffled))


def test_entries_are_those_of_the_table() -> None:
    rows = random_table(20, 15)
    found = Interactions.from_table(rows)
    pairs = zip(
        found.user_ids[found.rows], found.item_ids[found.items], found.grades, found.is_like, strict=True
    )
    expected = zip(
        *(rows[name].to_pylist() for name in ("user_id", "item_id", "rating", "is_like")), strict=True
    )
    assert {(u, i, round(100 * float(g)), bool(like)) for u, i, g, like in pairs} == {
        (u, i, round(g), like) for u, i, g, like in expected
    }


def test_a_block_of_users_keeps_their_entries_in_the_order_asked_for() -> None:
    whole = random_interactions(20, 15)
    block = whole.users(np.array([7, 3]))
    dense = whole.matrix(whole.grades).toarray()
    np.testing.assert_array_equal(block.matrix(block.grades).toarray(), dense[[7, 3]])
    assert same(whole.users(slice(None)), whole)


def test_other_items_leave_unknown_ones_out_and_add_empty_columns() -> None:
    whole = random_interactions(20, 15)
    wanted = np.unique(np.concatenate([whole.item_ids[::2], [10**6]]))
    found = whole.with_items(wanted)
    dense = whole.matrix(whole.grades).toarray()
    np.testing.assert_array_equal(found.matrix(found.grades).toarray()[:, :-1], dense[:, ::2])
    assert found.rater_counts[-1] == 0
    assert found.is_candidate.tolist() == [True] * (len(wanted) - 1) + [False]


def test_a_visitor_has_the_items_of_the_model() -> None:
    visitor = pa.table(
        {"user_id": [1, 1], "item_id": [13, 999], "rating": [80.0, 20.0], "is_like": [True, False]}
    )
    found = Interactions.from_table(visitor, item_ids=np.array([11, 13, 15]))
    assert found.items.tolist() == [1]
    assert found.user_count == 1


def test_candidates_without_interactions_are_items_too() -> None:
    found = Interactions.from_table(random_table(9, 5), candidate_ids=np.array([13, 77]))
    assert found.item_ids[found.is_candidate].tolist() == [13, 77]


def test_positions_of_absent_values() -> None:
    assert positions(np.array([2, 5]), np.array([1, 2, 5, 9])).tolist() == [2, 0, 1, 2]
    assert positions(np.empty(0, int), np.array([1])).tolist() == [0]


def test_weights_of_likes_and_grades() -> None:
    found = random_interactions(20, 15)
    assert useful(found) == ("ones", "likes", "grades")
    np.testing.assert_allclose(weights(found, "likes").data, np.where(found.is_like, 1.0, 0.3))
    np.testing.assert_allclose(weights(found, "grades").data, found.grades)
    with pytest.raises(ValueError, match="unknown weighting 'twos'"):
        weights(found, "twos")


@pytest.mark.parametrize("size", [10, FEW])
@pytest.mark.parametrize("spread", [2, 100])
def test_places_of_ids_are_the_same_by_table_and_by_search(size, spread):
    rng = np.random.default_rng(size + spread)
    ids, wanted = (rng.integers(0, spread * size, size) for _ in range(2))
    ascending = distinct(ids, ids[:3])
    assert ascending.tolist() == sorted(set(ids.tolist()))
    place = {one: number for number, one in enumerate(ascending.tolist())}
    assert positions(ascending, wanted).tolist() == [place.get(one, len(place)) for one in wanted.tolist()]
    assert positions(ascending[:0], wanted).tolist() == [0] * size
