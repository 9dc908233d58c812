"""Run commands of ``recsys`` in the process of the tests: to start one takes longer than most of them.

Streams, signals and exit statuses of a process of its own are tested in `tests/cli/test_streams.py`.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess
from unittest import mock

from recsys.cli.program import run


def recsys(
    *arguments: object,
    stdin: str = "",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    **environment: str,
) -> CompletedProcess[str]:
    """Run a command and return its exit status and what it prints, none of it on a terminal.

    ``environment`` adds to the variables of the tests, or to those of ``env``.
    """
    words = ["recsys", *map(str, arguments)]
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    variables = {**(os.environ if env is None else env), **environment}
    with (
        mock.patch.dict(os.environ, variables, clear=True),
        mock.patch.multiple(sys, argv=words, stdin=io.StringIO(stdin), stdout=out, stderr=err),
        contextlib.chdir(cwd or Path.cwd()),
    ):
        status = _status()
        out.flush()
        err.flush()
    printed = (stream.buffer.getvalue().decode() for stream in (out, err))
    return CompletedProcess(words, status, *printed)


def _status() -> int:
    try:
        run()
    except SystemExit as ended:
        assert ended.code is None or isinstance(ended.code, int)
        return ended.code or 0
    return 0
