"""iALS: each step is the exact least-squares solution; factors find known structure and are repeatable."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.learners.lists import ials
from recsys.learners.lists.ials import IalsModel, IalsParameters, Side
from recsys.learners.lists.reasons import NO_REASON, strongest
from recsys.learners.lists.weighting import weights
from tests.learners.lists.worlds import random_interactions, two_tastes

PARAMETERS = IalsParameters("grades", 8, 0.3, 0.02, 3)


@pytest.mark.parametrize("rank", [3, 40])  # rows with more entries than factors, and with fewer
def test_a_step_is_the_exact_least_squares_solution(rank: int) -> None:
    interactions = random_interactions(30, 50)
    given = weights(interactions, "grades")
    factors = np.random.default_rng(0).normal(size=(50, rank))
    parameters = IalsParameters("grades", rank, 0.3, 0.02)
    side = Side.of(factors)
    found = side.solve(given, parameters, threads=2) @ side.factors.T
    confidences = given.toarray()
    for user in range(30):
        c = confidences[user]
        penalty = 0.02 * ((c > 0).sum() + 0.3 * 50)
        left = factors.T @ ((c + 0.3)[:, None] * factors) + penalty * np.eye(rank)
        expected = np.linalg.solve(left, factors.T @ c)
        np.testing.assert_allclose(found[user], factors @ expected, atol=1e-9)


def test_a_step_is_the_minimum_of_the_objective() -> None:
    interactions = random_interactions(20, 15)
    confidences = weights(interactions, "likes").toarray()
    factors = np.random.default_rng(0).normal(size=(15, 4))
    side = Side.of(factors)
    solved = side.solve(weights(interactions, "likes"), IalsParameters("likes", 4, 0.5, 0.1), 1)

    def loss(users: np.ndarray) -> np.ndarray:
        scores = users @ side.factors.T
        scale = (confidences > 0).sum(axis=1) + 0.5 * 15
        penalty = 0.1 * scale * (users**2).sum(axis=1)
        return (confidences * (1 - scores) ** 2).sum(axis=1) + 0.5 * (scores**2).sum(axis=1) + penalty

    for direction in np.random.default_rng(1).normal(size=(10, 20, 4)):
        assert (loss(solved + 1e-3 * direction) > loss(solved)).all()


@pytest.mark.parametrize("rank", [3, 40])
def test_conjugate_gradients_reach_the_exact_solution(rank: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    given, side = weights(random_interactions(30, 50), "grades"), Side.of(rng.normal(size=(50, rank)))
    parameters = IalsParameters("grades", rank, 0.3, 0.02)
    start, exact = rng.normal(size=(30, rank)), side.solve(given, parameters, 1)
    one = side.solve(given, parameters, 1, start)
    monkeypatch.setattr(ials, "_STEPS", 6 * rank)
    np.testing.assert_allclose(side.solve(given, parameters, 2, start), exact, atol=1e-6)
    assert np.abs(one - exact).max() < 0.5 * np.abs(start - exact).max()


def test_many_factors_take_conjugate_gradients_to_the_same_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    interactions = random_interactions(60, 80)
    parameters = IalsParameters("grades", ials.MANY, 0.3, 0.05, 12)
    one, three = (ials.fit(interactions, parameters, threads) for threads in (1, 3))
    np.testing.assert_array_equal(one.factors, three.factors)
    monkeypatch.setattr(ials, "MANY", 1 + ials.MANY)
    exact = ials.fit(interactions, parameters)
    assert (exact.factors != one.factors).any()
    difference = one.scores(interactions) - exact.scores(interactions)
    assert np.abs(difference).max() < 0.01


def test_factors_are_the_same_for_any_number_of_threads() -> None:
    interactions = random_interactions(90, 70)
    one, three = (ials.fit(interactions, PARAMETERS, threads) for threads in (1, 3))
    np.testing.assert_array_equal(one.factors, three.factors)


def test_it_finds_the_two_tastes() -> None:
    interactions = two_tastes()
    scores = ials.fit(interactions, IalsParameters("ones", 2, 0.1, 0.01, 10)).scores(interactions)
    same = np.add.outer(np.arange(60), np.arange(40)) % 2 == 0
    assert scores[same].min() > 0.5
    assert abs(scores[~same]).max() < 0.1


@pytest.fixture(scope="module")
def model() -> IalsModel:
    return ials.fit(random_interactions(90, 70), PARAMETERS)


def test_scores_are_the_sum_of_what_each_entry_adds(model: IalsModel) -> None:
    interactions = random_interactions(90, 70)
    scores = model.scores(interactions)
    for user, item in ((0, 3), (50, 69), (89, 0)):
        history = interactions.users(slice(user, user + 1))
        parts = model.contributions(history, item)
        assert len(parts) == history.entry_count
        assert parts.sum() == pytest.approx(scores[user, item], abs=1e-9)


def test_reasons_are_the_entries_that_add_most(model: IalsModel) -> None:
    """Of histories with items that the model lacks, lists with such items, and a user without a list."""
    histories = random_interactions(20, 80, seed=5)
    unknown = len(histories.item_ids) - 70
    ids = np.random.default_rng(1).choice(histories.item_ids, (20, 12))
    rows = np.repeat(np.arange(20), 12)[:-12]
    found = strongest(model, histories, rows, ids.ravel()[:-12])
    assert unknown > 0 and (found == NO_REASON).any() and (found != NO_REASON).any()
    for place, (row, item) in enumerate(zip(rows, ids.ravel(), strict=False)):
        column = np.flatnonzero(model.item_ids == item)
        adds = np.zeros(1)
        if len(column):
            adds = model.contributions(histories.users(slice(row, row + 1)), int(column[0]))
        best = histories.begins[row] + adds.argmax() if adds.max() > 0 else NO_REASON
        assert found[place] == best


def test_scores_of_a_user_do_not_depend_on_the_others(model: IalsModel) -> None:
    interactions = random_interactions(90, 70)
    whole = model.scores(interactions)
    for user in (0, 41, 89):
        np.testing.assert_array_equal(model.scores(interactions.users(slice(user, user + 1)))[0], whole[user])


def test_a_model_read_back_from_its_relations_scores_the_same(model: IalsModel) -> None:
    interactions = random_interactions(90, 70)
    tables = dict(model.to_tables())
    tables["item_factors"] = tables["item_factors"].take(np.random.default_rng(0).permutation(70))
    again = IalsModel.from_tables(tables)
    assert again.parameters == PARAMETERS
    np.testing.assert_array_equal(again.scores(interactions), model.scores(interactions))


def test_a_user_without_history_scores_zero(model: IalsModel) -> None:
    nothing = random_interactions(90, 70).entries(np.zeros(random_interactions(90, 70).entry_count, bool))
    assert not model.scores(nothing).any()


def test_no_penalty_without_a_solution_is_an_error() -> None:
    with pytest.raises(np.linalg.LinAlgError, match="raise its regularization"):
        ials.fit(random_interactions(5, 9), IalsParameters("ones", 8, 0.0, 0.0, 2))
