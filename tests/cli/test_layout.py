"""What the commands print fits 80 columns, takes no data for markup, and is ASCII where that is asked for."""

from __future__ import annotations

import io
import os
import shutil
import sys

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from recsys.cli import layout
from recsys.cli.build_progress import BuildConsole
from recsys.cli.commands import NAMES
from recsys.cli.console import console
from recsys.cli.layout import Column, bar, grid
from recsys.cli.tables.explanation import explanation_table
from recsys.cli.tables.leaderboard import leaderboard_table
from recsys.cli.tables.models import differences_table
from recsys.sources.interactions import Interactions
from tests.commands import recsys as run
from tests.given import build_sql

PLAIN = {"HOME": os.environ["HOME"], "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TERM": "dumb"}
COMMANDS = (
    ("leaderboard",),
    ("explain", "100", "3"),
    ("recommend", "100", "-k", "5"),
    ("models",),
    ("doctor",),
    ("--help",),
)


def recsys(*arguments: object, **environment: str) -> str:
    done = run(*arguments, env=PLAIN, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def drawn(table: object) -> list[str]:
    out = Console(file=io.StringIO(), width=100_000, markup=False, emoji=False)
    out.print(table)
    return out.file.getvalue().splitlines()  # type: ignore[attr-defined]


@pytest.fixture
def narrow(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def changed(small_data, small_warehouse, tmp_path):
    """Another warehouse, of other parameters."""
    other = shutil.copy(small_warehouse, tmp_path / "a-file-of-a-long-name.duckdb")
    build_sql(small_data, other, overrides=("bayes.confidence=7", "adaptive.album=0.4"))
    return other


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("locale", ["", "C"])
def test_every_command_is_whole_at_80_columns(small_warehouse, words, locale):
    given = () if words[0] == "--help" else ("--warehouse", small_warehouse)
    lines = recsys(*words, *given, LC_ALL=locale).splitlines()
    path = [line for line in lines if str(small_warehouse.parent) in line or sys.prefix in line]
    assert [line for line in lines if cell_len(line) > 80 and line not in path] == []
    assert not any("…" in line for line in lines)
    if locale == "C":
        assert "\n".join(lines).isascii()


def test_plan_and_differences_are_whole_at_80_columns(small_data, small_warehouse, changed):
    plan = ("build", "--plan", "--sql-only", "--data", small_data, "--set", "bayes.confidence=3")
    for words in ((*plan, "--warehouse", small_warehouse), ("diff", small_warehouse, changed)):
        lines = recsys(*words).splitlines()
        assert len(lines) > 10
        assert max(map(cell_len, lines)) <= 80
    assert any(len(line) > 80 for line in recsys("diff", small_warehouse, changed, "--wide").splitlines())


def test_no_description_of_a_command_is_cut():
    listed = recsys("--help").split("Commands:")[1]
    assert "..." not in listed
    assert all(f"  {name}" in listed for name in NAMES)


def test_pictures_of_queries_are_ascii_in_the_c_locale(small_warehouse):
    words = ("sql", "select * from staging.ratings", "--warehouse", small_warehouse)
    assert recsys(*words, LC_ALL="C").isascii()
    assert "│" in recsys(*words)
    assert "é" in recsys("sql", "select 'é' as x", "--csv", "--warehouse", small_warehouse, LC_ALL="C")


@pytest.mark.parametrize(
    ("environment", "is_ascii"),
    [
        ({"LC_ALL": "C"}, True),
        ({"LC_ALL": "", "LC_CTYPE": "POSIX", "LANG": "en_US.UTF-8"}, True),
        ({"LC_ALL": "C.UTF-8", "LANG": "C"}, False),
        ({"LANG": "de_DE.UTF-8"}, False),
        ({}, False),
    ],
)
def test_the_locale_decides_about_ascii(monkeypatch, environment, is_ascii):
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))
    assert layout.is_ascii() is is_ascii
    assert bar(0.5, 0, 1, 10).plain == ("#####" if is_ascii else "█████")


def test_an_output_that_cannot_write_more_gets_ascii(monkeypatch):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="latin-1"))
    assert layout.is_ascii()


def test_prose_is_folded_and_a_name_is_not(narrow):
    name = "a_model_of_such_a_long_name_that_it_takes_most_of_the_line_for_itself_alone"
    lines = drawn(grid([Column("name"), Column("prose", is_prose=True)], [[name, "word " * 30]]))
    assert name in lines[2]
    assert len(lines) > 4
    assert sum(line.count("word") for line in lines) == 30


def test_bars_give_way_to_names(narrow):
    row = {"model": "m" * 12, "accuracy": 1.0, "group": "a", "accuracy_low": 0.9, "accuracy_high": 1.0}
    assert "█" * 20 in drawn(leaderboard_table([row], False, True))[2]
    long = drawn(leaderboard_table([{**row, "model": "m" * 44}], False, True))
    assert "m" * 44 in long[2]
    assert "█" not in long[2]
    assert max(map(len, long)) <= 80


def test_square_brackets_and_colons_are_data(narrow, capsys):
    hostile = "[red]x[/red] recsys[learners] [/] :smile: [link=https://x]y"
    console().print(hostile)
    assert capsys.readouterr().out == f"{hostile}\n"
    assert hostile in drawn(grid([Column(hostile)], [[hostile]]))[0]
    row = {"kind": "input", "name": "[x]", "before": "[/a]", "after": "[b]", "reason": ""}
    assert "[x]   [/a] -> [b]" in drawn(differences_table([row], False))[2]
    reporter = BuildConsole()
    reporter.left_out(["scores.[x]"], "needs torch: pip install 'recsys[learners]'")
    reporter.line.show("features.[bold]x")
    reporter.line.stop()
    assert capsys.readouterr().out == "left out scores.[x]: needs torch: pip install 'recsys[learners]'\n"


def test_a_section_of_an_explanation_ends_with_its_level(narrow):
    row = {"evidence": "e", "value": 1.0, "weight": 0.5, "contribution": 50.0, "shrinkage": None}
    lines = drawn(explanation_table([{**row, "level": "album"}, {**row, "level": "artist"}], Interactions()))
    assert [bool(line.strip()) for line in lines] == [True, True, True, False, True]
    assert Text(lines[2]).plain.split()[-1] == "█" * 10


def test_a_path_with_brackets_is_shown_as_it_is(small_data, tmp_path):
    warehouse = tmp_path / "[bold]" / "[x].duckdb"
    printed = recsys("build", "--sql-only", "--data", small_data, "--warehouse", warehouse)
    assert f"built {warehouse} (" in printed
    assert printed.startswith(f"Building {warehouse} from ")
