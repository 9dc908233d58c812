"""Keep a cluster's relations: a folder of Parquet files each, inside a folder per build.

A published warehouse reads files of the builds that its records name. The folder of a killed build is named
by no record, and the next build deletes it. A request has its own locked folder, which builds leave alone
while it runs.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pyarrow as pa

from recsys.backends.database import EngineError
from recsys.backends.spark.failures import translate_errors
from recsys.errors import UsageError, unwritable

BUILD = re.compile(r"[0-9a-f]{32}")
SCRATCH = "scratch"
LOCK = "lock"
ELSEWHERE = "choose another --store"


def located(folder: Path) -> str:
    """Return a folder's address for Spark, which takes it literally, without decoding."""
    return f"file://{folder}"


@contextlib.contextmanager
def readable(folder: Path) -> Iterator[None]:
    """Raise UsageError if files of a relation that were complete before cannot be read."""
    try:
        with translate_errors():
            yield
    except (EngineError, pa.ArrowException, OSError) as error:
        line = str(error).splitlines()[0].rstrip(".")
        raise UsageError(
            f"{folder}: damaged files in the store ({line}); remove this folder and run "
            "recsys build --engine spark"
        ) from None


class Store:
    """Manage the ``folder`` of a store that belongs to one warehouse, for one build.

    Workers on other machines must reach it by the same path.
    """

    def __init__(self, folder: Path, build_id: str) -> None:
        self.folder, self.build_id = folder, build_id

    @classmethod
    def of(cls, given: str | None, warehouse: Path, build_id: str) -> Store:
        """Return the store that ``--store`` names (a folder or ``file:`` URL), else the default one.

        Raises UsageError for any other URL.
        """
        label = hashlib.sha256(str(warehouse.absolute()).encode()).hexdigest()[:8]
        return cls(_root(given, warehouse).absolute() / f"{warehouse.name}-{label}", build_id)

    def place(self, relation: str, build_id: str | None = None) -> Path:
        """Return the folder of a relation's files: of this build, or of the build that made it."""
        return self.folder / (build_id or self.build_id) / relation

    def scratch(self, name: str) -> Path:
        """Return a folder that is deleted when the build ends."""
        return self.folder / self.build_id / SCRATCH / name

    def open(self, in_use: Iterable[Path] | None) -> None:
        """Create this build's folder and delete files of no relation ``in_use``; keep all if that is None.

        Raises UsageError if the folder is not writable.
        """
        try:
            self.scratch("").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self.folder, error, ELSEWHERE) from None
        if not os.access(self.folder, os.W_OK):
            raise unwritable(self.folder, PermissionError(errno.EACCES, os.strerror(errno.EACCES)), ELSEWHERE)
        if in_use is not None:
            self._clear({*in_use})

    def _clear(self, in_use: set[Path]) -> None:
        own = self.folder / self.build_id
        for build in self.folder.iterdir():
            if not BUILD.fullmatch(build.name) or build == own or _is_locked(build / LOCK):
                continue
            (build / LOCK).unlink(missing_ok=True)
            for relation in build.iterdir():
                if relation not in in_use:
                    shutil.rmtree(relation, ignore_errors=True)
            with contextlib.suppress(OSError):  # not empty: one of its relations is in use
                build.rmdir()

    def close(self) -> None:
        """Delete the build's scratch folder."""
        shutil.rmtree(self.scratch(""), ignore_errors=True)

    def discard(self) -> None:
        """Delete everything that this build wrote."""
        shutil.rmtree(self.folder / self.build_id, ignore_errors=True)

    @contextlib.contextmanager
    def borrowed(self) -> Iterator[None]:
        """Lock a folder for a request: builds leave it alone, and it is deleted when the block ends.

        Raises UsageError if it cannot be created.
        """
        self.open(None)
        try:
            with (self.folder / self.build_id / LOCK).open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        finally:
            self.discard()


def _root(given: str | None, warehouse: Path) -> Path:
    if given is None:
        return warehouse.absolute().parent / f"{warehouse.name}.store"
    parts = urlsplit(given)
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    if parts.scheme and "://" in given:
        expected = "give a folder, or file:///FOLDER, that this machine and all workers share"
        raise UsageError(f"--store {given}: {expected}")
    return Path(given)


def _is_locked(path: Path) -> bool:
    """Return whether a running process holds the lock."""
    with contextlib.suppress(FileNotFoundError), path.open("r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
