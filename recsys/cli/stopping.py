"""How the program ends when a signal asks it to: SIGINT with exit status 130, SIGTERM with 143."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

ENGINE_STOPPED = "Query interrupted"  # DuckDB turns what a signal handler raises into a RuntimeError of this

_received: list[int] = []


class _Terminated(BaseException):
    """SIGTERM arrived."""


def _terminate(number: int, frame: FrameType | None) -> None:
    _received.append(number)
    raise _Terminated


def listen() -> None:
    """Let SIGTERM unwind the program as SIGINT does, so that it clears up after itself."""
    signal.signal(signal.SIGTERM, _terminate)


def is_stop(error: BaseException) -> bool:
    """Whether an exception comes from a signal that asked the program to end."""
    return isinstance(error, KeyboardInterrupt | click.Abort | _Terminated) or str(error) == ENGINE_STOPPED


def end_stopped(consequence: str = "") -> NoReturn:
    """Leave at once, whatever threads still do."""
    word, status = ("terminated", 143) if _received else ("interrupted", 130)
    print(f"{word}{consequence}", file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


@contextlib.contextmanager
def telling_what_stands(warehouse: Path) -> Iterator[None]:
    """For a build: if it is stopped, say whether it had published by then."""
    before = _identity(warehouse)
    try:
        yield
    except BaseException as error:
        if not is_stop(error):
            raise
        is_old = _identity(warehouse) == before
        end_stopped(": nothing was published" if is_old else f": {warehouse} was published before that")


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from another one that took its place."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns
