"""Weights from known accuracies: small cases by hand, simulated pools for what they are worth."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from recsys.errors import UsageError
from recsys.learners.ensembles import weights
from recsys.learners.ensembles.blend import METHODS, blend
from recsys.learners.ensembles.pool import Input, Pool, rounding_error
from recsys.learners.ensembles.within_user import Users
from tests.bench.ensemble_pool import Simulation, compare, is_good, simulate

ERROR = 0.0003
PAIRS = Users(np.repeat(np.arange(4), 2), np.tile(np.arange(2), 4))


def submission(name: str, accuracy: float) -> Input:
    return Input(name, "submission", accuracy, ERROR, "published")


def pool_of(*columns: tuple[float, list[int]]) -> Pool:
    """Marks of four users with two candidates each, and their accuracy."""
    inputs = [submission(f"{k}.csv", accuracy) for k, (accuracy, _) in enumerate(columns)]
    return Pool.of(PAIRS, inputs, [np.array(marks, float) for _, marks in columns])


FIRST, SECOND, THIRD = [1, 0] * 4, [1, 0, 1, 0, 1, 0, 0, 1], [1, 0, 1, 0, 0, 1, 0, 1]


def test_least_squares_solves_the_regularised_normal_equations() -> None:
    pool = pool_of((0.9, FIRST), (0.8, SECOND), (0.6, THIRD))
    s = np.array([FIRST, SECOND, THIRD]).T * 2.0 - 1
    gram = weights.gram(PAIRS, pool.levels)
    np.testing.assert_allclose(gram, s.T @ s / 8)
    np.testing.assert_allclose(pool.moments, [0.8, 0.6, 0.2])
    expected = np.linalg.inv(s.T @ s + 0.01 * 8 * np.eye(3)) @ (8 * pool.moments)
    np.testing.assert_allclose(weights.least_squares(gram, pool.moments, 0.01), expected)


def test_marks_that_are_not_half_are_worth_what_their_accuracy_says() -> None:
    truth = np.array([1, -1] * 4)
    marks = np.array([1, 1, 1, 0, 0, 0, 1, 0])
    accuracy = np.mean((marks > 0) == (truth > 0))
    pool = pool_of((accuracy, marks.tolist()), (0.8, FIRST))
    assert pool.moments[0] == pytest.approx(np.mean((2 * marks - 1) * truth))


def test_left_out_residuals_are_those_of_leaving_out_each_input() -> None:
    simulation = simulate(1, users=200, submissions=6)
    pool = simulation.pool()
    gram, ridge = weights.gram(pool.users, pool.levels), 0.02
    residuals = weights.left_out_residuals(gram, pool.moments, ridge)
    for k in range(6):
        others = np.arange(6) != k
        fitted = weights.least_squares(gram[np.ix_(others, others)], pool.moments[others], ridge)
        assert residuals[k] == pytest.approx(pool.moments[k] - gram[k, others] @ fitted)


def test_exact_duplicates_are_merged_and_change_nothing() -> None:
    simulation = simulate(2, users=200, submissions=8)
    pool = simulation.pool()
    columns = [*simulation.marks.T, simulation.marks[:, 5]]
    copied = Pool.of(pool.users, [*pool.inputs, submission("z.csv", pool.inputs[5].accuracy)], columns)
    assert [(each.name, each.duplicate_of) for each in copied.duplicates] == [("z.csv", "005.csv")]
    assert copied.warnings == ()
    np.testing.assert_array_equal(blend(copied).score, blend(pool).score)


def test_the_same_ranks_with_two_scores_count_by_their_mean_and_are_warned_of() -> None:
    pool = pool_of((0.9, FIRST), (0.7, FIRST))
    assert pool.accuracy.tolist() == [pytest.approx(0.8)]
    assert pool.warnings == (
        "submissions with the same ranks have different published accuracies; using their mean: 0.csv (0.900), 1.csv (0.700)",
    )


def test_near_duplicates_do_not_blow_the_weights_up() -> None:
    simulation = simulate(3, users=500, submissions=8)
    column = simulation.marks[:, 6].copy()
    column[:6] = 1 - column[:6]
    inputs = [*simulation.pool().inputs, submission("z.csv", simulation.published[6] + 0.001)]
    blended = blend(Pool.of(simulation.users, inputs, [*simulation.marks.T, column]))
    assert np.abs(blended.weights).max() < 1


@pytest.mark.parametrize("method", METHODS)
def test_one_input_is_its_own_blend(method: str) -> None:
    blended = blend(pool_of((0.75, SECOND)), method)
    np.testing.assert_array_equal(blended.score > 0, np.array(SECOND) > 0)
    assert blended.accuracy == pytest.approx(0.75, abs=1e-3)
    assert blended.uncertainty == pytest.approx(ERROR, abs=1e-3)
    assert blended.foretold is None


def test_a_contrary_input_counts_against_what_it_marks() -> None:
    pool = pool_of((0.9, FIRST), (0.2, SECOND))
    assert blend(pool, "vote").weights[1] < 0
    assert blend(pool, "average").weights.tolist() == [1, 0]


def test_the_vote_weighs_by_log_odds() -> None:
    pool = pool_of((0.9, FIRST), (0.8, SECOND), (1.0, THIRD))
    expected = np.log([9, 4, (1 - ERROR) / ERROR])
    np.testing.assert_allclose(blend(pool, "vote").weights, expected, rtol=1e-5)


def test_the_average_without_an_informative_input_takes_all() -> None:
    assert blend(pool_of((0.5, FIRST), (0.4, SECOND)), "average").weights.tolist() == [0.5, 0.5]


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(UsageError, match="method magic: choose from"):
        blend(pool_of((0.9, FIRST)), "magic")


@pytest.mark.parametrize(("scores", "decimals"), [([0.812, 0.9], 3), ([0.8], 1), ([0.81234, 0.9], 5)])
def test_rounding_is_read_from_the_longest_score(scores: list[float], decimals: int) -> None:
    assert rounding_error(scores) == pytest.approx(10.0**-decimals / np.sqrt(12))


def test_weights_keep_ties_and_do_not_depend_on_the_order_of_rows() -> None:
    simulation = simulate(4, users=300, submissions=10)
    order = np.random.default_rng(0).permutation(len(simulation.truth))
    candidates = simulation.candidates
    shuffled = Simulation(
        candidates,
        Users(candidates.user_id[order], candidates.track_id[order]),
        simulation.truth[order],
        simulation.scores[order],
    )
    for as_marks in (True, False):
        straight, other = (blend(each.pool(as_marks)) for each in (simulation, shuffled))
        np.testing.assert_array_equal(other.score, straight.score[order])
        assert other.accuracy == straight.accuracy


@pytest.fixture(scope="module", params=[True, False], ids=["marks", "scores"])
def simulated(request: pytest.FixtureRequest) -> tuple[bool, list[Simulation]]:
    return request.param, [simulate(seed, users=1500, submissions=40) for seed in range(4)]


def test_least_squares_beats_the_best_input_and_the_vote(simulated: tuple[bool, list[Simulation]]) -> None:
    as_marks, simulations = simulated
    comparisons = [compare(simulation, as_marks) for simulation in simulations]
    figures = np.array([[*vars(comparison).values()] for comparison in comparisons])
    mean = type(comparisons[0])(*figures.mean(axis=0).tolist())
    assert is_good(comparisons, mean)
    assert mean.least_squares > mean.log_odds_vote
    for comparison in comparisons:
        assert abs(comparison.expected - comparison.least_squares) < 2.5 * comparison.uncertainty
        assert comparison.uncertainty < 0.03


def test_each_input_is_foretold_by_the_others() -> None:
    simulation = simulate(5, users=1500, submissions=40)
    blended = blend(simulation.pool())
    assert blended.foretold is not None
    errors = np.abs(blended.foretold - simulation.published)
    assert np.median(errors) < 0.005
    assert errors.max() < 0.05


def test_noisier_scores_ask_for_a_larger_ridge() -> None:
    ridges = []
    for error in (0.0, 0.005, 0.05):
        simulation = simulate(6, users=1500, submissions=40)
        gram = weights.gram(simulation.users, simulation.pool().levels)
        noise = error * np.random.default_rng(7).normal(size=40)
        ridges.append(weights.choose_ridge(gram, 2 * (simulation.published + noise) - 1))
    assert all(smaller <= larger for smaller, larger in pairwise(ridges))
    assert ridges[0] < ridges[-1]
