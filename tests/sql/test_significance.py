"""Differences between models, and whether the data can tell them apart."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.evaluation.statistics import bootstrap
from tests.given import expect, result


def of_users(rows):
    text = "\n".join(" ".join(map(str, row.values())) for row in rows)
    return {"marts.user_accuracy": f"model user_id judged correct\n{text}"}


def test_the_better_model_is_named_first_and_equal_ones_by_name(schemas):
    rows = [
        {"model": model, "user_id": user, "judged": 6, "correct": correct}
        for model, found in {"a": (6, 4), "b": (4, 2), "c": (5, 5)}.items()
        for user, correct in enumerate(found, 1)
    ]
    found = result(schemas, "marts.significance", of_users(rows))
    sixth = 1 / 6
    expect(found, f"better worse difference users\na b {2 * sixth} 2\na c 0 2\nc b {2 * sixth} 2")
    by_pair = {(row["better"], row["worse"]): row for row in found}
    error = 0.5 / np.sqrt(2)  # both users gain alike, which two users do by chance
    assert by_pair["a", "b"]["difference_low"] == pytest.approx(2 * sixth - 1.959964 * error)
    assert by_pair["a", "c"]["difference_low"] < 0 < by_pair["a", "c"]["difference_high"]


def test_the_bounds_are_those_of_a_paired_bootstrap(schemas):
    rng = np.random.default_rng(5)
    rows = []
    for user in range(400):
        base = rng.binomial(6, 0.7)
        for model, more in (("good", rng.binomial(6 - base, 0.3)), ("fair", 0)):
            rows.append({"model": model, "user_id": user, "judged": 6, "correct": int(base + more)})
    (row,) = result(schemas, "marts.significance", of_users(rows))
    assert (row["better"], row["worse"]) == ("good", "fair")
    low, high = bootstrap(rows).lift_interval("good", "fair")
    assert (row["difference_low"], row["difference_high"]) == pytest.approx((low, high), abs=0.003)


def test_one_user_gives_no_bounds(schemas):
    rows = [{"model": model, "user_id": 1, "judged": 6, "correct": 6 - k} for k, model in enumerate("ab")]
    found = result(schemas, "marts.significance", of_users(rows))
    expect(found, "better worse difference_low difference_high\na b - -")


def test_many_users_who_gain_alike_tell_two_models_apart(schemas):
    rows = [
        {"model": model, "user_id": user, "judged": 6, "correct": correct}
        for model, correct in (("a", 5), ("b", 2))
        for user in range(40)
    ]
    (row,) = result(schemas, "marts.significance", of_users(rows))
    assert row["difference_low"] == pytest.approx(0.5 - 1.959964 * 0.5 / np.sqrt(40))
