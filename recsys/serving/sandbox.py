"""Run one query of the SQL box in a separate process, whose limits the operating system enforces.

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
    """Refuse a query that is not a single SELECT, fails, or exceeds a limit; the message says which."""


@dataclass(frozen=True)
class Limits:
    """Limit a query: rows shown, seconds, and bytes of address space."""

    rows: int = 200
    seconds: float = 10.0
    memory: int = 4 << 30
    cell: int = 300  # characters shown of a value
    download_rows: int = 1_000_000
    download_bytes: int = 64 << 20


@dataclass(frozen=True)
class Answer:
    """Hold the first rows of a result as text (None for NULL), and whether there are more.

    ``kinds`` says for each column whether it is a ``number`` or ``other``.
    """

    columns: list[str]
    kinds: list[str]
    rows: list[list[str | None]]
    is_cut: bool
    seconds: float


def run(warehouse: Path, sql: str, limits: Limits) -> Answer:
    """Run exactly one SELECT against the warehouse.

    Raises QueryRefusedError with a reason that the user can act on.
    """
    begun = time.monotonic()
    process = _process(warehouse, sql, limits, "page")
    answer = _parsed(process)
    if "error" in answer:
        raise QueryRefusedError(answer["error"])
    return Answer(**answer, seconds=time.monotonic() - begun)


def download(warehouse: Path, sql: str, limits: Limits, form: str) -> bytes:
    """Return the whole result of one SELECT as a ``csv`` or ``parquet`` file.

    Raises QueryRefusedError as `run` does, and for a result that exceeds the download limits.
    """
    process = _process(warehouse, sql, limits, form)
    if process.returncode:
        raise QueryRefusedError(_parsed(process)["error"])
    return process.stdout


def _process(warehouse: Path, sql: str, limits: Limits, form: str) -> subprocess.CompletedProcess[bytes]:
    request = {
        "warehouse": str(warehouse.absolute()),
        "sql": sql,
        "limits": asdict(limits),
        "form": form,
    }
    with tempfile.TemporaryDirectory(prefix="recsys-") as scratch:
        try:
            return subprocess.run(
                [sys.executable, "-P", "-m", "recsys.serving.sandbox_process"],
                input=json.dumps(request).encode(),
                capture_output=True,
                timeout=limits.seconds,
                env={**os.environ, "TMPDIR": scratch, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                check=False,
            )
        except subprocess.TimeoutExpired:
            message = f"stopped: a query may take {limits.seconds:g} seconds"
            raise QueryRefusedError(message) from None


def _parsed(process: subprocess.CompletedProcess[bytes]) -> dict[str, Any]:
    """Parse the answer of the process; a process that died during the query reached its limits."""
    try:
        answer: dict[str, Any] = json.loads(process.stdout)
    except ValueError:
        raise QueryRefusedError("stopped: the query took too much memory") from None
    return answer
