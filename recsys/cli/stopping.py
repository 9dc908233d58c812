"""End the program on a signal: exit status 129 for SIGHUP, 130 for SIGINT, 143 for SIGTERM."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

# Seconds for the clean-up: an exception raised by a handler may leave a lock taken that the clean-up needs.
GRACE = 3.0


class _Terminated(BaseException):
    """SIGTERM arrived."""


def _no_consequence() -> str:
    """Return nothing: the command changes nothing."""
    return ""


_received: list[int] = []
_stderr: list[int] = []  # the original stderr, once it is discarded
_consequence: Callable[[], str] = _no_consequence


def listen() -> None:
    """Make SIGINT and SIGTERM unwind the program, with a time limit for its clean-up."""
    signal.signal(signal.SIGINT, _unwind)
    signal.signal(signal.SIGTERM, _unwind)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup has it
        signal.signal(signal.SIGHUP, _unwind)
    signal.signal(signal.SIGALRM, _give_up)


@contextmanager
def interrupts_kept() -> Iterator[None]:
    """Make SIGINT a KeyboardInterrupt that the caller handles, instead of the end of the program."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


def _unwind(number: int, frame: FrameType | None) -> None:
    _received.append(number)
    _discard_stderr()
    signal.setitimer(signal.ITIMER_REAL, GRACE)
    raise KeyboardInterrupt if number == signal.SIGINT else _Terminated


def _discard_stderr() -> None:
    """Discard everything but the last line.

    Spark's bridge, its workers and the threads of a learner print tracebacks when they are stopped.
    """
    if not _stderr:
        _stderr.append(os.dup(2))
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 2)
        os.close(silence)


def _give_up(number: int, frame: FrameType | None) -> None:
    """End although the main thread hangs in its clean-up; the next build removes what is left."""
    message, status = _last_line()
    _say(message)
    os._exit(status)


def _say(message: str) -> None:
    """Write a line to the original stderr, below the ^C of a terminal."""
    stderr = _stderr[0] if _stderr else 2
    with suppress(OSError):  # the terminal may be gone
        os.write(stderr, f"{chr(10) if os.isatty(stderr) else ''}{message}".encode(errors="replace"))


def _last_line() -> tuple[str, int]:
    number = next((one for one in (signal.SIGTERM, signal.SIGHUP) if one in _received), signal.SIGINT)
    word = "Interrupted" if number == signal.SIGINT else "Terminated"
    consequence = _consequence()
    return f"{word}{'; ' if consequence else ''}{consequence}\n", 128 + number


def consequence() -> str:
    """Return the effect of ending now on the warehouse, as a clause; empty if none."""
    return _consequence()


def is_stop(error: BaseException) -> bool:
    """Return whether an exception comes from a signal that asked the program to end.

    What a handler raises may arrive as something else: DuckDB makes a RuntimeError of it.
    """
    is_error = bool(_received) and isinstance(error, Exception)
    return is_error or isinstance(error, KeyboardInterrupt | _Terminated)


def end_stopped() -> NoReturn:
    """Print one line and exit, without waiting for threads."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    message, status = _last_line()
    with suppress(OSError, ValueError):  # the reader may have closed it
        sys.stdout.flush()
    _say(message)
    os._exit(status)


def report_build_on_stop(warehouse: Path) -> None:
    """Let the last line of a stopped build say whether the warehouse had been published."""
    global _consequence  # noqa: PLW0603  a signal handler has no other way to know
    before = _identity(warehouse)

    def result() -> str:
        is_old = _identity(warehouse) == before
        return "build cancelled, nothing changed" if is_old else f"{warehouse} was already published"

    _consequence = result


def report_append_on_stop(data: Path) -> None:
    """Let the last line of a stopped append say whether the data directory had changed."""
    global _consequence  # noqa: PLW0603  a signal handler has no other way to know
    before = _identity(data / "dataset.json")

    def result() -> str:
        is_old = _identity(data / "dataset.json") == before
        return "append cancelled, nothing changed" if is_old else f"{data} has the rows already"

    _consequence = result


def report_watch_on_stop(folder: Path) -> None:
    """Let the last line of a stopped watch say where the files are that were not taken."""
    global _consequence  # noqa: PLW0603  a signal handler has no other way to know

    def result() -> str:
        return f"files that were not taken stay in {folder}"

    _consequence = result


def _identity(path: Path) -> tuple[int, int] | None:
    """Return the identity of a file, which differs from that of a file that replaces it."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns
