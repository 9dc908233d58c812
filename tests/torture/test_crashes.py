"""Killed and interrupted programs: what they leave, and that the next run needs no hand."""

from __future__ import annotations

import re
import signal

import pytest

from tests.torture.crashes import NEVER, crash_build, crash_output, crash_synth, interrupt_build

MOMENT = 1.2  # seconds after its start; `python -m tests.torture` has more
REPORT = ("report", "--out", "OUT")
SUBMIT = ("submit", "adaptive", "OUT")


def test_a_killed_build_leaves_one_warehouse_or_the_other(world):
    crash_build(world, MOMENT)


@pytest.mark.parametrize(
    "moment", ["os.rename:1", "shutil.rmtree:2"], ids=["before publishing", "after publishing"]
)
def test_a_build_killed_around_publishing_leaves_one_warehouse_or_the_other(world, moment):
    assert crash_build(world, NEVER, f"die-at={moment}")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_build_says_so_in_one_line(world, number, status):
    moments = iter((0.9, 1.5, 2.1, 2.7))  # a slow machine is still busy with imports at the first
    ended = interrupt_build(world, next(moments), number)
    while ended.complaint in ("Interrupted\n", "Terminated\n"):
        ended = interrupt_build(world, next(moments), number)
    assert ended.status == status
    assert re.fullmatch(r"\n?\w+; build cancelled, nothing changed\n", ended.complaint)


@pytest.mark.parametrize("arguments", [SUBMIT, REPORT], ids=["submit", "report"])
def test_a_killed_command_writes_its_file_whole_or_not_at_all(world, arguments):
    assert crash_output(world, arguments, NEVER, "die-at=os.rename:1")


def test_a_killed_synth_leaves_one_data_set_or_the_other(tmp_path):
    """Between its two renames: the earlier data set is out of the way, the new one not yet in its place."""
    assert crash_synth(tmp_path, NEVER, "die-at=os.rename:2")
