"""What a build prints: a line a layer, a line a model or nothing, and on a terminal how far it is."""

from __future__ import annotations

import re
import shutil
from types import SimpleNamespace

import pytest

from recsys.cli.build_progress import BuildConsole, Detail, Estimate, _duration
from tests.cli.terminal import on_terminal
from tests.commands import recsys

LAYER = re.compile(r"^[a-z_]+ +\d+ models? +\d+\.\d s$")
SECONDS = {"staging.a": 1.0, "staging.b": 1.0, "scores.c": 2.0}


def step(name: str, runs: bool = True) -> SimpleNamespace:
    return SimpleNamespace(name=name, runs=runs, reason="forced" if runs else None)


def record(name: str) -> SimpleNamespace:
    return SimpleNamespace(name=name, kind="table", row_count=1234, seconds=0.25, reason="not built yet")


STEPS = [*map(step, SECONDS), step("marts.kept", runs=False)]


def run(reporter: BuildConsole, *names: str) -> None:
    for name in names:
        reporter.started(step(name))
        reporter.advanced(0.5)
        reporter.finished(step(name), record(name))


@pytest.fixture
def build(small_data, small_warehouse, tmp_path):
    """The words that build four models of a copy of a warehouse."""
    warehouse = shutil.copy(small_warehouse, tmp_path / "w.duckdb")
    return ("build", "--sql-only", "--data", small_data, "--warehouse", warehouse, "--select", "hierarchy")


def test_a_layer_is_a_line_when_its_last_model_is_done(capsys):
    reporter = BuildConsole("Building x from y")
    reporter.planned(STEPS, [], SECONDS)
    run(reporter, "staging.a", "scores.c", "staging.b")
    assert capsys.readouterr().out.splitlines() == [
        "Building x from y",
        "3 of 4 models to run, 1 unchanged",
        "scores      1 model       0.2 s",
        "staging     2 models      0.5 s",
    ]


def test_a_line_a_model_has_its_reason(capsys):
    reporter = BuildConsole(detail=Detail.MODELS)
    reporter.planned(STEPS, [], SECONDS)
    run(reporter, "staging.a", "scores.c")
    assert capsys.readouterr().out.splitlines()[1:] == [
        f"1/3 {'staging.a':<30}     1,234 rows    0.2 s  not built yet",
        f"2/3 {'scores.c':<30}     1,234 rows    0.2 s  not built yet",
    ]


def test_dropped_relations_are_one_line(capsys):
    BuildConsole().planned(STEPS, ["marts.a", "marts.b", "marts.c", "marts.d"], SECONDS)
    line = "4 relations are no longer part of the build: marts.a, marts.b, marts.c, ..."
    assert capsys.readouterr().out.splitlines()[0] == line


def test_what_is_left_out_for_one_reason_is_one_line(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    reporter = BuildConsole()
    reporter.left_out(["scores.a", "scores.b"], "no known answers")
    reporter.left_out(["scores.c", "scores.d", "scores.e", "scores.f"], "no test items")
    assert capsys.readouterr().out.splitlines() == [
        "left out scores.a, scores.b: no known answers",
        "left out scores.c, scores.d, scores.e, ...: no test items",
    ]


def test_a_plan_without_a_learner_that_could_not_run_completes_its_layer(capsys):
    reporter = BuildConsole()
    reporter.planned(STEPS, [], SECONDS)
    run(reporter, "staging.a")
    reporter.started(step("staging.b"))
    reporter.left_out(["staging.b"], "needs torch")
    reporter.planned([step("staging.a", runs=False), step("scores.c")], [], {"scores.c": 2.0})
    run(reporter, "scores.c")
    printed = capsys.readouterr().out
    assert "left out staging.b: needs torch\n" in printed
    assert printed.endswith("scores      1 model       0.2 s\n") and printed.count("models to run") == 1


def test_the_time_left_follows_from_the_share_that_is_done():
    now = [0.0]
    estimate = Estimate(lambda: now[0])
    estimate.expect(SECONDS)
    assert estimate.share([], 0.0) == 0
    assert estimate.left(0.5) is None
    now[0] = 3.0
    estimate.finish("staging.a")
    assert estimate.share(["scores.c"], 0.5) == pytest.approx(0.5)
    assert estimate.share(["scores.c", "staging.b"], 0.5) == pytest.approx(0.25)
    assert estimate.left(0.25) == pytest.approx(9.0)
    assert estimate.left(0.01) is None
    for name in ("staging.b", "scores.c"):
        estimate.finish(name)
    assert estimate.share([], 0.0) == 1


@pytest.mark.parametrize(
    ("seconds", "text"), [(3.6, "4 s"), (59, "59 s"), (90, "2 min"), (5399, "90 min"), (7200, "2 h")]
)
def test_a_duration_is_short(seconds, text):
    assert _duration(seconds) == text


def test_a_pipe_gets_a_line_a_layer(build):
    lines = recsys(*build).stdout.splitlines()
    assert lines[0].startswith("Building ")
    assert re.fullmatch(r"4 of \d+ models to run, \d+ unchanged", lines[1])
    assert LAYER.match(lines[2]) and lines[2].startswith("hierarchy")
    assert lines[3] == ""


def test_verbose_has_a_line_a_model_and_quiet_has_none(build):
    lines = recsys(*build, "--verbose").stdout.splitlines()
    assert [line.split("  ")[-1] for line in lines[2:6]] == ["selected"] * 4
    assert {line.split()[1].split(".")[0] for line in lines[2:6]} == {"hierarchy"}
    assert not any(LAYER.match(line) for line in lines)
    quiet = recsys(*build, "--quiet")
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")
    both = recsys(*build, "--quiet", "--verbose")
    assert (both.returncode, both.stderr) == (2, "Error: give either --verbose or --quiet, not both\n")


def test_quiet_prints_errors(build):
    refused = recsys(*build, "--quiet", "--set", "bayes.confidence=x")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("Error: --set bayes.confidence=x: give a number")


@pytest.mark.parametrize("locale", ["C.UTF-8", "C"])
def test_a_terminal_shows_how_far_the_build_is(build, locale):
    with on_terminal(*build, LC_ALL=locale) as terminal:
        text = terminal.end()
    assert terminal.process.returncode == 0
    frames = [line for line in re.split(r"[\r\n]+", text) if "hierarchy." in line]
    assert frames and max(map(len, frames)) <= 80
    full, empty = ("#", "-") if locale == "C" else ("━", "─")
    assert all(re.match(rf" [{full}{empty}]{{24}} +\d+%", frame) for frame in frames), frames
    assert text.isascii() is (locale == "C")
    assert any(LAYER.match(line) for line in re.split(r"[\r\n]+", text))


def test_a_dumb_terminal_gets_lines_alone(build):
    with on_terminal(*build, TERM="dumb") as terminal:
        text = terminal.end()
    assert "%" not in text.split("Leaderboard")[0] and "\x1b" not in text
    assert LAYER.match(text.splitlines()[2])
