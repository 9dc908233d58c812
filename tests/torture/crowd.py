"""Eight readers, each a process of its own, that ask a warehouse while builds replace it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from tests.given import build_sql
from tests.torture.programs import ROOT, World

READERS = 8


def crowd(world: World, warehouse: Path, builds: int, count: int = READERS) -> tuple[int, int]:
    """Publish the two data sets in turn under the eyes of the readers; their answers, and the builds seen.

    AssertionError for a reader that failed, or saw the rows of one build with the record of another.
    """
    done = warehouse.with_name("stop")
    command = [sys.executable, "-m", "tests.torture.reader", str(warehouse), str(done)]
    readers = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    try:
        for number in range(builds):
            build_sql((world.after, world.before)[number % 2], warehouse)
            time.sleep(0.2)  # for the readers to see this one
    finally:
        done.touch()
        ended = [reader.communicate(timeout=120) for reader in readers]
    assert all(reader.returncode == 0 for reader in readers), [complaint for _, complaint in ended]
    reports = [json.loads(output) for output, _ in ended]
    return sum(count for count, _ in reports), len({build for _, seen in reports for build in seen})
