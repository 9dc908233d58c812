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

# Seconds to clear up in: an exception out of a handler may leave a lock taken that somebody awaits.
GRACE = 3.0


class _Terminated(BaseException):
    """SIGTERM arrived."""


def _unmentioned() -> str:
    """What a stop means to a program that changes nothing."""
    return ""


_received: list[int] = []
_voice: list[int] = []  # the descriptor that errors went to, once they go nowhere
_consequence: Callable[[], str] = _unmentioned


def listen() -> None:
    """Let SIGINT and SIGTERM unwind the program, so that it clears up, but never wait long for that."""
    signal.signal(signal.SIGINT, _unwind)
    signal.signal(signal.SIGTERM, _unwind)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup has it
        signal.signal(signal.SIGHUP, _unwind)
    signal.signal(signal.SIGALRM, _give_up)


@contextmanager
def interrupts_kept() -> Iterator[None]:
    """In here SIGINT is a KeyboardInterrupt that somebody catches, and not the end of the program."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


def _unwind(number: int, frame: FrameType | None) -> None:
    _received.append(number)
    _hush()
    signal.setitimer(signal.ITIMER_REAL, GRACE)
    raise KeyboardInterrupt if number == signal.SIGINT else _Terminated


def _hush() -> None:
    """From here on only the last words are heard.

    What Spark's bridge, its workers and the threads of a learner say of an end that was asked for, in
    tracebacks, helps nobody.
    """
    if not _voice:
        _voice.append(os.dup(2))
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 2)
        os.close(silence)


def _give_up(number: int, frame: FrameType | None) -> None:
    """The main thread hangs in its clearing up; what is left there, the next build clears."""
    message, status = _last_words()
    _say(message)
    os._exit(status)


def _say(message: str) -> None:
    """Write a line where errors went before they were hushed, below the ^C of a terminal."""
    voice = _voice[0] if _voice else 2
    with suppress(OSError):  # the terminal may be gone
        os.write(voice, f"{chr(10) if os.isatty(voice) else ''}{message}".encode(errors="replace"))


def _last_words() -> tuple[str, int]:
    number = next((one for one in (signal.SIGTERM, signal.SIGHUP) if one in _received), signal.SIGINT)
    word, status = "interrupted" if number == signal.SIGINT else "terminated", 128 + number
    return f"{word}{_consequence()}\n", status


def consequence() -> str:
    """What an end at this moment would mean for the warehouse, as the end of a sentence."""
    return _consequence()


def is_stop(error: BaseException) -> bool:
    """Whether an exception comes from a signal that asked the program to end.

    What a handler raises may arrive as something else: DuckDB makes a RuntimeError of it.
    """
    is_error = bool(_received) and isinstance(error, Exception)
    return is_error or isinstance(error, KeyboardInterrupt | _Terminated)


def end_stopped() -> NoReturn:
    """Say so in one line and leave, whatever threads still do."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    message, status = _last_words()
    with suppress(OSError, ValueError):  # nobody reads it any more
        sys.stdout.flush()
    _say(message)
    os._exit(status)


def tell_what_stands(warehouse: Path) -> None:
    """For a build: if it is stopped from here on, the last line says whether it had published by then."""
    global _consequence  # noqa: PLW0603  a signal handler has no other way to know
    before = _identity(warehouse)

    def told() -> str:
        is_old = _identity(warehouse) == before
        return ": nothing was published" if is_old else f": {warehouse} was published before that"

    _consequence = told


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from another one that took its place."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns
