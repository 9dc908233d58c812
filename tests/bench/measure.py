"""Programs side by side: wall time, processor time and peak memory of child processes, their runs interleaved."""

from __future__ import annotations

import contextlib
import os
import shutil
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

MEBIBYTE = 1 << 20
LOG_TAIL = 2000
TICK = 0.02  # seconds between two readings of a child's memory


@dataclass(frozen=True)
class Contestant:
    """A program to measure; its folder ``output`` is emptied before each run: none profits of another."""

    name: str
    command: Sequence[str]
    output: Path


@dataclass(frozen=True)
class Measurement:
    """What one run took; ``cpu_seconds`` of user and system, ``peak_bytes`` of resident memory.

    On a machine that others use too, processor time is the better measure.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int


def measure(contestant: Contestant) -> Measurement:
    """One run in a fresh process; RuntimeError with the end of what it printed if it fails.

    The peak is the kernel's own (``ru_maxrss``): the largest of the child and the processes that it waited for.
    A child starts out with the peak of the process that starts it, so the measuring process must stay small. A build
    starts the kernel's count anew before each model, so that the count is also read while the child runs.
    """
    shutil.rmtree(contestant.output, ignore_errors=True)
    contestant.output.mkdir(parents=True)
    log = contestant.output / "log.txt"
    with log.open("wb") as stream:
        start = time.perf_counter()
        process = subprocess.Popen(contestant.command, stdout=stream, stderr=subprocess.STDOUT)
        with _counted(process.pid) as counts:
            _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        printed = log.read_text(errors="replace")[-LOG_TAIL:]
        raise RuntimeError(f"{contestant.name} ended with status {process.returncode}:\n{printed}")
    return Measurement(seconds, usage.ru_utime + usage.ru_stime, max(usage.ru_maxrss * 1024, *counts))


@contextlib.contextmanager
def _counted(process: int) -> Iterator[list[int]]:
    """The largest resident memory that the kernel has counted for a process so far, in bytes, time and again."""
    counts, over = [0], threading.Event()

    def count() -> None:
        while not over.wait(TICK):
            with contextlib.suppress(OSError):
                for line in Path(f"/proc/{process}/status").read_text().splitlines():
                    if line.startswith("VmHWM:"):
                        counts.append(int(line.split()[1]) * 1024)

    watch = threading.Thread(target=count, daemon=True)
    watch.start()
    try:
        yield counts
    finally:
        over.set()
        watch.join()


def interleave(contestants: Sequence[Contestant], times: int) -> dict[str, list[Measurement]]:
    """Every contestant once a round, each round in the opposite order of the one before.

    A machine that slows down for a while then slows all of them, and none is always the first.
    """
    found: dict[str, list[Measurement]] = {contestant.name: [] for contestant in contestants}
    for round_number in range(times):
        for contestant in contestants[:: -1 if round_number % 2 else 1]:
            found[contestant.name].append(measure(contestant))
    return found


def median(runs: Sequence[Measurement]) -> Measurement:
    """The medians of each measure, independently of one another."""
    return Measurement(
        statistics.median(run.seconds for run in runs),
        statistics.median(run.cpu_seconds for run in runs),
        int(statistics.median(run.peak_bytes for run in runs)),
    )


def show(title: str, found: dict[str, list[Measurement]], console: Console) -> None:
    """A row per contestant: medians, their range, and both as ratios to the last contestant's."""
    table = Table("program", title=title)
    for heading in ("runs", "seconds", "range", "ratio", "CPU s", "ratio", "peak MiB", "ratio"):
        table.add_column(heading, justify="right", no_wrap=heading == "range")
    base = median(list(found.values())[-1])
    for name, runs in found.items():
        middle, seconds = median(runs), sorted(run.seconds for run in runs)
        table.add_row(
            name,
            str(len(runs)),
            f"{middle.seconds:.2f}",
            f"{seconds[0]:.2f} - {seconds[-1]:.2f}",
            f"{middle.seconds / base.seconds:.2f}",
            f"{middle.cpu_seconds:.2f}",
            f"{middle.cpu_seconds / base.cpu_seconds:.2f}",
            f"{middle.peak_bytes / MEBIBYTE:,.0f}",
            f"{middle.peak_bytes / base.peak_bytes:.2f}",
        )
    console.print(table)
