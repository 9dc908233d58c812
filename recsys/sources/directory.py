"""The files of a data directory: which are there, their digests, and plain copies where the engine needs one.

The format is that of the Yahoo! Music data of KDD Cup 2011, Track 2, or the same content as Parquet files
(`recsys.sources.parquet`), which the engine reads as they are. Of text, the engine reads plain text with line
feeds; a file with carriage returns, a byte order mark or gzip compression is rewritten into a scratch
folder first, which also verifies the checksum of a compressed file (the engine itself does not).
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np

from recsys.errors import InputError, UsageError
from recsys.sources import parquet
from recsys.sources.remote import Remote

CHUNK = 1 << 22
LONGEST_LINE = 1 << 20  # bytes; the longest real line, a track with 21 genres, has under 200
BOM = b"\xef\xbb\xbf"

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
}
SUBMISSIONS = "submissions"
NEVER_EMPTY = ("train", "test")  # a file of nothing is an accident, and would replace a good warehouse
NUMBERS_ALONE = ("test",)  # sources of nothing but numbers and what stands between them
NUMERIC = b"0123456789|\t\n"


@dataclass(frozen=True)
class SourceFile:
    """An input file: ``digest`` is the SHA-256 of its bytes, ``line_count`` their number of line feeds, or of
    rows of Parquet.
    """

    name: str
    path: Path | Remote
    digest: str
    byte_count: int
    line_count: int

    @property
    def local(self) -> Path:
        """The path of a file of this machine; TypeError of another."""
        if isinstance(self.path, Remote):
            raise TypeError(f"{self.path} is no file of this machine")
        return self.path


def discover(directory: Path, no_candidates: bool = False) -> dict[str, SourceFile]:
    """The files of a data directory by source name.

    UsageError for one that is missing or there twice, InputError for a file of ratings or of candidates that
    has none. With ``no_candidates`` there is to be no file of candidates.
    """
    if not directory.is_dir():
        raise UsageError(f"{directory}: expected a data directory")
    if parquet.is_there(directory):
        metadata = parquet.metadata(directory)
        folder = _OfThisMachine(directory, metadata.get("sha256", {}))
        found = of_parquet(folder, str(directory), metadata, no_candidates)
    else:
        found = _text_files(directory, no_candidates)
    if (directory / SUBMISSIONS).exists():
        found[SUBMISSIONS] = _inspect_folder(SUBMISSIONS, directory / SUBMISSIONS)
    return found


def _text_files(directory: Path, no_candidates: bool) -> dict[str, SourceFile]:
    found = {}
    for name, stems in {**REQUIRED, **OPTIONAL}.items():
        path = _only(directory, [option for stem in stems for option in (stem, f"{stem}.gz")])
        if path is not None:
            found[name] = _inspect(name, path)
        elif name in REQUIRED and not (no_candidates and name == "test"):
            options = f"{' or '.join(stems)} (or the same with .gz)"
            remedy = "; --no-candidates builds without candidates" if name == "test" else ""
            raise UsageError(f"{directory}: expected a file {options}, found none{remedy}")
    if no_candidates and "test" in found:
        raise UsageError(f"{found['test'].path}: expected no file of candidates with --no-candidates")
    for name in NEVER_EMPTY:
        if name in found and _is_blank(found[name].local):
            raise InputError(found[name].local, 1, "", "a header UserId|count: the file is empty")
    return found


class Folder(Protocol):
    """A data directory of Parquet, wherever it is."""

    def exists(self, name: str) -> bool: ...
    def inspected(self, name: str, file: str) -> SourceFile: ...
    def refuse_repeated_order(self, file: str) -> None: ...


class _OfThisMachine:
    """A data directory of Parquet whose digests are of all bytes, and as the import says, if one wrote it."""

    def __init__(self, directory: Path, digests: Mapping[str, str]) -> None:
        self.directory, self.digests = directory, digests

    def exists(self, name: str) -> bool:
        return (self.directory / name).exists()

    def inspected(self, name: str, file: str) -> SourceFile:
        path = self.directory / file
        rows, found = parquet.row_count(name, path), _inspect(name, path)
        if self.digests.get(file, found.digest) != found.digest:
            remedy = f"without {parquet.METADATA} it is taken as it is"
            raise InputError(
                path, None, None, f"the file as the import wrote it, found other bytes: {remedy}"
            )
        return replace(found, line_count=rows)

    def refuse_repeated_order(self, file: str) -> None:
        if file not in self.digests:  # an import's bytes are as it wrote them
            parquet.refuse_repeated_order(self.directory / file)


def of_parquet(
    folder: Folder, directory: str, metadata: Mapping[str, Any], no_candidates: bool
) -> dict[str, SourceFile]:
    """The files of a directory of Parquet, whose columns are there; ``metadata`` is what an import says."""
    found = {}
    for name in parquet.COLUMNS:
        file = f"{name}{parquet.SUFFIX}"
        if not folder.exists(file):
            if name in parquet.REQUIRED:
                raise UsageError(f"{directory}: expected a file {file}, found none")
            continue
        found[name] = folder.inspected(name, file)
        if name == "ratings":
            folder.refuse_repeated_order(file)
    if no_candidates and "candidates" in found:
        raise UsageError(f"{found['candidates'].path}: expected no file of candidates with --no-candidates")
    is_without = no_candidates or metadata.get("counts", {}).get("candidates") == 0
    if "candidates" not in found and not is_without:
        name = f"candidates{parquet.SUFFIX}"
        remedy = "--no-candidates builds without candidates"
        raise UsageError(f"{directory}: expected a file {name}, found none; {remedy}")
    return found


def _only(directory: Path, options: list[str]) -> Path | None:
    present = [directory / option for option in options if (directory / option).exists()]
    if len(present) > 1:
        names = " and ".join(path.name for path in present)
        raise UsageError(f"{directory}: expected one of {names}, found both")
    return present[0] if present else None


def _inspect_folder(name: str, path: Path) -> SourceFile:
    """A folder as if it were one file: its digest is of the names and digests of the files in it."""
    if not path.is_dir():
        raise InputError(path, None, None, "a folder of submissions")
    files = [_inspect(file.name, file) for file in sorted(path.iterdir()) if file.is_file()]
    digest = hashlib.sha256("".join(f"{file.name}\0{file.digest}\n" for file in files).encode())
    sizes = sum(file.byte_count for file in files), sum(file.line_count for file in files)
    return SourceFile(name, path, digest.hexdigest(), *sizes)


def _inspect(name: str, path: Path) -> SourceFile:
    digest, size, lines = hashlib.sha256(), 0, 0
    for chunk in _chunks(path):
        digest.update(chunk)
        size, lines = size + len(chunk), lines + chunk.count(b"\n")
    return SourceFile(name, path, digest.hexdigest(), size, lines)


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except OSError as error:
        raise InputError(path, None, None, f"a readable file: {error.strerror}") from None


def plain_text(file: SourceFile, scratch: Path) -> Path | Remote | None:
    """The file, or a copy of its text in the scratch folder, that the engine can read without loss.

    None if there is no such copy: the engine skips blank lines, takes a lone carriage return for a line end,
    ignores a tab at the end of a line, and reads numbers in more ways than one (+5, 1e2, 0x10). Text with any
    of these is for the line reader to refuse.
    """
    path = file.path
    if isinstance(path, Remote) or path.suffix == parquet.SUFFIX:
        return path
    if path.suffix == ".gz" or _is_foreign(path):
        copy = scratch / f"{path.name.removesuffix('.gz')}"
        with copy.open("wb") as out:
            out.writelines(blocks_of_text(path))
        path = copy
    if _is_foreign(path) or _is_glossed_over(path, NUMERIC if file.name in NUMBERS_ALONE else b""):
        return None
    return path


def _is_blank(path: Path) -> bool:
    """Whether a file has no character but line ends; a damaged gzip file is for others to refuse."""
    try:
        with opened(path) as file:
            text = file.read(CHUNK).removeprefix(BOM)
            while text and not text.strip(b"\r\n"):
                text = file.read(CHUNK)
            return not text
    except (EOFError, OSError, zlib.error):
        return False


def _is_foreign(path: Path) -> bool:
    """Whether a file starts with a byte order mark or has a carriage return."""
    chunks = _chunks(path)
    first = next(chunks, b"")
    return first.startswith(BOM) or b"\r" in first or any(b"\r" in chunk for chunk in chunks)


def _is_glossed_over(path: Path, allowed: bytes) -> bool:
    """Whether a file has a blank line, a tab at the end of one, other characters than are allowed, or a line
    that is too long (the engine passes over one that its buffer cannot hold).
    """
    if _has_giant_line(path):
        return True
    last = b"\n"
    for chunk in _chunks(path):
        if _ends_emptily(last + chunk) or (allowed and chunk.translate(None, allowed)):
            return True
        last = chunk[-1:]
    return last == b"\t"


def _ends_emptily(text: bytes) -> bool:
    """Whether a line feed follows a tab or another line feed; five times as fast as to search for the two."""
    characters = np.frombuffer(text, np.uint8)
    ends = characters == ord("\n")
    return bool((ends[1:] & (ends[:-1] | (characters[:-1] == ord("\t")))).any())


def _has_giant_line(path: Path) -> bool:
    """Whether a line has LONGEST_LINE bytes or more: from its start, no line feed is found within so many."""
    held = b""
    for chunk in _chunks(path):
        text, start = held + chunk, 0
        while len(text) - start >= LONGEST_LINE:
            end = text.rfind(b"\n", start, start + LONGEST_LINE)
            if end < 0:
                return True
            start = end + 1
        held = text[start:]
    return False


def blocks_of_text(path: Path, size: int = CHUNK) -> Iterator[bytes]:
    """The file's text in blocks: decompressed, without byte order mark, line ends as line feeds."""
    held, line, first = b"", 1, True
    try:
        with opened(path) as file:
            while block := file.read(size):
                block = held + block if held else block
                block = block.removeprefix(BOM) if first else block
                held, first = b"\r" if block.endswith(b"\r") else b"", False
                text = block.removesuffix(b"\r").replace(b"\r\n", b"\n") if b"\r" in block else block
                line += text.count(b"\n") if path.suffix == ".gz" else 0
                yield text
    except (EOFError, OSError, zlib.error) as error:
        raise InputError(path, line, None, f"a complete gzip file: {error}") from None
    yield held


def opened(path: Path) -> BinaryIO:
    """The file's bytes, decompressed where its name ends in .gz."""
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]
