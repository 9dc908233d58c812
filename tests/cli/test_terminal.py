"""Ctrl-C on a real terminal, and the prompt of `recsys sql` as a person types to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys.cli.shell import HELP, completions, wrapped
from tests.cli.terminal import CONTROL_C, CONTROL_D, on_terminal
from tests.cli.test_build_progress import LAYER
from tests.conftest import SMALL
from tests.given import write_directory

ENDLESS = "select sum(hash(a.i * b.i)) from range(4000000) a(i), range(1000000) b(i);\n"


@pytest.fixture
def prompt(small_warehouse, tmp_path):
    with on_terminal("sql", "--warehouse", small_warehouse, XDG_STATE_HOME=str(tmp_path)) as terminal:
        terminal.expect("recsys>")
        yield terminal


def spoken(text: str) -> list[str]:
    """The lines that are left of what a terminal showed, without the keys that it echoed."""
    return [line for line in text.replace("^C", "").replace("\r", "").split("\n") if line.strip()]


@pytest.mark.parametrize("moment", ["Spark starts", "Spark runs"])
def test_an_interrupted_build_says_one_line(tmp_path, moment):
    data, warehouse = write_directory(tmp_path / "data", SMALL), tmp_path / "w.duckdb"
    words = (
        "build",
        "--data",
        data,
        "--warehouse",
        warehouse,
        "--select",
        "+features.als_predictions",
        "--set",
        "als.solver=spark",
    )
    scratch = tmp_path / ".w.duckdb.build" / "scratch"
    signs = {
        "Spark starts": lambda: any(scratch.glob("spark-*/log4j2.properties")),
        "Spark runs": lambda: "started" in _log(tmp_path) or any(scratch.glob("spark-*/blockmgr-*")),
    }
    with on_terminal(*words, TERM="dumb") as terminal:
        terminal.until(signs[moment])
        terminal.text = ""
        terminal.type(CONTROL_C)
        printed = terminal.end()
        assert terminal.process.returncode == 130
    assert spoken(printed)[-1] == "Interrupted; build cancelled, nothing changed"
    assert not [line for line in spoken(printed)[:-1] if not LAYER.match(line)], printed
    assert not warehouse.exists()


def _log(folder):
    log = folder / "logs" / "spark.log"
    return log.read_text(errors="replace") if log.exists() else ""


@pytest.mark.parametrize("command", [("leaderboard",), ("sql", ENDLESS)], ids=["soon", "a query"])
def test_an_interrupted_question_says_one_line(small_warehouse, command):
    with on_terminal(*command, "--warehouse", small_warehouse) as terminal:
        if command[0] == "sql":
            terminal.expect("query")
        else:
            terminal.until(lambda: _catches_interrupts(terminal.process.pid))
        terminal.text = ""
        terminal.type(CONTROL_C)
        printed = terminal.end()
    assert spoken(printed)[-1].strip() == "Interrupted"
    assert "Traceback" not in printed
    assert terminal.process.returncode == 130


def _catches_interrupts(process: int) -> bool:
    """Whether a process has a handler of SIGALRM, which the program installs with the one of SIGINT."""
    status = Path(f"/proc/{process}/status").read_text().splitlines()
    caught = next(line for line in status if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) >> 13 & 1)


def test_control_c_ends_the_query_and_not_the_prompt(prompt):
    prompt.type(ENDLESS.replace("\n", "\r"))
    prompt.expect("query")  # the progress line of a query that takes its time
    prompt.type(CONTROL_C)
    prompt.expect("Interrupted")
    prompt.expect("recsys>")
    prompt.type("select 41 + 1 as answer;\r")
    prompt.expect("42")
    assert " s" in prompt.expect("recsys>")


def test_control_c_at_the_prompt_begins_anew(prompt):
    prompt.type("select 'forgotten'\r")
    prompt.expect("...>")
    prompt.type(CONTROL_C)
    prompt.expect("recsys>")
    prompt.type("select 'kept' as x;\r")
    assert "forgotten" not in prompt.expect("│ kept")


@pytest.mark.parametrize("words", ["exit\r", "quit\r", ".quit\r", "EXIT;\r", CONTROL_D])
def test_there_are_many_ways_out(prompt, words):
    prompt.type(words)
    prompt.end()
    assert prompt.process.returncode == 0


def test_the_schema_of_a_schema_are_its_relations(prompt):
    prompt.type(".schema hierarchy\r")
    assert "staging.ratings" not in prompt.expect("hierarchy.track_lineage")
    prompt.expect("recsys>")
    prompt.type(".schema hierarchy.items\r")
    prompt.expect("item_type")
    prompt.expect("recsys>")
    prompt.type(".schema\r")
    prompt.expect("Error: .schema: give a relation or a schema")


def test_a_wrong_query_is_told_of_and_the_prompt_goes_on(prompt):
    prompt.type("selec 1;\r")
    prompt.expect("Error: Parser Error: syntax error")
    prompt.expect("recsys>")


def test_tab_completes_a_relation(prompt):
    prompt.type("select count(*) as n from hierarchy.track_li")
    prompt.expect("hierarchy.track_li")
    prompt.type("\t")
    prompt.expect("neage")
    prompt.type(";\r")
    prompt.expect("│")


def test_what_was_typed_is_recalled(prompt, small_warehouse, tmp_path):
    prompt.type("select 'remember' as x;\r")
    prompt.expect("│ remember")
    prompt.expect("recsys>")
    prompt.type(CONTROL_D)
    prompt.end()
    with on_terminal("sql", "--warehouse", small_warehouse, XDG_STATE_HOME=str(tmp_path)) as again:
        again.expect("recsys>")
        again.type("\x1b[A\r")
        again.expect("│ remember")


def test_completions_are_keywords_columns_relations_macros_and_commands():
    words = ["select", "seq", "staging.ratings", "recommend(", "track_id"]
    assert completions("se", words) == ["select", "seq"]
    assert completions("SEL", words) == ["SELECT"]
    assert completions("rat", words) == ["staging.ratings"]
    assert completions("rec", words) == ["recommend("]
    assert completions(".s", words) == [".schema"]


@pytest.mark.parametrize("width", [30, 45, 80])
def test_the_help_of_the_prompt_fits_the_terminal_and_breaks_no_word(monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    lines = [part for line in HELP.splitlines() for part in wrapped(line).splitlines()]
    assert max(map(len, lines)) <= width
    assert " ".join(lines).split() == HELP.split()
    assert all(f"\n{command} " in HELP for command in (".tables", ".schema", ".quit"))
