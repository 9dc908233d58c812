"""The bootstrap over users."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recsys.evaluation.statistics import bootstrap


def rows(**correct: list[int]) -> list[dict[str, Any]]:
    """A row for each model and user; of six candidates, so many are predicted right."""
    return [
        {"model": model, "user_id": user, "judged": 6, "correct": count}
        for model, counts in correct.items()
        for user, count in enumerate(counts)
    ]


def draws(share: float, users: int, seed: int) -> list[int]:
    return [int(x) for x in np.random.default_rng(seed).binomial(6, share, users)]


def test_a_model_without_error_has_an_interval_without_width() -> None:
    assert bootstrap(rows(perfect=[6] * 20), 200).interval("perfect") == (1.0, 1.0)


def test_the_interval_is_as_wide_as_the_normal_approximation_says() -> None:
    users = 1500
    low, high = bootstrap(rows(model=draws(0.8, users, 1))).interval("model")
    assert high - low == pytest.approx(2 * 1.96 * (0.8 * 0.2 / (6 * users)) ** 0.5, rel=0.12)
    assert low < 0.8 < high


def test_users_are_the_units() -> None:
    """Where a user's candidates are all right or all wrong, six candidates tell no more than one."""
    independent = bootstrap(rows(model=draws(0.5, 600, 2))).interval("model")
    clustered = bootstrap(rows(model=[0, 6] * 300)).interval("model")
    assert clustered[1] - clustered[0] == pytest.approx(6**0.5 * (independent[1] - independent[0]), rel=0.2)


def test_a_lift_is_paired() -> None:
    """A model that is right once more for every user is better without any doubt."""
    base = draws(0.5, 300, 3)
    base = [min(count, 5) for count in base]
    resamples = bootstrap(rows(base=base, better=[count + 1 for count in base]), 300)
    assert resamples.lift_interval("better", "base") == pytest.approx((1 / 6, 1 / 6))


def test_the_order_of_the_rows_changes_nothing() -> None:
    table = rows(a=draws(0.7, 50, 4), b=draws(0.6, 50, 5))
    assert bootstrap(table, 100).interval("a") == bootstrap(table[::-1], 100).interval("a")


def test_users_with_more_judged_candidates_weigh_more() -> None:
    table = [
        {"model": "m", "user_id": 1, "judged": 2, "correct": 0},
        {"model": "m", "user_id": 2, "judged": 6, "correct": 6},
    ]
    found = set(np.round(bootstrap(table, 200).accuracies[:, 0], 6))
    assert found == {0.0, 0.75, 1.0}
