"""Scores by attributes against plain NumPy, for items that have been chosen and for one that has not."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from recsys.learners.lists.attributes import AttributeModel
from recsys.learners.lists.interactions import Interactions
from recsys.learners.lists.model import WeightedModel
from recsys.learners.lists.weighting import weights
from tests.learners.lists.worlds import random_interactions


@pytest.fixture
def histories() -> Interactions:
    return random_interactions(20, 12)


@pytest.fixture
def model(histories: Interactions) -> AttributeModel:
    """Every item but the first has one or two of five attributes."""
    rng = np.random.default_rng(3)
    rows = [
        (item, one) for item in histories.item_ids[1:] for one in rng.choice(5, rng.integers(1, 3), False)
    ]
    items, attributes = np.array(rows).T
    counts = np.unique(items, return_inverse=True, return_counts=True)
    weight = 1 / np.sqrt(counts[2][counts[1]])
    table = pa.table({"item_id": items, "attribute_id": attributes, "weight": weight})
    settings = pa.table({"key": pa.array([], pa.string()), "value": pa.array([], pa.string())})
    return AttributeModel.from_tables({"item_attributes": table, "settings": settings})


def test_a_score_is_the_sum_of_cosines(histories: Interactions, model: AttributeModel) -> None:
    matrix = model.matrix.toarray()
    inputs = weights(histories.with_items(model.item_ids), "likes").toarray()
    np.testing.assert_allclose(model.scores(histories), inputs @ matrix @ matrix.T, atol=1e-8)
    assert histories.item_ids[0] not in model.item_ids


def test_parts_add_up_to_the_scores(histories: Interactions, model: AttributeModel) -> None:
    assert isinstance(model, WeightedModel)
    for user in range(histories.user_count):
        one = histories.users(slice(user, user + 1))
        parts = model.parts(one, np.arange(len(model.item_ids)))
        np.testing.assert_allclose(parts.sum(axis=0), model.scores(one)[0], atol=1e-8)
        np.testing.assert_array_equal(model.contributions(one, 3), parts[:, 3])


def test_an_item_that_no_user_chose_is_scored_by_its_attributes(model: AttributeModel) -> None:
    liked, twin = model.item_ids[0], 999
    own = {"item_id": [liked, twin], "attribute_id": [1, 1], "weight": [1.0, 1.0]}
    two = AttributeModel.from_tables({**model.to_tables(), "item_attributes": pa.table(own)})
    history = {"user_id": [4], "item_id": [liked], "rating": [100], "is_like": [True]}
    scores = two.scores(Interactions.from_table(pa.table(history), np.array([liked, twin])))
    np.testing.assert_array_equal(scores, [[1.0, 1.0]])


def test_a_table_gives_the_same_model_back(model: AttributeModel, histories: Interactions) -> None:
    again = AttributeModel.from_tables(model.to_tables())
    np.testing.assert_array_equal(again.scores(histories), model.scores(histories))
