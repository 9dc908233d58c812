"""Runs one query of the SQL box in a process of its own, which the operating system holds to its limits.

DuckDB's own limits are not enough: some functions allocate past the memory limit, and some run on for a
minute after an interrupt. A process can be killed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from recsys.errors import RecsysError


class QueryRefusedError(RecsysError):
    """The query is no single SELECT, fails, or takes too long or too much; the message says which."""


@dataclass(frozen=True)
class Limits:
    """What a query may take: rows shown, seconds, and bytes of address space."""

    rows: int = 200
    seconds: float = 10.0
    memory: int = 4 << 30
    cell: int = 300  # characters shown of a value


@dataclass(frozen=True)
class Answer:
    """The first rows of a result, as text (None for NULL), and whether there are more."""

    columns: list[str]
    rows: list[list[str | None]]
    is_cut: bool
    seconds: float


def run(warehouse: Path, sql: str, limits: Limits) -> Answer:
    """Run exactly one SELECT against the warehouse; QueryRefusedError with a reason that a person can use."""
    begun = time.monotonic()
    request = json.dumps({"warehouse": str(warehouse.absolute()), "sql": sql, "limits": asdict(limits)})
    with tempfile.TemporaryDirectory(prefix="recsys-") as scratch:
        try:
            process = subprocess.run(
                [sys.executable, "-P", "-m", "recsys.ui.sandboxed"],
                input=request,
                capture_output=True,
                text=True,
                timeout=limits.seconds,
                env={**os.environ, "TMPDIR": scratch, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                check=False,
            )
        except subprocess.TimeoutExpired:
            message = f"stopped: a query may take {limits.seconds:g} seconds"
            raise QueryRefusedError(message) from None
    answer = _parsed(process)
    if "error" in answer:
        raise QueryRefusedError(answer["error"])
    return Answer(**answer, seconds=time.monotonic() - begun)


def _parsed(process: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """What the process wrote; one that died in mid-query was at its limits."""
    try:
        answer: dict[str, Any] = json.loads(process.stdout)
    except ValueError:
        raise QueryRefusedError("stopped: the query took too much memory") from None
    return answer
