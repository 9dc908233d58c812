"""Run one query of the SQL box in a separate process, whose limits the operating system enforces.

DuckDB's own limits are not enough: some functions allocate past the memory limit, and some run on for a
minute after an interrupt. A process can be killed. Starting one and opening the warehouse takes most of a
second, so `Sandbox` can keep one process ready for the next query.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
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

    ``kinds`` says for each column whether it is a ``number`` or ``other``, ``types`` has DuckDB's types.
    """

    columns: list[str]
    kinds: list[str]
    rows: list[list[str | None]]
    is_cut: bool
    seconds: float
    types: tuple[str, ...] = ()


@dataclass(frozen=True)
class Order:
    """Sort a result by a column, counted from 1."""

    column: int
    is_descending: bool = False


class Sandbox:
    """Run queries of one warehouse, one at a time, each in a process of its own."""

    def __init__(self, warehouse: Path, limits: Limits) -> None:
        self.warehouse, self.limits = warehouse, limits
        self._running = threading.Lock()
        self._ready: _Process | None = None

    def prepare(self) -> None:
        """Start a process for the next query, unless one waits or a query runs."""
        if self._running.acquire(blocking=False):
            try:
                self._ready = self._ready or _Process(self.warehouse)
            finally:
                self._running.release()

    def close(self) -> None:
        """End the waiting process."""
        with self._running:
            if self._ready is not None:
                self._ready.close()
            self._ready = None

    def run(self, sql: str, order: Order | None = None) -> Answer:
        """Run exactly one SELECT and return its first rows.

        Raises
        ------
        QueryRefusedError
            A reason that the user can act on.
        """
        return self._page(sql, "page", order)

    def summary(self, sql: str) -> Answer:
        """Summarize the columns of a result: type, range, distinct values, mean, quartiles and NULLs.

        Raises
        ------
        QueryRefusedError
            As `run` does.
        """
        return self._page(sql, "summary")

    def download(self, sql: str, form: str) -> bytes:
        """Return the whole result of one SELECT as a ``csv`` or ``parquet`` file.

        Raises
        ------
        QueryRefusedError
            As `run` does, and for a result that exceeds the download limits.
        """
        code, content = self._asked(sql, form)
        if code:
            raise QueryRefusedError(_parsed(content)["error"])
        return content

    def _page(self, sql: str, form: str, order: Order | None = None) -> Answer:
        begun = time.monotonic()
        answer = _parsed(self._asked(sql, form, order)[1])
        if "error" in answer:
            raise QueryRefusedError(answer["error"])
        return Answer(**answer, seconds=time.monotonic() - begun)

    def _asked(self, sql: str, form: str, order: Order | None = None) -> tuple[int, bytes]:
        """Return the exit status of the process that ran a query, and its answer."""
        request = {
            "warehouse": str(self.warehouse.absolute()),
            "sql": sql,
            "limits": asdict(self.limits),
            "form": form,
            "order": None if order is None else [order.column, order.is_descending],
        }
        with self._process() as process:
            return process.answer(json.dumps(request).encode(), self.limits.seconds)

    @contextlib.contextmanager
    def _process(self) -> Iterator[_Process]:
        """Yield the waiting process or a new one."""
        with self._running:
            process, self._ready = self._ready or _Process(self.warehouse), None
            try:
                yield process
            finally:
                process.close()


class _Process:
    """A process that opens a warehouse and waits for one request."""

    def __init__(self, warehouse: Path) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="recsys-")
        path = os.pathsep.join(filter(None, sys.path))
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "recsys.serving.sandbox_process", str(warehouse.absolute())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "TMPDIR": self._scratch.name, "PYTHONPATH": path},
        )

    def answer(self, request: bytes, seconds: float) -> tuple[int, bytes]:
        """Return the exit status and the answer; raise QueryRefusedError after some seconds."""
        try:
            content, _ = self._process.communicate(request, timeout=seconds)
        except subprocess.TimeoutExpired:
            message = f"stopped: a query may take {seconds:g} seconds"
            raise QueryRefusedError(message) from None
        return self._process.returncode, content

    def close(self) -> None:
        """End the process and remove its temporary files."""
        self._process.kill()
        self._process.communicate()
        self._scratch.cleanup()


def run(warehouse: Path, sql: str, limits: Limits) -> Answer:
    """Run exactly one SELECT against a warehouse, as `Sandbox.run` does."""
    return Sandbox(warehouse, limits).run(sql)


def download(warehouse: Path, sql: str, limits: Limits, form: str) -> bytes:
    """Return the whole result of one SELECT as a file, as `Sandbox.download` does."""
    return Sandbox(warehouse, limits).download(sql, form)


def _parsed(content: bytes) -> dict[str, Any]:
    """Parse the answer of the process; a process that died during the query reached its limits."""
    try:
        answer: dict[str, Any] = json.loads(content)
    except ValueError:
        raise QueryRefusedError("stopped: the query took too much memory") from None
    return answer
