"""Files of a data directory: find them and compute their digests.

The format is that of the Yahoo! Music data of KDD Cup 2011, Track 2, or the same content as Parquet files
(`recsys.sources.parquet`), which the engine reads directly.
"""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from recsys.errors import InputError, UsageError
from recsys.sources import parquet, parquet_rows
from recsys.sources.plain_text import is_blank
from recsys.sources.source_file import SourceFile, read_chunks

REQUIRED: Mapping[str, tuple[str, ...]] = {
    "tracks": ("trackData2.txt",),
    "albums": ("albumData2.txt",),
    "artists": ("artistData2.txt",),
    "genres": ("genreData2.txt",),
    "train": ("trainItem2.txt", "trainIdx2.txt"),
    "test": ("testItem2.txt", "testIdx2.txt"),
}
OPTIONAL: Mapping[str, tuple[str, ...]] = {
    "labels": ("test2_new.txt",),
    "truth": ("truth2.txt",),
    "names": ("itemNames.txt",),
}
SUBMISSIONS = "submissions"
_FORMATS = (".csv", ".tsv", ".dat", ".data", ".inter", ".json", ".jsonl", ".ndjson", ".parquet")
TABLES = tuple(f"{suffix}{packed}" for suffix in _FORMATS for packed in ("", ".gz", ".zst"))
RATINGS_NAME = re.compile(r"rating|user|event|play|interaction|u\.data|\.inter")  # the table to import first
NEVER_EMPTY = ("train", "test")  # an empty file is an accident that would replace a good warehouse


def discover(directory: Path, no_candidates: bool = False) -> dict[str, SourceFile]:
    """Find the files of a data directory.

    Parameters
    ----------
    directory : Path
    no_candidates : bool, default False
        Expect no file of candidates.

    Returns
    -------
    dict of str to SourceFile
        By source name.

    Raises
    ------
    UsageError
        A file is missing, or there twice.
    InputError
        A file of ratings or candidates is empty, or a file cannot be read.
    """
    if not directory.is_dir():
        raise UsageError(f"{directory}: {_no_directory(directory)}")
    if parquet.is_there(directory):
        metadata = parquet.metadata(directory)
        folder = _LocalFolder(directory, metadata.get("sha256", {}))
        found = of_parquet(folder, str(directory), metadata, no_candidates)
    else:
        _refuse_tables(directory)
        found = _text_files(directory, no_candidates)
    if (directory / SUBMISSIONS).exists():
        found[SUBMISSIONS] = _inspect_folder(SUBMISSIONS, directory / SUBMISSIONS)
    return found


def _no_directory(path: Path) -> str:
    """Return why a path is not a directory, and what to do if it is a table of ratings."""
    if not path.exists():
        return "no such directory"
    is_table = path.name.lower().endswith(TABLES)
    command = f"import it first: recsys import {shlex.quote(str(path))} --out NEW_DIR"
    return f"is a file; {command if is_table else 'give a data directory'}"


def _refuse_tables(directory: Path) -> None:
    """Raise UsageError, with the command that reads them, for a folder of CSV files and the like."""
    tables = [path for path in sorted(directory.iterdir()) if path.name.lower().endswith(TABLES)]
    if not tables or any((directory / name).exists() for name in _names(REQUIRED["train"])):
        return
    named = next((path for path in tables if RATINGS_NAME.search(path.name)), tables[0])
    raise UsageError(
        f"{directory}: is not a data directory; import {named.name} first: "
        f"recsys import {shlex.quote(str(named))} --out NEW_DIR"
    )


def _names(stems: tuple[str, ...]) -> list[str]:
    return [name for stem in stems for name in (stem, f"{stem}.gz")]


def _text_files(directory: Path, no_candidates: bool) -> dict[str, SourceFile]:
    found = {}
    for name, stems in {**REQUIRED, **OPTIONAL}.items():
        path = _only(directory, [option for stem in stems for option in (stem, f"{stem}.gz")])
        if path is not None:
            found[name] = _inspect(name, path)
        elif name in REQUIRED and not (no_candidates and name == "test"):
            options = f"{' or '.join(stems)} (or the same with .gz)"
            remedy = "; build without test items with --no-candidates" if name == "test" else ""
            raise UsageError(f"{directory}: no file {options}{remedy}")
    if no_candidates and "test" in found:
        raise UsageError(f"{found['test'].path}: has test items; leave out --no-candidates")
    for name in NEVER_EMPTY:
        if name in found and is_blank(found[name].local):
            raise InputError(found[name].local, 1, "", "a header UserId|count: the file is empty")
    return found


