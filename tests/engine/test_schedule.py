"""Which model a build starts when several are ready."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from recsys.engine.schedule import Schedule

PARENTS = {
    "small_file": [],
    "large_file": [],
    "leaf": ["small_file"],
    "inner": ["small_file"],
    "end": ["inner", "large_file"],
    "learner": ["small_file"],
}


class Idle:
    """A connection that nothing is asked of."""

    def __init__(self) -> None:
        self.is_interrupted = False

    def progress(self) -> float:
        return 0.0

    def interrupt(self) -> None:
        self.is_interrupted = True


def step(name, runs=True):
    rendered = SimpleNamespace(takes_all_threads=name == "learner")
    return SimpleNamespace(name=name, runs=runs, rendered=rendered)


def started(steps, seconds=None, work=lambda step, writer: [], writers=1):
    names = []
    schedule = Schedule(steps, PARENTS, {**dict.fromkeys(PARENTS, 1), **(seconds or {})}, [Idle()] * writers)
    schedule.run(
        work, lambda step: names.append(step.name), lambda step, made: None, lambda share, text: None
    )
    return names


@pytest.mark.parametrize("listed", [list(PARENTS), list(reversed(PARENTS))], ids=["forwards", "backwards"])
def test_the_longest_chain_goes_first_and_learners_when_nothing_else_is_ready(listed):
    names = started([step(name) for name in listed], {"large_file": 5, "leaf": 0.5})
    assert names == ["large_file", "small_file", "inner", "end", "leaf", "learner"]


def test_a_long_step_goes_before_a_chain_of_short_ones():
    short = {"small_file": 0.1, "inner": 0.1, "end": 0.1, "large_file": 0.1}
    steps = [step("small_file"), step("leaf"), step("inner"), step("end"), step("large_file")]
    assert started(steps, {**short, "leaf": 9}) == ["small_file", "leaf", "inner", "large_file", "end"]


def test_what_does_not_run_is_not_waited_for():
    assert started([step("small_file", runs=False), step("leaf")]) == ["leaf"]


def test_what_a_step_reads_through_one_that_is_kept_still_goes_first():
    """A view that is kept shows what lies below it: who reads it must wait for that."""
    kept = [step("end"), step("inner", runs=False), step("small_file")]
    assert started(kept, {"end": 9}) == ["small_file", "end"]


def test_a_failure_interrupts_what_else_runs():
    writers = [Idle(), Idle()]
    schedule = Schedule([step("small_file"), step("large_file")], PARENTS, dict.fromkeys(PARENTS, 0), writers)

    def fail(step, writer):
        while step.name == "large_file" and not writer.is_interrupted:
            pass
        raise ValueError(step.name)

    with pytest.raises(ValueError, match="small_file"):
        schedule.run(fail, lambda step: None, lambda step, made: None, lambda share, text: None)
    assert any(writer.is_interrupted for writer in writers)
