"""A program on a terminal of its own, which it can be typed to and interrupted from."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 60.0  # seconds until a program that does not answer is given up
CONTROL_C, CONTROL_D = "\x03", "\x04"
STYLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[>=]")


class Terminal:
    """What a program prints is read as it comes; what is typed reaches it as from a keyboard."""

    def __init__(self, process: subprocess.Popen[bytes], descriptor: int) -> None:
        self.process, self.descriptor = process, descriptor
        self.text = ""

    def read(self, seconds: float = 0.02) -> bool:
        """Read what there is; whether the program still has the terminal open."""
        ready, _, _ = select.select([self.descriptor], [], [], seconds)
        try:
            found = os.read(self.descriptor, 1 << 16) if ready else b""
        except OSError:  # how Linux says that the other side is closed
            return False
        self.text += STYLE.sub("", found.decode(errors="replace"))
        return bool(found) or not ready

    def until(self, condition: Callable[[], bool]) -> None:
        """Read on until something holds."""
        end = time.monotonic() + PATIENCE
        while not condition():
            is_open = self.read()
            assert time.monotonic() < end and (is_open or condition()), self.text

    def expect(self, text: str) -> str:
        """Read on until a text appears; what came before it."""
        self.until(lambda: text in self.text)
        before, _, self.text = self.text.partition(text)
        return before

    def type(self, keys: str) -> None:
        os.write(self.descriptor, keys.encode())

    def end(self) -> str:
        """All that comes until the program ends."""
        end = time.monotonic() + PATIENCE
        while self.read():
            assert time.monotonic() < end, self.text
        self.process.wait(PATIENCE)
        return self.text


@contextmanager
def on_terminal(*arguments: object, **environment: str) -> Iterator[Terminal]:
    """`recsys` with these arguments, in a session that a terminal of 80 columns controls."""
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "recsys", *map(str, arguments)]
    settings = {"TERM": "xterm", "COLUMNS": "80", "LINES": "24", "PROMPT_TOOLKIT_NO_CPR": "1", **environment}
    adopt = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
    process = subprocess.Popen(
        [sys.executable, "-c", adopt, *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env={**os.environ, **settings},
    )
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
