"""Measure the peak memory of this process and its children, for tasks that may overlap, and return memory."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

PROCESSES = Path("/proc")


def return_unused() -> None:
    """Return freed memory to the system that Arrow's and C's allocators keep for later.

    A learner frees gigabytes that the next one asks another allocator for. Only glibc can be asked.
    """
    pa.default_memory_pool().release_unused()
    with contextlib.suppress(AttributeError, OSError, TypeError):  # another C library, or none to be found
        ctypes.CDLL(None).malloc_trim(0)


class PeakMeter:
    """Measure the largest resident memory in bytes between `start` and `stop` of a name.

    The value sums the peaks of this process and of its children alive at the end (Spark's JVM), so it is an
    upper bound of what they had at any one time. Linux keeps these peaks and can reset them; elsewhere the
    value is of this process alone, since its start.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._peaks: dict[str, int] = {}

    def start(self, name: str) -> None:
        """Start to measure under a name."""
        with self._lock:
            for process in self._note():
                with contextlib.suppress(OSError):
                    Path(f"{PROCESSES}/{process}/clear_refs").write_text("5")
            self._peaks[name] = 0

    def stop(self, name: str) -> int:
        """Return the peak since `start` of this name."""
        with self._lock:
            self._note()
            return self._peaks.pop(name)

    def _note(self) -> list[int]:
        """Raise the peaks to the present one; return the processes that it is of."""
        processes = list(_family(os.getpid())) if _has_children() else [os.getpid()]
        peak = sum(map(_peak, processes)) or _peak_since_the_start()
        self._peaks = {name: max(before, peak) for name, before in self._peaks.items()}
        return processes


def _has_children() -> bool:
    """Return whether this process may have children: asking takes one call, listing them one per thread."""
    if not hasattr(os, "waitid"):  # macOS before Python 3.13
        return True
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _family(process: int) -> Iterator[int]:
    """Yield a process and its descendants."""
    yield process
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"{PROCESSES}/{process}/task"):  # pathlib takes twice as long  # noqa: PTH208
            with contextlib.suppress(OSError):
                for child in Path(f"{PROCESSES}/{process}/task/{thread}/children").read_text().split():
                    yield from _family(int(child))


def _peak(process: int) -> int:
    """Return a process's peak in bytes; 0 if it has ended or the system does not count."""
    with contextlib.suppress(OSError):
        for line in Path(f"{PROCESSES}/{process}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) << 10
    return 0


def _peak_since_the_start() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << (0 if sys.platform == "darwin" else 10)
