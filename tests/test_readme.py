"""The README does what it says: its commands run, its output is theirs, its table is generated."""

from __future__ import annotations

import re
import subprocess

import pytest

from recsys.cli.program import commands
from recsys.project import Project
from recsys.report.models import markdown, models
from recsys.sources.directory import OPTIONAL
from tests.readme import README, agrees, run, sessions

TEXT = README.read_text(encoding="utf-8")
CONTRIBUTING = (README.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("readme")


def test_every_session_prints_what_the_readme_shows(folder):
    listed = list(sessions(TEXT))
    assert len(listed) >= 8
    for session in listed:
        printed = run(session.command, folder)
        assert agrees(session.shown, printed), f"$ {session.command}\n" + "\n".join(printed)


def test_the_table_of_models_is_the_generated_one():
    table = TEXT.split("<!-- models -->\n")[1].split("\n<!-- /models -->")[0]
    assert table == markdown(models(Project.load(present=OPTIONAL)))


def test_commands_and_options_that_are_named_exist():
    known = {option for command in commands.commands.values() for p in command.params for option in p.opts}
    for text in (TEXT, CONTRIBUTING):
        for name in re.findall(r"`recsys ([a-z]+)", text):
            assert name in commands.commands, name
        for option in re.findall(r"`?recsys [a-z]+[^`\n]*?(--[a-z-]+)", text):
            assert option in known, option


def test_relations_that_are_named_exist():
    project = Project.load(present=OPTIONAL)
    names = {*project.writers, "marts.build"}
    for relation in re.findall(r"`((?:staging|hierarchy|priors|features|scores|marts)\.[a-z_]+)`", TEXT):
        assert relation in names or relation.endswith(".csv"), relation


def test_make_lists_the_targets_that_are_named():
    helped = subprocess.run(["make", "help"], cwd=README.parent, capture_output=True, text=True, check=True)
    for target in set(re.findall(r"`make ([a-z]+)", TEXT + CONTRIBUTING)):
        assert f"make {target}" in helped.stdout, target


def test_files_that_are_linked_exist():
    for text in (TEXT, CONTRIBUTING):
        for link in re.findall(r"\]\((?!http)([^)#]+)\)", text):
            assert (README.parent / link).exists(), link
