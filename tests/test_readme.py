"""The documents do what they say: their commands run, their output is theirs, their table is generated."""

from __future__ import annotations

import re
import subprocess

import pytest

from recsys.cli.commands import NAMES, load
from recsys.project import Project
from recsys.sources.directory import OPTIONAL
from tests.readme import MODELS, README, WALKS, agrees, prepared, run, sessions, tabled

ROOT = README.parent
NAMED = ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md")
PAGES = [*(ROOT / name for name in NAMED), *sorted((ROOT / "docs").rglob("*.md"))]
TEXTS = {page: page.read_text(encoding="utf-8") for page in PAGES}
TEXT, CONTRIBUTING = TEXTS[README], TEXTS[ROOT / "CONTRIBUTING.md"]
LONGEST = 150  # lines of the README


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return prepared(tmp_path_factory.mktemp("readme"))


def test_every_session_prints_what_the_page_shows(folder):
    listed = [session for page in WALKS for session in sessions(TEXTS[page])]
    assert len(listed) >= 14
    for session in listed:
        printed = run(session.command, folder)
        assert agrees(session.shown, printed), f"$ {session.command}\n" + "\n".join(printed)
    (example,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    script = folder / "example.py"
    script.write_text(example, encoding="utf-8")
    run(f"python {script.name}", folder)


def test_seconds_of_a_table_may_differ():
    table = "model  seconds  group\n────────────\nease       1.5  {}"
    shown = tuple(table.format("A").split("\n"))
    assert agrees(shown, tuple(table.format("A").replace(" 1.5", "12.0").split("\n")))
    assert not agrees(shown, tuple(table.format("B").split("\n")))
    assert not agrees(shown, tuple(table.replace("ease", "easy").format("A").split("\n")))


def test_the_readme_is_short():
    assert len(TEXT.splitlines()) < LONGEST


def test_the_table_of_models_is_the_generated_one():
    text = MODELS.read_text(encoding="utf-8")
    assert "<!-- models -->" in text
    assert tabled(text) == text, "run: python -m tests.readme --table"


def test_commands_and_options_that_are_named_exist():
    known = {option for command in map(load, NAMES) for p in command.params for option in p.opts}
    for text in TEXTS.values():
        for name in re.findall(r"`recsys ([a-z]+)", text):
            assert name in NAMES, name
        for option in re.findall(r"`?recsys [a-z]+[^`\n]*?(--[a-z-]+)", text):
            assert option in known, option


def test_relations_that_are_named_exist():
    project = Project.load(present=OPTIONAL)
    names = {*project.writers, "marts.build"}
    for text in TEXTS.values():
        for relation in re.findall(r"`((?:staging|hierarchy|priors|features|scores|marts)\.[a-z_]+)`", text):
            assert relation in names or relation.endswith(".csv"), relation


def test_make_lists_the_targets_that_are_named():
    helped = subprocess.run(["make", "help"], cwd=README.parent, capture_output=True, text=True, check=True)
    for target in set(re.findall(r"`make ([a-z]+)", "".join(TEXTS.values()))):
        assert f"make {target}" in helped.stdout, target


def test_files_that_are_linked_exist():
    for page, text in TEXTS.items():
        for link in re.findall(r"\]\((?!http)([^)#]+)[^)]*\)", text):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
