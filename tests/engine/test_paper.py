"""``--paper`` builds the paper's systems alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys.engine.availability import leave_out, of_paper
from recsys.errors import UsageError
from recsys.project import Project
from recsys.project.parameters import Parameters
from recsys.sources.directory import discover

PAPER = {
    "weighted_average",
    "max_genre",
    "weighted_average_bayes",
    "max_genre_bayes",
    "adaptive",
    "autoencoder_fallback",
    "als_raw_blend",
    "als_rank_blend",
    "als_normalized_blend",
    "decision_tree",
    "logistic_regression",
    "gradient_boosted_trees",
    "random_forest",
    "ensemble",
}
SECTION = {"published", "published_in"}


@pytest.fixture
def project(small_data: Path) -> Project:
    return Project.load(present=discover(small_data, False))


def test_the_fourteen_systems_and_what_they_read_are_left(project: Project, small_data: Path) -> None:
    files = discover(small_data, False)
    reasons = leave_out(project, files, sql_only=False, paper=True)
    left = {name.removeprefix("scores.") for name in project.enabled if name.startswith("scores.")}
    assert left == PAPER
    assert reasons["scores.ranker"] == "--paper leaves it out; build without it"
    assert {"marts.leaderboard", "marts.models", "main.waterfall"} <= project.enabled  # submit, explain
    learners = {name for name in project.enabled if (call := project.render(name).call) and call.is_learner}
    assert learners == {
        *(f"scores.{name}" for name in PAPER if project.render(f"scores.{name}").call),
        "features.als_predictions",
        "features.autoencoder",
    }


def test_the_ensemble_is_of_the_papers_systems(project: Project, small_data: Path) -> None:
    leave_out(project, discover(small_data, False), sql_only=False, paper=True)
    read = {name for name in project.ancestors("scores.ensemble", lambda one: one.refs) if "scores." in name}
    assert {name.removeprefix("scores.") for name in read if name.startswith("scores.")} == PAPER - {
        "ensemble"
    }


def test_parameters_without_the_papers_figures_are_refused(project: Project) -> None:
    values = {name: one for name, one in project.parameters.values.items() if name not in SECTION}
    project.parameters = Parameters(values)
    with pytest.raises(UsageError, match=r"--paper: parameters\.toml names no model"):
        of_paper(project)
