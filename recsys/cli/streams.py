"""Standard streams that a caller has closed: output that goes nowhere does not fail the work."""

from __future__ import annotations

import os
import sys

STREAMS = (("stdin", os.O_RDONLY, "r"), ("stdout", os.O_WRONLY, "w"), ("stderr", os.O_WRONLY, "w"))


def reopen_closed() -> None:
    """Open the null device in place of a standard stream that is closed.

    Otherwise the next file that is opened, such as a warehouse, takes the stream's number, and what is
    printed goes into that file.
    """
    for number, (name, flags, mode) in enumerate(STREAMS):
        try:
            os.fstat(number)
        except OSError:
            null = os.open(os.devnull, flags)
            if null != number:
                os.dup2(null, number)
                os.close(null)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))
