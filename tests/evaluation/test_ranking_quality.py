"""Metrics of lists: by hand, and against scikit-learn's on random lists."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from recsys.evaluation.ranking_quality import METRICS, Catalogue, by_user, interval, quality

CATALOGUE = Catalogue(np.arange(1, 21), np.arange(20, 0, -1))  # tracks 1 and 2 are the most rated tenth


def lists(of_users):
    rows = [
        {"user_id": user, "rank": rank, "track_id": track}
        for user, tracks in of_users.items()
        for rank, track in enumerate(tracks, 1)
    ]
    schema = pa.schema({"user_id": pa.int32(), "rank": pa.int32(), "track_id": pa.int32()})
    return pa.Table.from_pylist(rows, schema)


def likes(of_users):
    rows = [{"user_id": user, "track_id": track} for user, tracks in of_users.items() for track in tracks]
    return pa.Table.from_pylist(rows, pa.schema({"user_id": pa.int32(), "track_id": pa.int32()}))


def by_metric(table):
    return {row["metric"]: row for row in table.to_pylist()}


def test_by_hand():
    """User 1: likes at ranks 2 and 3 of three likes; user 2 has no list; user 9 has no likes."""
    blocks = [lists({1: [1, 5, 6, 7]}), lists({9: [2, 3]})]
    found = by_metric(quality("any", blocks, likes({1: [5, 6, 19], 2: [4]}), CATALOGUE, k=3))
    assert list(found) == list(METRICS)
    gain = (1 / np.log2(3) + 1 / np.log2(4)) / (1 + 1 / np.log2(3) + 1 / np.log2(4))
    assert found["recall"]["value"] == pytest.approx((2 / 3 + 0) / 2)
    assert found["ndcg"]["value"] == pytest.approx(gain / 2)
    assert found["mrr"]["value"] == pytest.approx(0.5 / 2)
    assert found["popular_share"]["value"] == pytest.approx(1 / 3)
    assert found["coverage"]["value"] == pytest.approx(5 / 20)
    assert {(row["model"], row["users"], row["k"]) for row in found.values()} == {("any", 2, 3)}


@pytest.mark.parametrize("k", [1, 3, 10])
def test_ndcg_is_scikit_learns_and_recall_and_mrr_are_those_of_the_definitions(k):
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(k)
    ranked = {user: rng.permutation(np.arange(1, 21)).tolist() for user in range(1, 31)}
    liked = {user: rng.choice(20, rng.integers(1, 8), replace=False) + 1 for user in ranked}
    found = by_user(lists({user: tracks[:k] for user, tracks in ranked.items()}), likes(liked), k)
    for place, user in enumerate(ranked):
        relevant = np.isin(ranked[user], liked[user])
        expected = metrics.ndcg_score([relevant], [np.arange(20, 0, -1)], k=k)
        assert found["ndcg"][place] == pytest.approx(expected)
        truth = [np.isin(np.arange(1, 21), liked[user])]
        order = np.argsort(ranked[user])  # track i + 1 stands at place order[i]
        cut = np.where(order < k, 20 - order, 0)
        expected = metrics.recall_score(truth[0], cut > 0, zero_division=0)
        assert found["recall"][place] == pytest.approx(expected)
        if relevant[:k].any():
            one = [[bool(i == np.argmax(relevant)) for i in range(20)]]
            expected = metrics.label_ranking_average_precision_score(one, [np.arange(20, 0, -1)])
            assert found["mrr"][place] == pytest.approx(expected)
        else:
            assert found["mrr"][place] == 0


def test_the_interval_narrows_with_the_root_of_the_users_and_is_the_same_each_time():
    rng = np.random.default_rng(0)
    few, many = (interval(rng.random(count)) for count in (100, 10000))
    width = {"few": few["upper"] - few["lower"], "many": many["upper"] - many["lower"]}
    assert width["few"] == pytest.approx(2 * 1.96 * np.sqrt(1 / 12 / 100), rel=0.15)
    assert width["many"] == pytest.approx(width["few"] / 10, rel=0.2)
    assert interval(np.arange(9.0)) == interval(np.arange(9.0))


def test_nobody_with_likes_and_nobody_with_a_list():
    found = by_metric(quality("any", [], likes({}), CATALOGUE, k=10))
    assert {metric: row["value"] for metric, row in found.items()} == {
        "recall": None, "ndcg": None, "mrr": None, "popular_share": None, "coverage": 0.0,
    }  # fmt: skip
    found = by_metric(quality("any", [], likes({1: [2]}), CATALOGUE, k=10))
    assert [found[metric]["value"] for metric in ("recall", "ndcg", "mrr")] == [0, 0, 0]
