"""Write a file so that it is there as a whole or not at all, and never in place of what must stay."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from recsys.errors import BusyError, UsageError, unwritable

MAGIC = b"DUCK"  # of a DuckDB file, after a checksum of eight bytes
MAGIC_OFFSET = 8
PRIVATE = 0o600
DATASET = "dataset.json"  # in a data directory that an import wrote: names the files that count
OF_THE_CUP = re.compile(  # files of a data directory in the Cup's format
    r"((track|album|artist|genre)Data2|(train|test)(Item|Idx)2|test2_new|truth2|itemNames)\.txt(\.gz)?"
)
LOG = ".wal"  # suffix of DuckDB's log, a file next to the database that is read with it


@contextlib.contextmanager
def replacing(out: Path, inputs: Iterable[Path] = ()) -> Iterator[Path]:
    """Write a file under a hidden name, and put it in its place when the block ends well.

    Parameters
    ----------
    out : Path
        The file to write; of a link, the file that it leads to.
    inputs : iterable of Path
        What the command reads, as in `check_output`.

    Yields
    ------
    Path
        Where to write.

    Raises
    ------
    UsageError
        ``out`` cannot or must not be written; what was there stays.
    """
    check_output(out, inputs)
    place = out.resolve()
    unfinished = place.with_name(f".{place.name}.unfinished")
    try:
        if place.exists():
            unfinished.touch(PRIVATE)  # until it has the mode of the file that it replaces
        yield unfinished
        keep_owner(place, unfinished)
        flushed(unfinished)
        unfinished.replace(place)
    except OSError as error:
        raise unwritable(out, error) from None
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)


@contextlib.contextmanager
def locked(lock: Path, place: Path, busy: str, remedy: str) -> Iterator[None]:
    """Hold a lock file for the length of a block; the lock ends with the process.

    Parameters
    ----------
    lock : Path
        The lock file, which is made if it is missing and stays.
    place : Path
        What the lock protects, for messages.
    busy : str
        What another process that holds it does, such as ``another build is running``.
    remedy : str
        What to do where the file cannot be made.

    Raises
    ------
    BusyError
        Another process holds the lock.
    UsageError
        The lock file cannot be made.
    """
    try:
        file = lock.open("a+")
    except OSError as error:
        raise unwritable(place, error, remedy) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            owner = file.read().strip() or "unknown"
            raise BusyError(f"{place}: {busy} (process {owner}); wait or stop it") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def flushed(path: Path) -> None:
    """Write a file, or the entries of a folder, through to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def keep_owner(old: Path, new: Path) -> None:
    """Give a file or folder the mode, the owner and the group of the one that it replaces, if there is one.

    Only root can give a file away; anybody else keeps what the system lets them.
    """
    if not old.exists():
        return
    status = old.stat()
    for owner, group in ((status.st_uid, status.st_gid), (-1, status.st_gid)):
        with contextlib.suppress(PermissionError):
            os.chown(new, owner, group)
            break
    new.chmod(stat.S_IMODE(status.st_mode))


def check_output(out: Path, inputs: Iterable[Path] = ()) -> None:
    """Refuse to write where a command would destroy something.

    Parameters
    ----------
    out : Path
        The file to write. Links count as what they lead to.
    inputs : iterable of Path
        The files that the command reads, and folders of such files.

    Raises
    ------
    UsageError
        ``out`` is an input, a DuckDB file, the log of one, a file of a data directory, a folder or a device,
        or its folder is missing.
    """
    place = Path(os.path.realpath(out))
    if place.is_dir():
        raise UsageError(f"{out}: is a folder; give a file")
    if not place.parent.is_dir():
        raise UsageError(f"{out}: its folder does not exist; create it")
    if place.exists() and not place.is_file():
        raise UsageError(f"{out}: is a device; give a file")
    if is_duckdb(place) or (place.suffix == LOG and is_duckdb(place.with_suffix(""))):
        raise UsageError(f"{out}: is a DuckDB file, which is never replaced; choose another file")
    for path in inputs:
        if _is_in(place, path):
            raise UsageError(f"{out}: is an input of this command; choose another file")
    if place.exists() and _is_data(place):
        raise UsageError(f"{out}: is a file of a data directory; choose another file")


def is_duckdb(path: Path) -> bool:
    """Return whether a file is a DuckDB database."""
    try:
        with path.open("rb") as file:
            return file.read(MAGIC_OFFSET + len(MAGIC))[MAGIC_OFFSET:] == MAGIC
    except OSError:
        return False


def _is_data(place: Path) -> bool:
    """Return whether a build reads a file, by its name or by ``dataset.json`` next to it."""
    if OF_THE_CUP.fullmatch(place.name):
        return True
    try:
        described = json.loads((place.parent / DATASET).read_text(encoding="utf-8"))
        return place.name == DATASET or place.name in described.get("sha256", {})
    except (OSError, ValueError, AttributeError):
        return False


def _is_in(place: Path, path: Path) -> bool:
    """Return whether an existing file is an input, by whatever name, or lies in a folder of inputs."""
    try:
        return place.samefile(path) or (path.is_dir() and place.is_relative_to(path.resolve()))
    except OSError:
        return False
