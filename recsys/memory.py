"""Peak memory of this process while something runs, for things that may run at the same time."""

from __future__ import annotations

import contextlib
import resource
import sys
import threading
from pathlib import Path

STATUS, FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class PeakMeter:
    """Largest resident memory in bytes between `start` and `stop` of a name.

    Linux counts it and can be asked to start anew; elsewhere the count is from the start of the process.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._peaks: dict[str, int] = {}

    def start(self, name: str) -> None:
        with self._lock:
            self._note()
            with contextlib.suppress(OSError):
                FORGET.write_text("5")
            self._peaks[name] = 0

    def stop(self, name: str) -> int:
        with self._lock:
            self._note()
            return self._peaks.pop(name)

    def _note(self) -> None:
        peak = _peak()
        self._peaks = {name: max(before, peak) for name, before in self._peaks.items()}


def _peak() -> int:
    with contextlib.suppress(OSError):
        for line in STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << (0 if sys.platform == "darwin" else 10)
