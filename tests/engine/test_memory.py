"""Peak memory: what counts, and from when on."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from recsys.engine import memory
from recsys.engine.memory import PeakMeter

MB = 1 << 20
ALLOCATE = "held = bytearray(200 << 20); print(flush=True); input()"


@pytest.fixture
def meter():
    meter = PeakMeter()
    if not memory._peak(os.getpid()):
        pytest.skip("this system does not count peak memory of a process")
    return meter


def test_what_was_freed_counts_and_what_was_before_does_not(meter):
    b"x" * (300 * MB)
    meter.start("idle")
    idle = meter.stop("idle")
    meter.start("busy")
    b"x" * (100 * MB)
    busy = meter.stop("busy")
    assert 90 * MB < busy - idle < 110 * MB


def test_a_child_process_counts(meter):
    meter.start("alone")
    alone = meter.stop("alone")
    words = [sys.executable, "-c", ALLOCATE]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        child.stdout.readline()
        meter.start("with a child")
        peak = meter.stop("with a child")
        child.communicate("\n")
    assert peak - alone > 200 * MB


def test_each_of_two_that_run_at_once_has_the_peak_of_its_time(meter):
    meter.start("first")
    b"x" * (100 * MB)
    meter.start("second")
    second = meter.stop("second")
    first = meter.stop("first")
    assert first - second > 90 * MB