class Folder(Protocol):
    """Access a data directory of Parquet files, local or remote."""

    def exists(self, name: str) -> bool:
        """Return whether the folder has a file of this name."""

    def inspected(self, name: str, file: str) -> SourceFile:
        """Return the description of a file after checking its columns."""

    def refuse_repeated_order(self, file: str) -> None:
        """Raise InputError where two ratings of a user have the same ``seq``."""


class _LocalFolder:
    """Access a data directory on this machine; digests must match those of the import that wrote it."""

    def __init__(self, directory: Path, digests: Mapping[str, str]) -> None:
        self.directory, self.digests = directory, digests

    def exists(self, name: str) -> bool:
        """Return whether the folder has a file of this name."""
        return (self.directory / name).exists()

    def inspected(self, name: str, file: str) -> SourceFile:
        """Return the description of a file after checking its columns and its digest."""
        path = self.directory / file
        rows, found = parquet.row_count(name, path), _inspect(name, path)
        if self.digests.get(file, found.digest) != found.digest:
            remedy = f"import again, or delete {parquet.METADATA} to accept the file"
            raise UsageError(f"{path}: checksum differs from {parquet.METADATA}: {remedy}")
        return replace(found, line_count=rows)

    def refuse_repeated_order(self, file: str) -> None:
        """Raise InputError where two ratings of a user have the same ``seq``; trust imported files."""
        if file not in self.digests:  # imported files are ordered
            parquet_rows.refuse_repeated_order(self.directory / file)


def of_parquet(
    folder: Folder, directory: str, metadata: Mapping[str, Any], no_candidates: bool
) -> dict[str, SourceFile]:
    """Find the files of a data directory of Parquet files.

    Parameters
    ----------
    folder : Folder
    directory : str
        Its name for messages.
    metadata : mapping
        Content of ``dataset.json``, empty without an import.
    no_candidates : bool
        Expect no file of candidates.

    Returns
    -------
    dict of str to SourceFile
        By source name.

    Raises
    ------
    UsageError
        A file is missing, or there against ``no_candidates``.
    InputError
        A file lacks columns or rows, or cannot be read.
    """
    found = {}
    for name in parquet.COLUMNS:
        file = parquet.file_of(metadata, name)
        if not folder.exists(file):
            if name in parquet.REQUIRED:
                raise UsageError(f"{directory}: no file {file}")
            continue
        found[name] = folder.inspected(name, file)
        if name == "ratings":
            folder.refuse_repeated_order(file)
    if no_candidates and "candidates" in found:
        raise UsageError(f"{found['candidates'].path}: has test items; leave out --no-candidates")
    is_without = no_candidates or metadata.get("counts", {}).get("candidates") == 0
    if "candidates" not in found and not is_without:
        name = f"candidates{parquet.SUFFIX}"
        remedy = "build without test items with --no-candidates"
        raise UsageError(f"{directory}: no file {name}; {remedy}")
    return found


def _only(directory: Path, options: list[str]) -> Path | None:
    present = [directory / option for option in options if (directory / option).exists()]
    if len(present) > 1:
        names = " and ".join(path.name for path in present)
        raise UsageError(f"{directory}: has both {names}; remove one")
    return present[0] if present else None


def _inspect_folder(name: str, path: Path) -> SourceFile:
    """Describe a folder as one file: its digest covers the names and digests of the files in it."""
    if not path.is_dir():
        raise InputError(path, None, None, "a folder of submissions")
    files = [_inspect(file.name, file) for file in sorted(path.iterdir()) if file.is_file()]
    digest = hashlib.sha256("".join(f"{file.name}\0{file.digest}\n" for file in files).encode())
    sizes = sum(file.byte_count for file in files), sum(file.line_count for file in files)
    return SourceFile(name, path, digest.hexdigest(), *sizes)


def _inspect(name: str, path: Path) -> SourceFile:
    digest, size, lines = hashlib.sha256(), 0, 0
    for chunk in read_chunks(path):
        digest.update(chunk)
        size, lines = size + len(chunk), lines + chunk.count(b"\n")
    return SourceFile(name, path, digest.hexdigest(), size, lines)
