"""Change a data directory of Parquet files in one step: that of replacing ``dataset.json``.

A changed file is written under a new name, ``users-7.parquet`` in the seventh change, next to the one that it
replaces. ``dataset.json`` names the files that count, so that a crash leaves the old state or the new one.
What no longer counts is removed by the change itself or the next one, except while a build reads.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from recsys.errors import BusyError, UsageError, unwritable
from recsys.outputs import flushed, keep_owner, locked
from recsys.sources import parquet

LOCK = ".lock"
SCRATCH = ".scratch"
GENERATION, ORIGIN, FILES, DIGESTS = "generation", "origin", "files", "sha256"  # keys of dataset.json
TAKEN = "taken"  # key of dataset.json: digests of the files of a watched folder that it has the rows of
FORGOTTEN = "forgotten"  # key of dataset.json: the last change that removed users or items
LEARNED = "learned_generation"  # setting of a warehouse: the last append that its build learned from
VERSION = re.compile(r"([a-z_]+?)(?:-\d+)?\.parquet")


class Change:
    """Collect the files of one change; `commit` makes them count.

    Attributes
    ----------
    metadata : dict
        Content of ``dataset.json`` before the change.
    generation : int
        Number of the change, 1 for the first after the import.
    scratch : Path
        Folder of temporary files, which the change removes.
    """

    def __init__(self, directory: Path, metadata: dict[str, Any]) -> None:
        self.directory, self.metadata = directory, metadata
        self.generation = int(metadata.get(GENERATION, 0)) + 1
        self.scratch = directory / SCRATCH
        self._files = {name: parquet.file_of(metadata, name) for name in parquet.COLUMNS}
        self._written: set[str] = set()

    def path(self, name: str) -> Path | None:
        """Return the file that holds a source, None where there is none."""
        path = self.directory / self._files[name]
        return path if path.exists() else None

    def new_path(self, name: str) -> Path:
        """Return where to write the next file of a source."""
        self._files[name] = f"{name}-{self.generation}{parquet.SUFFIX}"
        self._written.add(name)
        return self.directory / self._files[name]

    def remove(self, name: str) -> None:
        """Leave a source without a file."""
        self.new_path(name)  # a name without a file

    def described(self, changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the content of ``dataset.json`` after the change.

        Parameters
        ----------
        changes : mapping, optional
            Keys that change, in addition to those of the files.
        """
        plain = {name: f"{name}{parquet.SUFFIX}" for name in self._files}
        there = {name: file for name, file in self._files.items() if (self.directory / file).exists()}
        known = self.metadata.get(DIGESTS, {})
        digests = {
            file: _digest(self.directory / file) if name in self._written else known[file]
            for name, file in there.items()
            if name in self._written or file in known
        }
        return {
            **self.metadata,
            ORIGIN: origin(self.metadata),
            **(changes or {}),
            GENERATION: self.generation,
            FILES: {name: file for name, file in self._files.items() if file != plain[name]},
            DIGESTS: digests,
        }

    def commit(self, changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Make the new files count, in one step that a crash cannot divide; return the new metadata.

        Parameters
        ----------
        changes : mapping, optional
            Keys of ``dataset.json`` that change, in addition to those of the files.
        """
        described = self.described(changes)
        for name in self._written:
            if (path := self.path(name)) is not None:
                if (old := self.directory / parquet.file_of(self.metadata, name)).exists():
                    keep_owner(old, path)
                flushed(path)
        place = self.directory / parquet.METADATA
        unfinished = place.with_name(f".{place.name}.unfinished")
        unfinished.write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
        keep_owner(place, unfinished)
        flushed(unfinished)
        flushed(self.directory)
        unfinished.replace(place)
        flushed(self.directory)
        return described


def origin(metadata: Mapping[str, Any]) -> str:
    """Return the identity of a data directory: the digest of the ratings that the import wrote."""
    found = metadata.get(ORIGIN) or metadata.get(DIGESTS, {}).get(f"ratings{parquet.SUFFIX}", "")
    return str(found)


@contextlib.contextmanager
def changing(directory: Path, *, alone: bool = False) -> Iterator[Change]:
    """Lock a data directory that an import wrote, and clear it of what no longer counts before and after.

    Parameters
    ----------
    directory : Path
    alone : bool, default False
        Whether to refuse the change while a build reads the directory, because no old file may stay.

    Yields
    ------
    Change
        Without a commit nothing changes.

    Raises
    ------
    UsageError
        The directory is missing or no import wrote it, another process changes it, or it cannot be written.
    """
    refuse_others(directory)
    busy = "another append or forget changes these data"
    try:
        with contextlib.ExitStack() as locks:
            locks.enter_context(locked(directory / LOCK, directory, busy, "choose another data directory"))
            if alone:
                locks.enter_context(_without_builds(directory))
            change = Change(directory, parquet.metadata(directory))
            try:
                _clear(directory, alone)
                change.scratch.mkdir()
                yield change
            finally:
                _clear(directory, alone)
    except OSError as error:
        raise unwritable(directory, error, "nothing changed") from None


def refuse_others(directory: Path) -> None:
    """Raise UsageError for a folder that `changing` cannot change, with what to do."""
    if not directory.is_dir():
        is_file = "is a file; give a data directory" if directory.exists() else "no such directory"
        raise UsageError(f"{directory}: {is_file}")
    found = parquet.metadata(directory)
    if not found:
        raise UsageError(f"{directory}: no data that recsys import wrote; import them first")
    if found["format_version"] < max(parquet.FORMAT_VERSIONS):
        raise UsageError(f"{directory}: imported by an earlier version; import again")


@contextlib.contextmanager
def reading(directory: Path) -> Iterator[None]:
    """Keep all files of a data directory, those that changes replace too, for the length of a block."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _without_builds(directory: Path) -> Iterator[None]:
    """Keep builds from reading a data directory; raise UsageError if one reads it."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise BusyError(f"{directory}: a build reads these data; try again when it has ended") from None
    finally:
        os.close(descriptor)


def _clear(directory: Path, is_alone: bool) -> None:
    """Remove temporary files, and Parquet files that no longer count unless a build reads them."""
    shutil.rmtree(directory / SCRATCH, ignore_errors=True)
    (directory / f".{parquet.METADATA}.unfinished").unlink(missing_ok=True)
    if is_alone:
        _remove_old(directory)
        return
    with contextlib.suppress(UsageError), _without_builds(directory):  # else the next change removes them
        _remove_old(directory)


def _remove_old(directory: Path) -> None:
    metadata = parquet.metadata(directory)
    for path in directory.glob(f"*{parquet.SUFFIX}"):
        found = VERSION.fullmatch(path.name)
        if found and found[1] in parquet.COLUMNS and path.name != parquet.file_of(metadata, found[1]):
            path.unlink(missing_ok=True)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
