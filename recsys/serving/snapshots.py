"""Share a warehouse between many readers: one engine per published file, one connection per reader.

Opening a file takes longer than most queries. After a build replaced the file, new readers get a new engine,
and the old one closes behind its last reader.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from recsys.backends.duckdb.connection import reading, report_damage
from recsys.backends.duckdb.statements import Connection
from recsys.errors import RecsysError

Identity = tuple[int, int, int, int]
MOST_ATTEMPTS = 5  # a build takes longer than an answer
Value = TypeVar("Value")


class Snapshot:
    """Hold one published file open, read-only and guarded; ``facts`` caches values computed from it."""

    def __init__(self, warehouse: Path, identity: Identity) -> None:
        self.warehouse, self.identity = warehouse, identity
        self.facts: dict[Any, Any] = {}
        self._readers, self._is_current, self._lock = 0, True, threading.Lock()
        self._idle: list[Connection] = []
        self._kept = contextlib.ExitStack()
        self._connection = self._kept.enter_context(reading(warehouse, guarded=True))

    def fact(self, name: Any, work_out: Callable[[], Value]) -> Value:
        """Return a cached value, computing it on first use; concurrent callers may both compute it."""
        if name not in self.facts:
            self.facts[name] = work_out()
        found: Value = self.facts[name]
        return found

    def enter(self) -> Connection:
        """Return a connection to this file for one thread: an idle one, or a new one."""
        with self._lock:
            self._readers += 1
            if self._idle:
                return self._idle.pop()
        return self.connection()

    def connection(self) -> Connection:
        """Return a new connection to this file, which the caller closes."""
        connection = self._connection.cursor()
        connection.execute("use warehouse").fetchall()
        return connection

    def keep(self, closing: Callable[[], None]) -> None:
        """Register a callback that runs when this file is closed."""
        self._kept.callback(closing)

    def leave(self, connection: Connection) -> None:
        """Return a connection to the pool."""
        with self._lock:
            self._readers -= 1
            self._idle.append(connection)
        self._close_if_left()

    def retire(self) -> None:
        """Mark the file as replaced; it closes behind its last reader."""
        with self._lock:
            self._is_current = False
        self._close_if_left()

    def _close_if_left(self) -> None:
        with self._lock:
            is_left = not self._is_current and self._readers == 0
        if is_left:
            for connection in self._idle:
                connection.close()
            self._kept.close()


def through_publishes(warehouse: Path, answer: Callable[[], Value]) -> Value:
    """Return an answer from a published file, asked for anew if a build replaced the file meanwhile.

    Parameters
    ----------
    warehouse : Path
        The warehouse file.
    answer : callable
        Opens the warehouse and returns the answer.

    Raises
    ------
    Error
        As ``answer`` does, where the file was not replaced.
    """
    for _ in range(MOST_ATTEMPTS - 1):
        before = _identity(warehouse)
        try:
            return answer()
        except (RecsysError, duckdb.Error):
            if _identity(warehouse) == before:
                raise
    return answer()


class Snapshots:
    """Provide snapshots of the file that is currently published under one path."""

    def __init__(self, warehouse: Path) -> None:
        self.warehouse = warehouse
        self._current: Snapshot | None = None
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def reading(self) -> Iterator[tuple[Snapshot, Connection]]:
        """Yield the published snapshot and a connection to it.

        Raises UsageError if there is no warehouse, RecsysError for a damaged one.
        """
        with self._lock:
            snapshot = self._published()
            connection = snapshot.enter()
        try:
            with report_damage(self.warehouse):
                yield snapshot, connection
        finally:
            snapshot.leave(connection)

    def _published(self) -> Snapshot:
        identity = _identity(self.warehouse)
        before = self._current
        if before is not None and before.identity == identity:
            return before
        self._current = None
        if before is not None:  # closing takes as long as a page
            threading.Thread(target=before.retire).start()
        self._current = Snapshot(self.warehouse, identity)
        return self._current

    def close(self) -> None:
        """Retire the current snapshot."""
        if self._current is not None:
            self._current.retire()
            self._current = None


def _identity(warehouse: Path) -> Identity:
    """Return the identity of a published file, which every publish changes; zeros if there is none."""
    try:
        found = warehouse.stat()
    except OSError:
        return (0, 0, 0, 0)
    return (found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size)
