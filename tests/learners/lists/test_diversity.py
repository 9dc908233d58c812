"""Maximal marginal relevance, by hand."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from recsys.learners.lists.counts import ItemScores
from recsys.learners.lists.diversity import rerank
from recsys.learners.lists.quality import Judge
from tests.learners.lists.worlds import random_interactions

SCORES = np.array([1.0, 0.9, 0.8, 0.0])
SIMILARITY = np.array(
    [[1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]]
)


def test_without_diversity_the_order_of_scores_stays() -> None:
    assert rerank(SCORES, SIMILARITY, 0.0, 4).tolist() == [0, 1, 2, 3]


def test_an_item_like_the_first_comes_after_one_that_is_not() -> None:
    assert rerank(SCORES, SIMILARITY, 0.5, 3).tolist() == [0, 2, 3]  # .45 - .5, .4, 0
    assert rerank(SCORES, SIMILARITY, 0.3, 3).tolist() == [0, 2, 1]  # .63 - .3, .56, 0


def test_full_diversity_looks_at_similarity_alone_and_ties_keep_their_order() -> None:
    assert rerank(SCORES, SIMILARITY, 1.0, 4).tolist() == [0, 2, 3, 1]


def test_equal_scores_and_short_lists_work() -> None:
    assert rerank(np.ones(3), np.eye(3), 0.5, 10).tolist() == [0, 1, 2]
    assert rerank(np.empty(0), np.empty((0, 0)), 0.5, 10).tolist() == []


def test_lists_are_reranked_by_the_cosines_of_their_users() -> None:
    history = random_interactions(40, 30, seed=3)
    model = ItemScores(history.item_ids, np.random.default_rng(4).random(30))
    held = pa.table({"user_id": history.user_ids[::2], "item_id": np.repeat(history.item_ids[:1], 20)})
    judge = Judge.of(history, held, threads=1, k=5, diversity=0.6)
    found = judge.lists(model)
    who = [set(history.rows[history.items == item].tolist()) for item in range(30)]
    for row, user in enumerate(history.user_ids[::2].tolist()):
        place = history.user_ids.tolist().index(user)
        seen = set(history.items[history.begins[place] : history.begins[place + 1]].tolist())
        left = sorted(set(range(30)) - seen, key=lambda item: -model.values[item])
        scores = np.round(model.values[left], 12)
        relevance = dict(zip(left, (scores - scores.min()) / np.ptp(scores), strict=True))
        expected: list[int] = []
        while left:
            best = max(left, key=lambda item: gain(item, relevance, expected, who))
            expected.append(best)
            left.remove(best)
        assert found[row, : len(expected)].tolist() == expected


def gain(item: int, relevance: dict[int, float], chosen: list[int], who: list[set[int]]) -> float:
    """Maximal marginal relevance of an item, in plain Python."""
    nearest = max(
        (len(who[item] & who[one]) / (len(who[item]) * len(who[one])) ** 0.5 for one in chosen), default=0.0
    )
    return 0.4 * relevance[item] - 0.6 * nearest
