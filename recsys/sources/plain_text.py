"""Text that the engine reads: find what it would misread, and copy what it cannot read.

The engine reads plain text with line feeds. A file with carriage returns, a byte order mark or gzip
compression is first rewritten into a scratch folder. That also verifies the checksum of a compressed file,
which the engine does not.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from recsys.errors import InputError
from recsys.sources import parquet
from recsys.sources.remote import Remote
from recsys.sources.source_file import CHUNK, SourceFile, read_chunks

LONGEST_LINE = 1 << 20  # bytes; the longest real line, a track with 21 genres, has under 200
BOM = b"\xef\xbb\xbf"
NUMBERS_ALONE = ("test",)  # sources of numbers and separators
NUMERIC = b"0123456789|\t\n"
CONTROL = bytes(range(ord("\n"))) + bytes(range(ord("\n") + 1, ord(" ")))  # but the line feed


def plain_text(file: SourceFile, scratch: Path) -> Path | Remote | None:
    """Return a file that the engine reads without loss: the file itself or a copy in ``scratch``.

    The engine skips blank lines, ends a name at a control character, takes a lone carriage return for a line
    end, ignores a tab at the end of a line, and reads numbers in several notations (+5, 1e2, 0x10). The line
    reader has to refuse such text.

    Parameters
    ----------
    file : SourceFile
    scratch : Path

    Returns
    -------
    Path, Remote or None
        None if the engine would misread the text.
    """
    path = file.path
    if isinstance(path, Remote) or path.suffix == parquet.SUFFIX:
        return path
    if path.suffix == ".gz" or _needs_copy(path):
        copy = scratch / f"{path.name.removesuffix('.gz')}"
        with copy.open("wb") as out:
            out.writelines(blocks_of_text(path))
        path = copy
    if file.name == "names" and any(chunk.translate(None, CONTROL) != chunk for chunk in read_chunks(path)):
        return None
    if _needs_copy(path) or _would_be_misread(path, NUMERIC if file.name in NUMBERS_ALONE else b""):
        return None
    return path


def is_blank(path: Path) -> bool:
    """Return whether a file has no character but line ends; a damaged gzip file is reported elsewhere."""
    try:
        with opened(path) as file:
            text = file.read(CHUNK).removeprefix(BOM)
            while text and not text.strip(b"\r\n"):
                text = file.read(CHUNK)
            return not text
    except (EOFError, OSError, zlib.error):
        return False


def _needs_copy(path: Path) -> bool:
    """Return whether a file starts with a byte order mark or has a carriage return."""
    chunks = read_chunks(path)
    first = next(chunks, b"")
    return first.startswith(BOM) or b"\r" in first or any(b"\r" in chunk for chunk in chunks)


def _would_be_misread(path: Path, allowed: bytes) -> bool:
    """Return whether the engine would misread a file.

    That is a blank line, a tab at the end of a line, a character outside ``allowed``, or a line longer than
    the engine's buffer, which it skips.
    """
    if _has_giant_line(path):
        return True
    last = b"\n"
    for chunk in read_chunks(path):
        if _has_empty_end(last + chunk) or (allowed and chunk.translate(None, allowed)):
            return True
        last = chunk[-1:]
    return last == b"\t"


def _has_empty_end(text: bytes) -> bool:
    """Return whether a line feed follows a tab or another line feed; five times as fast as two searches."""
    characters = np.frombuffer(text, np.uint8)
    ends = characters == ord("\n")
    return bool((ends[1:] & (ends[:-1] | (characters[:-1] == ord("\t")))).any())


def _has_giant_line(path: Path) -> bool:
    """Return whether a line has LONGEST_LINE bytes or more."""
    held = b""
    for chunk in read_chunks(path):
        text, start = held + chunk, 0
        while len(text) - start >= LONGEST_LINE:
            end = text.rfind(b"\n", start, start + LONGEST_LINE)
            if end < 0:
                return True
            start = end + 1
        held = text[start:]
    return False


def blocks_of_text(path: Path, size: int = CHUNK) -> Iterator[bytes]:
    """Yield a file's text in blocks: decompressed, without byte order mark, line ends as line feeds.

    Parameters
    ----------
    path : Path
    size : int, default `CHUNK`
        Bytes per block, about.

    Yields
    ------
    bytes

    Raises
    ------
    InputError
        A compressed file is damaged.
    """
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
    """Open a file of bytes, decompressed where its name ends in ``.gz``.

    Parameters
    ----------
    path : Path

    Returns
    -------
    BinaryIO
    """
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]
