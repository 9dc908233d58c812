"""Maximal marginal relevance, by hand."""

from __future__ import annotations

import numpy as np

from recsys.serving.diversity import rerank

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
