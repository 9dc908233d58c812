"""Provide the private folder of a build, under a lock, and publish its result."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from recsys.errors import UsageError, unwritable
from recsys.outputs import flushed, keep_owner, locked

CLONE = 0x40049409  # Linux's FICLONE: copy a file by sharing its blocks until either file changes
PART = 1 << 22  # bytes
OTHERS_READ = stat.S_IRGRP | stat.S_IROTH


class Workplace:
    """Manage the private folder of a build, next to its warehouse; its lock ends with the process."""

    def __init__(self, warehouse: Path) -> None:
        self.warehouse = warehouse
        self.place = Path(os.path.realpath(warehouse))  # of a link, what it leads to
        self.folder = self.place.parent / f".{self.place.name}.build"
        self.database = self.folder / "warehouse.duckdb"
        self.scratch = self.folder / "scratch"
        self.spill = self.folder / "spill"

    @contextlib.contextmanager
    def held(self) -> Iterator[Workplace]:
        """Lock the folder and clear it before and after; raise UsageError if another build is running."""
        if self.warehouse.is_dir():
            raise UsageError(f"{self.warehouse}: is a folder; give a file with --warehouse")
        if "?" in str(self.warehouse):  # DuckDB would parse the rest as parameters and write elsewhere
            raise UsageError(
                f"{self.warehouse}: has a question mark in its path; give another file with --warehouse"
            )
        remedy = "give another file with --warehouse"
        try:
            self.place.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self.warehouse, error, remedy) from None
        lock = self.place.parent / f".{self.place.name}.lock"
        with locked(lock, self.warehouse, "another build is running", remedy):
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir()
            if self.place.exists() and not self.place.stat().st_mode & OTHERS_READ:
                self.folder.chmod(stat.S_IRWXU)
            self.scratch.mkdir()
            self.spill.mkdir()
            try:
                yield self
            finally:
                shutil.rmtree(self.folder, ignore_errors=True)

    def start_from_published(self) -> None:
        """Copy the published warehouse, sharing its blocks if the file system can."""
        with self.warehouse.open("rb") as source, self.database.open("wb") as target:
            try:
                fcntl.ioctl(target, CLONE, source.fileno())
            except OSError:
                _copy(source.fileno(), target.fileno())

    def publish(self) -> None:
        """Replace the published warehouse by the finished one atomically, with its mode, owner and group.

        Readers with the old file open keep reading it. A write-ahead log next to the old file belongs to that
        file only, and would keep the new one from opening.
        """
        keep_owner(self.place, self.database)
        flushed(self.database)
        for path in {self.warehouse, self.place}:
            path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
        self.database.replace(self.place)
        flushed(self.place.parent)


def _copy(source: int, target: int) -> None:
    """Copy an open file within the kernel, as far as possible, without reading it into the process."""
    size, copied = os.fstat(source).st_size, 0
    while copied < size and hasattr(os, "copy_file_range"):
        try:
            part = os.copy_file_range(source, target, size - copied, copied, copied)
        except OSError:
            break
        if not part:
            break
        copied += part
    while block := os.pread(source, PART, copied):
        copied += os.pwrite(target, block, copied)


def has_write_ahead_log(warehouse: Path) -> bool:
    """Return whether a client wrote to the warehouse and did not finish: its file alone is incomplete."""
    return warehouse.with_name(f"{warehouse.name}.wal").exists()


def refuse_unfinished(warehouse: Path) -> None:
    """Raise UsageError for a warehouse that a client wrote to and did not finish."""
    if has_write_ahead_log(warehouse):
        raise UsageError(
            f"{warehouse}: another program did not finish writing to it; replace it with recsys build first"
        )
