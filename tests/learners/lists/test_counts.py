"""Popularity and trending on rows that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.learners.lists.counts import ItemScores, popularity, time_span, trending
from recsys.learners.lists.interactions import Interactions
from tests.learners.lists.worlds import table


@pytest.fixture
def interactions() -> Interactions:
    users, items = np.array([1, 2, 3, 1, 2]), np.array([10, 10, 10, 20, 20])
    ratings = np.array([100.0, 90, 10, 80, 100])
    return Interactions.from_table(table(users, items, ratings, ratings >= 80, np.array([0, 10, 40, 30, 40])))


def test_popularity_counts_likes(interactions: Interactions) -> None:
    assert popularity(interactions).scores(interactions).tolist() == [[2.0, 2.0]] * 3


def test_a_like_halves_with_every_half_life(interactions: Interactions) -> None:
    found = trending(interactions, half_life=10.0)
    assert found.values.tolist() == [2.0**-4 + 2.0**-3, 2.0**-1 + 1.0]
    with pytest.raises(ValueError, match="half_life is 0"):
        trending(interactions, 0)


def test_the_time_span_is_that_of_the_likes(interactions: Interactions) -> None:
    assert time_span(interactions) == 40.0
    assert time_span(interactions.entries(np.zeros(5, bool))) == 0.0


def test_a_model_read_back_from_its_relations_scores_the_same(interactions: Interactions) -> None:
    found = trending(interactions, 10.0)
    again = ItemScores.from_tables(found.to_tables())
    np.testing.assert_array_equal(again.scores(interactions), found.scores(interactions))
