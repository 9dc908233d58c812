"""Runs the command line under a confinement: ``python -m tests.torture.confined 'KIND=VALUE' COMMAND ...``.

``file-size=N``: no file may grow beyond N bytes, as on a full disk. ``user=N``: as that user.
``die-at=EVENT:N``: the process kills itself at the interpreter's Nth audit event of that name, such as
``os.rename:1``, just before the first file is put in its place.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from typing import Any


def limit_file_size(value: str) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(value), int(value)))


def become(value: str) -> None:
    os.setgroups([])
    os.setgid(int(value))
    os.setuid(int(value))


def die_at(value: str) -> None:
    event, _, count = value.partition(":")
    calls = iter(range(int(count) - 1))

    def watch(name: str, arguments: tuple[Any, ...]) -> None:
        if name == event and next(calls, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


CONFINEMENTS = {"file-size": limit_file_size, "user": become, "die-at": die_at}


if __name__ == "__main__":
    kind, _, setting = sys.argv[1].partition("=")
    from recsys.cli import main

    CONFINEMENTS[kind](setting)
    sys.argv = ["recsys", *sys.argv[2:]]
    main()
