"""Intervals against the normal approximation, and groups of models on known differences."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.evaluation.bootstrap import groups, interval, is_better


def test_the_interval_is_that_of_the_normal_approximation() -> None:
    values = np.random.default_rng(1).random(2000)
    found = interval(values)
    error = 1.96 * values.std() / np.sqrt(len(values))
    assert found.mean == pytest.approx(values.mean())
    assert found.lower == pytest.approx(values.mean() - error, abs=0.1 * error)
    assert found.upper == pytest.approx(values.mean() + error, abs=0.1 * error)
    assert interval(values) == found


def test_no_values_give_no_interval() -> None:
    assert np.isnan([interval(np.empty(0)).mean, interval(np.empty(0)).lower]).all()


def test_few_users_or_equal_ones_have_at_least_the_interval_of_wilson() -> None:
    one = interval(np.array([1.0]))
    assert (one.lower, one.upper) == pytest.approx((0.2065, 1.0), abs=1e-4)  # Wilson, 1 of 1
    alike = interval(np.zeros(50))
    assert (alike.lower, alike.upper) == pytest.approx((0.0, 0.0713), abs=1e-4)  # Wilson, 0 of 50
    few = interval(np.array([0.0, 1.0] * 5))
    assert few.lower <= 0.2366
    assert few.upper >= 0.7634  # Wilson, 5 of 10


def test_models_of_a_group_are_those_that_a_paired_difference_does_not_separate() -> None:
    rng = np.random.default_rng(2)
    best = rng.random(500)
    close = best - 0.001 * rng.normal(size=500)  # noise without a difference
    behind = best - 0.05  # the same loss for every user: significant though small compared with the spread
    last = rng.permutation(best) - 0.3
    found = groups({"last": last, "behind": behind, "best": best, "close": close})
    assert set(found["best"]) & set(found["close"])
    assert not set(found["best"]) & set(found["behind"])
    assert not set(found["behind"]) & set(found["last"])
    assert next(iter(found)) in {"best", "close"}
    assert is_better(best, behind)
    assert not is_better(best, close)


def test_a_later_group_starts_at_the_best_model_without_one() -> None:
    """The middle differs from neither end, the ends differ from each other: the last one's group is its own."""
    rng = np.random.default_rng(3)
    noise = rng.normal(size=(3, 400))
    models = {"a": 0.16 + noise[0], "b": 0.08 + noise[1], "c": -0.06 + noise[2]}
    found = groups(models)
    assert found == {"a": "A", "b": "A", "c": "B"}


def test_one_model_and_no_users() -> None:
    assert groups({"only": np.array([1.0, 0.0])}) == {"only": "A"}
    assert groups({}) == {}
    assert groups({"a": np.empty(0), "b": np.empty(0)}) == {"a": "A", "b": "A"}
