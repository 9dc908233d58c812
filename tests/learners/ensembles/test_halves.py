"""Probabilities that exactly half of a user's candidates are liked, against the sum over all halves."""

from __future__ import annotations

from itertools import combinations
from math import exp

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.learners.ensembles.half_liked import Calibration, probabilities, symmetric_polynomial
from recsys.learners.ensembles.within_user import Users


def by_enumeration(log_odds: list[float]) -> list[float]:
    """P(liked) by listing the halves and weighing each with the product of its odds."""
    halves = [*combinations(range(len(log_odds)), len(log_odds) // 2)]
    weights = [exp(sum(log_odds[i] for i in half)) for half in halves]
    return [
        sum(weight for half, weight in zip(halves, weights, strict=True) if i in half) / sum(weights)
        for i in range(len(log_odds))
    ]


even_rows = st.sampled_from([2, 4, 6, 8]).flatmap(
    lambda size: st.lists(st.floats(-8, 8), min_size=size, max_size=size)
)


@given(even_rows)
def test_probabilities_are_the_sums_over_all_halves(log_odds: list[float]) -> None:
    np.testing.assert_allclose(probabilities(np.array([log_odds]))[0], by_enumeration(log_odds), atol=1e-9)


@given(even_rows, st.floats(-50, 50))
def test_only_differences_within_the_user_matter(log_odds: list[float], offset: float) -> None:
    row = np.array([log_odds])
    np.testing.assert_allclose(probabilities(row + offset), probabilities(row), atol=1e-9)


def test_two_candidates_are_a_logistic_function_of_their_difference() -> None:
    np.testing.assert_allclose(
        probabilities(np.array([[1.5, 0.5]]))[0], [1 / (1 + exp(-1)), 1 / (1 + exp(1))]
    )


def test_equal_scores_are_likely_by_half_and_extreme_ones_stay_finite() -> None:
    np.testing.assert_allclose(probabilities(np.zeros((2, 6))), 0.5)
    extreme = probabilities(np.array([[1e6, 1e6, 1e6, -1e6, -1e6, -1e6]]))
    np.testing.assert_allclose(extreme, [[1, 1, 1, 0, 0, 0]], atol=1e-9)


def test_many_candidates_stay_finite() -> None:
    liked = probabilities(np.linspace(-500, 500, 200)[None, :])
    assert np.isfinite(liked).all()
    assert liked.sum() == pytest.approx(100)


def test_symmetric_polynomials_by_hand() -> None:
    odds = np.array([[1.0, 2.0, 3.0]])
    assert [symmetric_polynomial(odds, degree)[0] for degree in range(4)] == [1, 6, 11, 6]


def truth_for(scores: np.ndarray, slope: float, seed: int) -> np.ndarray:
    """For each user a half drawn from the model."""
    random = np.random.default_rng(seed)
    halves = np.array([*combinations(range(scores.shape[1]), scores.shape[1] // 2)])
    weights = np.exp(slope * scores[:, halves].sum(axis=2))
    cumulated = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
    drawn = (random.random((len(scores), 1)) > cumulated).sum(axis=1).clip(max=len(halves) - 1)
    truth = np.full(scores.shape, -1.0)
    np.put_along_axis(truth, halves[drawn], 1.0, axis=1)
    return truth


@pytest.mark.parametrize("slope", [0.7, 2.5, -1.0])
def test_calibration_recovers_the_moment_from_the_accuracy_and_back(slope: float) -> None:
    users = Users(np.repeat(np.arange(4000), 6), np.tile(np.arange(6), 4000))
    scores = np.random.default_rng(3).normal(size=(4000, 6))
    truth = truth_for(scores, slope, seed=4).ravel()
    accuracy = np.mean(users.halves(scores.ravel()) == truth)
    moment = np.mean(scores.ravel() * truth)
    calibration = Calibration.of(users, scores.ravel())
    assert calibration.moment_at(accuracy) == pytest.approx(moment, abs=0.01)
    assert calibration.accuracy_at(moment) == pytest.approx(accuracy, abs=0.005)


def test_calibration_of_marks_is_exact() -> None:
    users = Users(np.repeat(np.arange(50), 4), np.tile(np.arange(4), 50))
    calibration = Calibration.of(users, np.tile([1.0, 1.0, -1.0, -1.0], 50))
    assert calibration.moment_at(0.85) == pytest.approx(2 * 0.85 - 1)


def test_scores_without_differences_are_worth_nothing() -> None:
    users = Users(np.repeat(np.arange(5), 4), np.tile(np.arange(4), 5))
    calibration = Calibration.of(users, np.zeros(20))
    assert calibration.moment_at(0.9) == 0
    assert calibration.accuracy_at(0.0) == 0.5


def test_an_accuracy_out_of_reach_gives_the_steepest_slope() -> None:
    users = Users(np.repeat(np.arange(5), 4), np.tile(np.arange(4), 5))
    calibration = Calibration.of(users, np.tile([1.0, 0.0, 0.0, -1.0], 5))
    assert calibration.moment_at(1.0) == pytest.approx(0.5, abs=1e-6)
