"""Peak memory: what counts, and from when on.

Each case runs in a process of its own: threads and children of other tests would allocate in between.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from recsys.engine import memory

MB = 1 << 20

PREPARE = """
import json, mmap, subprocess, sys
from recsys.engine.memory import PeakMeter

MB = 1 << 20
meter = PeakMeter()

def allocate(size):  # from the system itself: an allocator may hand out what it kept
    with mmap.mmap(-1, size) as pages:
        for start in range(0, size, MB):
            pages[start : start + MB] = bytes(MB)

def peak(name, work=lambda: None):
    meter.start(name)
    work()
    return meter.stop(name)
"""


def run(lines: str) -> list[int]:
    """Run lines after PREPARE in a new process; return the numbers of the list that the last one names."""
    if not memory._peak(os.getpid()):
        pytest.skip("this system does not count peak memory of a process")
    script = f"{PREPARE}\n{lines}\nprint(json.dumps(peaks))"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return json.loads(ended.stdout)


def test_what_was_freed_counts_and_what_was_before_does_not():
    idle, busy = run("""
allocate(300 * MB)
peaks = [peak("idle"), peak("busy", lambda: allocate(100 * MB))]
""")
    assert 90 * MB < busy - idle < 110 * MB


def test_a_child_process_counts():
    alone, with_a_child = run("""
alone = peak("alone")
words = [sys.executable, "-c", "held = bytearray(200 << 20); print(flush=True); input()"]
with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
    child.stdout.readline()
    peaks = [alone, peak("with a child")]
    child.communicate("\\n")
""")
    assert with_a_child - alone > 200 * MB


def test_each_of_two_that_run_at_once_has_the_peak_of_its_time():
    first, second = run("""
meter.start("first")
allocate(100 * MB)
second = peak("second")
peaks = [meter.stop("first"), second]
""")
    assert first - second > 90 * MB


def test_freed_memory_is_returned():
    """Pieces below the size that C's allocator maps apart, the last one kept: it cannot shrink its heap."""
    kept, returned = run("""
from recsys.engine.memory import return_unused
pieces = [bytearray(64 << 10) for _ in range(4_000)]
last = pieces.pop()
pieces.clear()
kept = peak("kept")
return_unused()
peaks = [kept, peak("returned")]
""")
    assert kept - returned > 200 * MB
