"""Append files as they arrive in a folder, each once, and build on a schedule."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NoReturn, Protocol

from recsys.backends.database import Limits
from recsys.backends.duckdb.connection import query, reading
from recsys.engine import manifest
from recsys.engine.appending.append import Options, Result, append, catch_up
from recsys.engine.watching.schedule import Schedule
from recsys.errors import BusyError, Error, InputError, UsageError, unwritable
from recsys.outputs import replacing
from recsys.sources import parquet
from recsys.sources.appending.append import prepared
from recsys.sources.changing import TAKEN, refuse_others

DONE, REFUSED = "done", "refused"
REASON = ".reason.txt"
UNFINISHED = (".part", ".partial", ".filepart", ".tmp", ".crdownload")  # names of files that are not complete
SHARE = "select max(interaction_share) as share from marts.freshness"
Identity = tuple[int, int, int]
Clock = Callable[[], float]


class Reporter(Protocol):
    """Show what a watch does."""

    def taken(self, path: Path, options: Options, result: Result) -> None:
        """Report a file whose rows were appended."""

    def known(self, path: Path) -> None:
        """Report a file with the bytes of one that was taken before."""

    def refused(self, path: Path, reason: str) -> None:
        """Report a file that cannot be appended."""

    def delayed(self, reason: str) -> None:
        """Report that another command uses the data or the warehouse."""

    def build(self, data: Path, warehouse: Path) -> None:
        """Build the warehouse and report it."""


@dataclass
class Watch:
    """Take complete files from a folder.

    A file is complete when two looks in a row find the same size and time, which holds at once for a file
    that is renamed into the folder. Empty files, and names that begin with a dot or end as those of
    unfinished files do, are left alone. Files with rows go to the folder ``done``, others to ``refused`` with
    the reason next to them. The data directory keeps the digests of files whose rows it has, so that a file
    is taken once, whenever the program stops.

    Parameters
    ----------
    folder : Path
        Where files arrive.
    data, warehouse : Path
        What takes their rows.
    reporter : Reporter
        Shows what happens, and builds.
    schedule : Schedule, optional
        When to build.
    sql : Path, optional
        Folder of models.
    limits : Limits
        Of appends.
    clock : callable
        Seconds since 1970.
    """

    folder: Path
    data: Path
    warehouse: Path | None
    reporter: Reporter
    schedule: Schedule | None = None
    sql: Path | None = None
    limits: Limits = field(default_factory=Limits)
    clock: Clock = time.time
    _seen: dict[Path, Identity] = field(default_factory=dict)
    _tried: float = 0.0  # when the last build began
    _is_changed: bool = True  # since the last build

    def __post_init__(self) -> None:
        """Check the folder, the data and the schedule."""
        if not self.folder.is_dir():
            raise UsageError(f"--watch {self.folder}: no such folder")
        if self.schedule is not None and self.warehouse is None:
            raise UsageError("--rebuild: give the warehouse to build with --warehouse FILE")
        refuse_others(self.data)
        if self.warehouse is not None:
            with reading(self.warehouse):
                pass

    def run(self, pause: Callable[[], None]) -> NoReturn:
        """Take files until the process is stopped; ``pause`` waits between two looks."""
        with self._alone():
            while True:
                self.look()
                pause()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise BusyError(
                f"--watch {self.folder}: another process takes its files; stop that first"
            ) from None
        finally:
            os.close(descriptor)

    def look(self) -> None:
        """Take the files that are complete, and build if a build is due."""
        for path in self._complete():
            try:
                self._take(path)
            except BusyError as error:
                self.reporter.delayed(str(error))
                return
        if self.warehouse is not None and self._is_due():
            begun = self.clock()
            try:
                self.reporter.build(self.data, self.warehouse)
            except BusyError as error:
                self.reporter.delayed(str(error))
                return
            self._tried, self._is_changed = begun, False

    def _complete(self) -> list[Path]:
        """Return the files that are as they were at the last look, the oldest first."""
        found: dict[Path, Identity] = {}
        for path in self.folder.iterdir():
            with contextlib.suppress(OSError):  # gone since
                status = path.stat()
                if path.is_file() and status.st_size and not _is_unfinished(path):
                    found[path] = (status.st_ino, status.st_size, status.st_mtime_ns)
        before, self._seen = self._seen, found
        same = [path for path in found if before.get(path) == found[path] and os.access(path, os.R_OK)]
        return sorted(same, key=lambda path: (found[path][2], path.name))

    def _take(self, path: Path) -> None:
        digest = _digest(path)
        options = Options([path], self.data, self.warehouse, self.sql, self.limits, taken=(digest,))
        if digest in parquet.metadata(self.data).get(TAKEN, []):
            catch_up(options)  # a crash may have come before the warehouse had them
            self._move(path, DONE)
            self.reporter.known(path)
            return
        try:
            result = append(options)
        except BusyError:
            raise
        except (InputError, UsageError) as error:
            self._refuse(path, error)
            return
        self._is_changed = True
        self._move(path, DONE)
        self.reporter.taken(path, options, result)

    def _refuse(self, path: Path, error: Error) -> None:
        """Put a file aside with the reason; raise the error if the file is not its cause."""
        refuse_others(self.data)
        try:
            with prepared(self.data, [path], self.limits.threads, self.limits.memory):
                pass
        except BusyError:
            raise
        except (InputError, UsageError) as reason:
            text = str(reason).replace(str(path), path.name)
        else:
            raise error
        target = self._target(path, REFUSED)
        with replacing(target.with_name(f"{target.name}{REASON}")) as note:
            note.write_text(f"{text}\n", encoding="utf-8")
        path.rename(target)
        self.reporter.refused(path, text)

    def _move(self, path: Path, name: str) -> None:
        path.rename(self._target(path, name))

    def _target(self, path: Path, name: str) -> Path:
        """Return where a file goes: under its name, or with a number if that is taken."""
        folder = self.folder / name
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise unwritable(folder, error, "give the rights to write there") from None
        target, number = folder / path.name, 1
        while target.exists():
            number += 1
            stem, dot, rest = path.name.partition(".")
            target = folder / f"{stem}-{number}{dot}{rest}"
        return target

    def _is_due(self) -> bool:
        """Return whether a build is due that was not tried yet."""
        schedule = self.schedule
        if schedule is None or self.warehouse is None:
            return False
        if schedule.share is not None:
            return self._is_changed and self._share() > schedule.share
        moment = schedule.last(self.clock())
        return self._tried < moment and self._finished() < moment

    def _share(self) -> float:
        """Return the share of interactions that no build has learned from."""
        assert self.warehouse is not None
        with reading(self.warehouse) as connection:
            return float(query(connection, SHARE)["share"][0].as_py() or 0.0)

    def _finished(self) -> float:
        """Return when the last build ended."""
        assert self.warehouse is not None
        settings, _ = manifest.published(self.warehouse)
        text = settings.get("finished_at")
        return datetime.fromisoformat(text).timestamp() if text else 0.0


def _is_unfinished(path: Path) -> bool:
    return path.name.startswith(".") or path.name.endswith(REASON) or path.suffix.lower() in UNFINISHED


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
