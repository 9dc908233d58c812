"""Lists: best unseen items, ties by likes and id, the same for any blocks and threads."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from recsys.learners.lists import counts, ease, ials, item_knn
from recsys.learners.lists import top as top_module
from recsys.learners.lists.counts import ItemScores
from recsys.learners.lists.interactions import Interactions
from recsys.learners.lists.linear import LinearModel
from recsys.learners.lists.model import ListModel
from recsys.learners.lists.pruning import Budget
from recsys.learners.lists.reasons import NO_REASON, strongest
from recsys.learners.lists.top import gathered, top
from tests.learners.lists.worlds import random_interactions, table

USERS, ITEMS = 70, 45


@pytest.fixture(scope="module")
def interactions() -> Interactions:
    return random_interactions(USERS, ITEMS)


@pytest.fixture(scope="module", params=["popularity", "ease", "item_knn", "ials"])
def model(request: pytest.FixtureRequest, interactions: Interactions) -> ListModel:
    made = {
        "popularity": lambda: counts.popularity(interactions),
        "ease": lambda: ease.fit(interactions, ease.EaseParameters("likes", 5.0), Budget()),
        "item_knn": lambda: item_knn.fit(interactions, item_knn.ItemKnnParameters()),
        "ials": lambda: ials.fit(interactions, ials.IalsParameters(factors=4, epochs=2)),
    }
    found: ListModel = made[request.param]()
    return found


def lists(model: ListModel, histories: Interactions, k: int, **how: object) -> tuple[np.ndarray, np.ndarray]:
    found = top(model, histories, histories.like_counts, k, **how)  # type: ignore[arg-type]
    return gathered(found, histories.user_count, k)


def test_lists_are_the_sorted_scores_without_seen_items(model: ListModel, interactions: Interactions) -> None:
    items, values = lists(model, interactions, 10)
    scores, likes = model.scores(interactions), interactions.like_counts
    for user in range(USERS):
        seen = set(interactions.users(slice(user, user + 1)).items.tolist())
        left = [item for item in range(ITEMS) if item not in seen]
        expected = sorted(left, key=lambda item: (-scores[user, item], -likes[item], item))[:10]
        assert items[user].tolist() == expected
        np.testing.assert_array_equal(values[user], scores[user, expected])


def test_blocks_and_threads_change_nothing(model: ListModel, interactions: Interactions) -> None:
    expected = lists(model, interactions, 10)
    for how in ({"block_bytes": 1}, {"block_bytes": 16 * ITEMS * 13, "threads": 3}, {"threads": 1}):
        found = lists(model, interactions, 10, **how)
        np.testing.assert_array_equal(found[0], expected[0])
        np.testing.assert_array_equal(found[1], expected[1])


def test_a_long_list_has_all_that_is_left(interactions: Interactions) -> None:
    items, values = lists(counts.popularity(interactions), interactions, 1000)
    seen = np.diff(interactions.begins)
    assert ((items >= 0).sum(axis=1) + seen == ITEMS).all()
    assert (np.isnan(values) == (items < 0)).all()


def test_items_that_the_model_does_not_know_follow_by_likes(interactions: Interactions) -> None:
    few = ItemScores(interactions.item_ids[[4, 9]], np.array([1.0, 2.0]))
    items, values = lists(few, interactions, ITEMS)
    user = next(
        u for u in range(USERS) if not {4, 9} & set(interactions.users(slice(u, u + 1)).items.tolist())
    )
    assert items[user, :2].tolist() == [9, 4]
    rest = items[user, 2:][items[user, 2:] >= 0]
    assert (np.diff(interactions.like_counts[rest]) <= 0).all()
    assert set(values[user, 2 : 2 + len(rest)].tolist()) == {0.0}
    assert len(set(items[user].tolist()) - {-1}) == ITEMS - len(
        interactions.users(slice(user, user + 1)).items
    )


def test_only_candidates_that_a_filter_lets_through_are_listed(interactions: Interactions) -> None:
    allowed = np.arange(ITEMS) % 3 == 0
    items, _ = lists(counts.popularity(interactions), interactions, 10, allowed=allowed)
    assert allowed[items[items >= 0]].all()
    seen = [
        np.isin(np.flatnonzero(allowed), interactions.users(slice(u, u + 1)).items).sum()
        for u in range(USERS)
    ]
    assert ((items >= 0).sum(axis=1) == np.minimum(10, allowed.sum() - np.array(seen))).all()


def test_equal_scores_are_in_the_order_of_likes_then_id() -> None:
    one = np.ones(5)
    rows = table(np.array([1, 2, 3, 4, 5]), np.array([10, 11, 11, 12, 13]), 100 * one, one > 0, np.arange(5))
    histories = Interactions.from_table(rows)
    flat = ItemScores(histories.item_ids, np.full(4, 0.1 + 0.2))
    items, _ = lists(flat, histories, 3)
    assert items[0].tolist() == [1, 2, 3]
    assert items[1].tolist() == [0, 2, 3]


def test_no_users_and_no_items_give_no_lists(interactions: Interactions) -> None:
    assert (
        list(
            top(counts.popularity(interactions), interactions.users(slice(0, 0)), interactions.like_counts, 5)
        )
        == []
    )


def test_a_user_who_has_seen_everything_gets_an_empty_list() -> None:
    one = np.ones(3)
    rows = table(np.array([1, 1, 2]), np.array([10, 11, 10]), 100 * one, one > 0, np.arange(3))
    histories = Interactions.from_table(rows)
    items, _ = lists(counts.popularity(histories), histories, 2)
    assert items.tolist() == [[-1, -1], [1, -1]]


def test_items_of_the_history_stay_where_that_is_asked_for(model, interactions):
    items, _ = lists(model, interactions, ITEMS, keeps_seen=True)
    assert all(sorted(row) == list(range(ITEMS)) for row in items.tolist())


def test_users_without_interactions_get_the_most_liked_items(model, interactions):
    rows = table(*(np.array([value]) for value in (7, interactions.item_ids[0], 100.0, True, 0)))
    asked = Interactions.from_table(rows, interactions.item_ids, user_ids=np.array([7, 8]))
    found = top(model, asked, interactions.like_counts, 3)
    items, _ = gathered(found, 2, 3)
    assert items[1].tolist() == np.argsort(-interactions.like_counts, kind="stable")[:3].tolist()


def test_the_compiled_choice_equals_that_of_numpy() -> None:
    rng = np.random.default_rng(2)
    for users, size, k in ((40, 60, 10), (5, 7, 7), (30, 200, 50), (3, 1, 1)):
        scores = rng.integers(0, size // 4 + 1, (users, size)) / 4  # many ties
        columns = rng.permutation(size)[: max(1, size - 2)]
        lengths = rng.integers(0, size, users)
        begins = np.concatenate([[0], np.cumsum(lengths)])
        seen = np.concatenate([rng.choice(len(columns) + 1, n) - 1 for n in lengths]).astype(np.int64)
        how = scores, columns, begins, seen, min(k, len(columns))
        expected, found = top_module._largest(*how), top_module._largest_compiled(*how)
        np.testing.assert_array_equal(found[1], expected[1])
        np.testing.assert_array_equal(found[0], expected[0])


def sparse_model(interactions: Interactions, rng: np.random.Generator) -> LinearModel:
    """Weights of some items, few of them, many alike, some below 0."""
    known = np.sort(rng.choice(interactions.item_ids, ITEMS - 7, replace=False))
    stored = rng.choice([-0.5, 0.25, 0.5, 1.0], (len(known), len(known)))
    stored *= rng.random(stored.shape) < 0.04
    return LinearModel(known, csr_array(stored.astype(np.float32)), "likes")


@pytest.mark.parametrize("k", [1, 10, ITEMS])
def test_sums_of_few_weights_give_the_lists_of_full_scores(interactions, k, monkeypatch):
    model = sparse_model(interactions, np.random.default_rng(5))
    assert model.few_weights is not None
    found = lists(model, interactions, k)
    assert (found[1] < 0).any() == (k == ITEMS)
    monkeypatch.setattr(LinearModel, "few_weights", None)
    expected = lists(model, interactions, k)
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_array_equal(found[1], expected[1])


def test_sums_of_few_weights_give_the_reasons_of_full_scores(interactions, monkeypatch):
    model = sparse_model(interactions, np.random.default_rng(5))
    rows, items = np.divmod(np.arange(USERS * ITEMS), ITEMS)
    found = strongest(model, interactions, rows, interactions.item_ids[items])
    assert (found == NO_REASON).any() and (found != NO_REASON).any()
    monkeypatch.setattr(LinearModel, "few_weights", None)
    np.testing.assert_array_equal(found, strongest(model, interactions, rows, interactions.item_ids[items]))
