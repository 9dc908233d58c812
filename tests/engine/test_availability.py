"""Models that cannot be built are left out with the reason, and what to do about it."""

from __future__ import annotations

from recsys.engine.availability import is_consequence, leave_out, of_models
from recsys.project import Project


def test_models_of_test_items_are_left_out_where_there_are_none() -> None:
    reasons = leave_out(Project.load(), files={}, sql_only=False)
    no_items = "the data have no test items: an import makes them with --holdout N"
    assert {reasons[f"scores.{name}"] for name in ("ranker", "ensemble")} == {no_items}
    assert reasons["scores.decision_tree"].startswith("the data have no known answers")
    assert "scores.adaptive" not in reasons


def test_what_only_models_of_test_items_read_is_not_built_without_them() -> None:
    project = Project.load()
    reasons = leave_out(project, files={}, sql_only=False)
    prepared = {
        "features.autoencoder_ratings",
        "features.als_ratings",
        "learned.ease_ratings",
        "validation.labels",
    }
    assert not prepared & project.enabled
    assert all(is_consequence(reasons[name]) for name in prepared)
    assert {
        "lists.ease",
        "validation.list_held_out",
        "scores.adaptive",
        "marts.leaderboard",
    } <= project.enabled


def test_what_is_left_out_is_named_as_people_know_it_with_the_reason_of_what_it_reads() -> None:
    project = Project.load()
    named = of_models(project, leave_out(project, files={}, sql_only=False))
    assert all(name.split(".")[0] in ("lists", "scores") for name in named)
    assert named["scores.als_raw_blend"].startswith(
        "the data have no test items"
    )  # by features.als_predictions
    assert named["lists.trending"].startswith("the data have no times")
    assert not any(map(is_consequence, named.values()))


def test_what_a_list_model_alone_reads_is_named_by_no_reason_of_its_own() -> None:
    project = Project.load(overrides=["data.order=none"])
    reasons = leave_out(project, files={}, sql_only=False)
    named = {name for name, why in reasons.items() if name.startswith("lists.") and not is_consequence(why)}
    assert named == {"lists.neighbours", "lists.trending"}
