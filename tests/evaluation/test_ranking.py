"""Metrics of lists against ir-measures and plain Python."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.evaluation.ranking import (
    HeldOut,
    by_user,
    coverage,
    hits,
    judged,
    popular_items,
    popular_share,
)

USERS, ITEMS, K = 60, 30, 10


@pytest.fixture
def example() -> tuple[np.ndarray, HeldOut, list[tuple[int, int]]]:
    """Random lists, some of them short or empty, and random likes, some of unknown items."""
    rng = np.random.default_rng(4)
    top = np.stack([rng.permutation(ITEMS)[:15] for _ in range(USERS)])
    for user, length in enumerate(rng.integers(0, 16, USERS)):
        top[user, length:] = -1
    likes = [(u, i) for u in range(USERS) for i in rng.choice(ITEMS + 3, rng.integers(0, 14), replace=False)]
    rows, items = np.array(likes).T
    shuffled = rng.permutation(len(likes))
    return top, HeldOut.from_pairs(rows[shuffled], items[shuffled], USERS, ITEMS), likes


def test_metrics_equal_ir_measures(example: tuple[np.ndarray, HeldOut, list[tuple[int, int]]]) -> None:
    ir_measures = pytest.importorskip("ir_measures")
    top, held_out, likes = example
    qrels = [ir_measures.Qrel(str(u), str(i), 1) for u, i in likes]
    run = [
        ir_measures.ScoredDoc(str(u), str(i), -float(rank))
        for u, row in enumerate(top)
        for rank, i in enumerate(row)
        if i >= 0
    ]
    measures = {
        "ndcg": ir_measures.nDCG @ K,
        "recall": ir_measures.R @ K,
        "mrr": ir_measures.RR @ K,
    }
    ours = by_user(top, held_out, K)
    for name, measure in measures.items():
        theirs = {int(m.query_id): m.value for m in ir_measures.iter_calc([measure], qrels, run)}
        for user in {u for u, _ in likes}:
            assert ours[name][user] == pytest.approx(theirs.get(user, 0.0), abs=1e-12), (name, user)


def test_users_without_likes_are_not_judged_and_without_a_list_score_zero() -> None:
    held_out = HeldOut.from_pairs(np.array([0, 2]), np.array([1, 1]), 3, 4)
    top = np.array([[1, 2], [1, 2], [-1, -1]])
    found = by_user(top, held_out, 2)
    assert judged(found["ndcg"]).tolist() == [1.0, 0.0]
    assert np.isnan(found["mrr"][1])
    assert judged(found["recall"]).tolist() == [1.0, 0.0]


def test_an_empty_place_is_no_hit() -> None:
    held_out = HeldOut.from_pairs(np.array([0]), np.array([3]), 2, 4)
    assert not hits(np.array([[-1, -1], [-1, 3]]), held_out).any()


def test_a_block_of_users_is_judged_like_all_of_them(example: tuple[np.ndarray, HeldOut, list]) -> None:
    top, held_out, _ = example
    whole = by_user(top, held_out, K)["ndcg"]
    parts = [by_user(top[rows], held_out.rows(rows), K)["ndcg"] for rows in (slice(0, 7), slice(7, USERS))]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_share_of_popular_items_and_coverage() -> None:
    counts = np.array([5, 9, 9] + [0] * 17)
    popular = popular_items(counts)
    assert np.flatnonzero(popular).tolist() == [1, 2]
    top = np.array([[1, 2, 3, 4], [0, 5, -1, -1], [-1, -1, -1, -1]])
    shares = popular_share(top, popular)
    assert shares[:2].tolist() == [0.5, 0.0]
    assert np.isnan(shares[2])
    candidates = np.arange(20) < 10
    assert coverage(top, candidates) == pytest.approx(0.6)
    assert coverage(top[2:], candidates) == 0.0


@pytest.mark.parametrize("k", [1, 5, 10])
def test_metrics_equal_scikit_learn(
    example: tuple[np.ndarray, HeldOut, list[tuple[int, int]]], k: int
) -> None:
    """NDCG by the order of the list: an item that is not in it scores below all others and is no gain."""
    from sklearn.metrics import ndcg_score, recall_score

    top, held_out, likes = example
    ours = by_user(top, held_out, k)
    width = ITEMS + 3
    for user in {u for u, _ in likes}:
        is_like = np.zeros(width, int)
        is_like[[item for one, item in likes if one == user]] = 1
        listed = [item for item in top[user, :k] if item >= 0]
        scores = np.zeros(width)
        scores[listed] = np.arange(len(listed), 0, -1)
        # items behind the list share rank 0: those that are liked are misses, but count for the best order
        gains = np.where(scores > 0, is_like, 0)
        best = np.argsort(-is_like, kind="stable")
        discounted = ndcg_score(gains[None], scores[None], k=k) if gains.any() else 0.0
        ideal_of_listed = np.sort(gains)[::-1][:k] @ (1 / np.log2(np.arange(2, k + 2)))
        ideal = is_like[best][:k] @ (1 / np.log2(np.arange(2, k + 2)))
        assert ours["ndcg"][user] == pytest.approx(discounted * ideal_of_listed / ideal, abs=1e-12)
        is_listed = np.zeros(width, int)
        is_listed[listed] = 1
        assert ours["recall"][user] == pytest.approx(recall_score(is_like, is_listed), abs=1e-12)


def test_a_full_list_has_the_ndcg_of_scikit_learn() -> None:
    """With random scores of all items, scikit-learn's own figure is the expected one."""
    from sklearn.metrics import ndcg_score

    rng = np.random.default_rng(11)
    scores, is_like = rng.normal(size=(40, 25)), rng.random((40, 25)) < 0.2
    is_like[:, 0] = True
    held_out = HeldOut.from_pairs(*np.nonzero(is_like), 40, 25)
    top = np.argsort(-scores, axis=1)
    for k in (3, 10, 25):
        found = by_user(top, held_out, k)["ndcg"]
        assert found.mean() == pytest.approx(ndcg_score(is_like.astype(int), scores, k=k), abs=1e-12)
