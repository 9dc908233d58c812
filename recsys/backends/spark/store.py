"""Where a cluster keeps relations: a folder of Parquet files for each, in a folder of the build that made it.

A published warehouse reads the files of the builds that its records name. A build that is killed leaves a
folder that no record names, and the next build removes it. What is made on request has a folder of its own
as well, which a build leaves alone as long as it is at work.
"""

from __future__ import annotations

import contextlib
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
from recsys.backends.spark.failures import told
from recsys.errors import UsageError

BUILD = re.compile(r"[0-9a-f]{32}")
SCRATCH = "scratch"
LOCK = "lock"


def located(folder: Path) -> str:
    """A folder's address for Spark, which takes it as it is written, without decoding."""
    return f"file://{folder}"


@contextlib.contextmanager
def readable(folder: Path) -> Iterator[None]:
    """UsageError where the files of a relation, which were whole once, cannot be read."""
    try:
        with told():
            yield
    except (EngineError, pa.ArrowException, OSError) as error:
        line = str(error).splitlines()[0].rstrip(".")
        raise UsageError(
            f"{folder}: damaged files of the store ({line}): remove this folder, and "
            "`recsys build --engine spark` makes it anew"
        ) from None


class Store:
    """The ``folder`` of a store that belongs to one warehouse, seen from the build that is at work.

    Another machine's workers must reach it by the same path.
    """

    def __init__(self, folder: Path, build_id: str) -> None:
        self.folder, self.build_id = folder, build_id

    @classmethod
    def of(cls, given: str | None, warehouse: Path, build_id: str) -> Store:
        """In the store that ``--store`` names, a folder or a ``file:`` URL, or beside the warehouse.

        UsageError for another URL.
        """
        label = hashlib.sha256(str(warehouse.absolute()).encode()).hexdigest()[:8]
        return cls(_root(given, warehouse).absolute() / f"{warehouse.name}-{label}", build_id)

    def place(self, relation: str, build_id: str | None = None) -> Path:
        """The folder of a relation's files: of this build, or of the one that made it."""
        return self.folder / (build_id or self.build_id) / relation

    def scratch(self, name: str) -> Path:
        """A folder that goes when the build ends."""
        return self.folder / self.build_id / SCRATCH / name

    def open(self, in_use: Iterable[Path] | None) -> None:
        """Make the folder of this build, and remove all files but those of relations ``in_use``, if known.

        UsageError where the folder cannot be written to.
        """
        try:
            self.scratch("").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"{self.folder}: cannot write to this store: {error.strerror}") from None
        if not os.access(self.folder, os.W_OK):
            raise UsageError(f"{self.folder}: cannot write to this store: Permission denied")
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
            with contextlib.suppress(OSError):  # not empty: a relation of it is in use
                build.rmdir()

    def close(self) -> None:
        """Remove what was only to live as long as the build."""
        shutil.rmtree(self.scratch(""), ignore_errors=True)

    def discard(self) -> None:
        """Remove all that this build wrote."""
        shutil.rmtree(self.folder / self.build_id, ignore_errors=True)

    @contextlib.contextmanager
    def borrowed(self) -> Iterator[None]:
        """The folder of what is made on request: no build removes it, and it goes when the block ends.

        UsageError where it cannot be made.
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
        expected = "expected a folder, or file:///FOLDER, that this machine and all workers share"
        raise UsageError(f"--store {given}: {expected}")
    return Path(given)


def _is_locked(path: Path) -> bool:
    """Whether a living process holds the lock."""
    with contextlib.suppress(FileNotFoundError), path.open("r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
