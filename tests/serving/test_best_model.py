"""The sentence about the best model."""

from __future__ import annotations

import pytest

from recsys.serving.best_model import best_sentence

BEST = {
    "model": "gradient_boosted_trees",
    "accuracy": 0.85,
    "accuracy_low": 0.814,
    "accuracy_high": 0.886,
    "users": 1_000,
    "chosen_by": "validation",
    "is_trained_on_labels": True,
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {},
            "Best model in validation on 1,000 users: gradient_boosted_trees,\n"
            "accuracy 0.8500 (95 % interval 0.814 to 0.886). Learned from ratings and labels.",
        ),
        (
            {"chosen_by": "labels", "users": 1, "accuracy_low": None, "is_trained_on_labels": False},
            "Best model on 1 user with known answers: gradient_boosted_trees,\n"
            "accuracy 0.8500. Learned from ratings only.",
        ),
    ],
)
def test_the_accuracy_stands_next_to_the_users_that_it_was_measured_on(changes: dict, expected: str):
    sentence = best_sentence({**BEST, **changes})
    assert sentence == expected
    assert max(map(len, sentence.splitlines())) <= 80
