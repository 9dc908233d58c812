"""Runs the command line under a confinement: ``python -m tests.torture.confined 'KIND=VALUE' COMMAND ...``.

``file-size=N``: no file may grow beyond N bytes, as on a full disk. ``privileged=no``: as a user whose rights are those that the files give, even where that is root.
``die-at=EVENT:N``: the process kills itself at the interpreter's Nth audit event of that name, such as
``os.rename:1``, just before the first file is put in its place.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from typing import Any

CAPABILITY_VERSION = 0x20080522


def limit_file_size(value: str) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(value), int(value)))


def give_up_privileges(value: str) -> None:
    """Root may write to what is read-only by a capability of Linux, which it can drop for good."""
    if os.getuid() == 0:
        header, none = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0), (ctypes.c_uint32 * 6)()
        if ctypes.CDLL(None, use_errno=True).capset(header, none):
            raise OSError(ctypes.get_errno(), "capset")


def die_at(value: str) -> None:
    event, _, count = value.partition(":")
    calls = iter(range(int(count) - 1))

    def watch(name: str, arguments: tuple[Any, ...]) -> None:
        if name == event and next(calls, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


CONFINEMENTS = {"file-size": limit_file_size, "privileged": give_up_privileges, "die-at": die_at}


if __name__ == "__main__":
    kind, _, setting = sys.argv[1].partition("=")
    from recsys.cli import main

    CONFINEMENTS[kind](setting)
    sys.argv = ["recsys", *sys.argv[2:]]
    main()
