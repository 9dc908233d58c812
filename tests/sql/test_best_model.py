"""Which model is the best, and by what: cross-validated labels, else validation, never the truth."""

from __future__ import annotations

import math

import pytest

from recsys.project import Project
from recsys.sources.directory import OPTIONAL
from tests.given import expect, result

PREDICTIONS = """
    model user_id track_id predicted
    adaptive 1 10 1
    adaptive 1 11 0
    adaptive 2 10 1
    adaptive 2 11 0
    content 1 10 1
    content 1 11 0
    content 2 10 0
    content 2 11 1
"""
VALIDATION = """
    model user_id judged correct
    adaptive 7 6 6
    adaptive 8 6 4
    content 7 6 2
    content 8 6 2
"""
SCORES = ("scores.adaptive", "scores.content")


def best(schemas, **given):
    relations = {
        "marts.predictions": PREDICTIONS,
        "staging.labels": "user_id track_id label",
        "marts.validation_accuracy": VALIDATION,
        **{name.replace("__", "."): text for name, text in given.items()},
    }
    return result(schemas, "marts.best_model", relations, also=SCORES)


def test_labels_choose_where_there_are_some(schemas):
    labels = "user_id track_id label\n1 10 1\n1 11 0\n2 10 0\n2 11 1"
    rows = best(schemas, staging__labels=labels)
    expect(rows, "model accuracy users is_trained_on_labels\ncontent 1 2 false")
    assert [row["chosen_by"] for row in rows] == ["labels, cross-validated"]
    assert rows[0]["accuracy_low"] == pytest.approx(0.3424, abs=1e-4)  # of two users: Wilson's bound
    assert rows[0]["accuracy_high"] == 1


def test_validation_chooses_while_labelled_users_are_few(schemas):
    labels = "user_id track_id label\n1 10 1\n1 11 0\n2 10 0\n2 11 1"
    more = f"{VALIDATION.rstrip()}\n    adaptive 9 6 5\n    content 9 6 2"
    rows = best(schemas, staging__labels=labels, marts__validation_accuracy=more)
    expect(rows, "model chosen_by users\nadaptive validation 3")


def test_labels_choose_once_there_are_enough(schemas):
    users = range(1, 31)
    predictions = "model user_id track_id predicted\n" + "\n".join(
        f"{model} {user} {track} {predicted}"
        for user in users
        for model, found in (("adaptive", (1, 0)), ("content", (0, 1)))
        for track, predicted in zip((10, 11), found, strict=True)
    )
    labels = "user_id track_id label\n" + "\n".join(f"{user} 10 0\n{user} 11 1" for user in users)
    validation = "model user_id judged correct\n" + "\n".join(
        f"adaptive {user} 6 6\ncontent {user} 6 2" for user in range(100, 200)
    )
    given = {"marts__predictions": predictions, "marts__validation_accuracy": validation}
    rows = best(schemas, staging__labels=labels, **given)
    assert [(row["model"], row["chosen_by"]) for row in rows] == [("content", "labels, cross-validated")]


def test_validation_chooses_where_there_are_no_labels(schemas):
    """Accuracy 10/12; the two users differ from it by one candidate each, so that s = sqrt(2 * 2) / 12."""
    rows = best(schemas)
    expect(rows, "model chosen_by users\nadaptive validation 2")
    error = 2 / 12
    assert abs(rows[0]["accuracy"] - 10 / 12) < 1e-12
    z = 1.959964
    wilson = (10 / 12 + z * z / 4 - z * math.sqrt(10 / 12 * 2 / 12 / 2 + z * z / 16)) / (1 + z * z / 2)
    assert rows[0]["accuracy_low"] == pytest.approx(min(wilson, 10 / 12 - z * error))
    assert rows[0]["accuracy_high"] == 1


def test_without_either_there_is_no_best_model(schemas):
    assert best(schemas, marts__validation_accuracy="model user_id judged correct") == []


def test_equally_good_models_are_chosen_by_name(schemas):
    validation = "model user_id judged correct\ncontent 7 6 4\nadaptive 7 6 4"
    rows = best(schemas, marts__validation_accuracy=validation)
    expect(rows, "model accuracy_low accuracy_high\nadaptive - -")


def test_validation_predictions_follow_the_ranking_rule(schemas):
    """Equal scores go by the prior, equal priors by the id."""
    given = {
        "validation.scores_adaptive": "user_id track_id score\n1 10 5\n1 11 5\n1 12 9\n1 13 5",
        "validation.labels": "user_id track_id label\n1 10 0\n1 11 1\n1 12 1\n1 13 0",
        "validation.features_candidates": "user_id track_id track_prior\n1 10 50\n1 11 60\n1 12 10\n1 13 60",
    }
    expect(
        result(schemas, "marts.validation_accuracy", given), "model user_id judged correct\nadaptive 1 4 4"
    )


def test_the_truth_has_no_say() -> None:
    project = Project.load(present=OPTIONAL)
    above, waiting = set[str](), ["marts.best_model"]
    while waiting:
        for parent in project.parents(project.render(waiting.pop())):
            if parent not in above:
                above.add(parent)
                waiting.append(parent)
    assert "staging.labels" in above
    assert "staging.truth" not in above
