"""The lines of the files that a person gives, as they stand there, and what is wrong with a whole file."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from recsys.errors import InputError

PACKED = {".gz": "gzip", ".zst": "zstd"}  # by suffix, as DuckDB takes them
CHUNK = 1 << 22  # bytes
HEAD = 4096  # bytes that tell text from something else
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
REMEDY = "text in UTF-8, which iconv makes of other encodings"


def unpacked(path: Path) -> pa.NativeFile:
    """The bytes of a file, decompressed where its name says so; InputError if it cannot be opened."""
    try:
        return pa.input_stream(str(path), compression=PACKED.get(path.suffix.lower()))
    except OSError as error:
        raise InputError(path, None, None, f"a readable file: {error.strerror or error}") from None


def refuse_damaged(path: Path) -> None:
    """InputError for a compressed file that is cut off or has another checksum: DuckDB sees neither."""
    kind = PACKED.get(path.suffix.lower())
    if kind is None:
        return
    try:
        with unpacked(path) as file:
            while file.read(CHUNK):
                pass
    except (OSError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0]
        raise InputError(path, None, None, f"a complete {kind} file: {reason}") from None


def refuse_other_than_text(path: Path) -> None:
    """InputError for a file that begins as no text in UTF-8 does."""
    with unpacked(path) as file:
        head = file.read(HEAD)
    if head.startswith(UTF_16):
        raise InputError(path, None, None, f"{REMEDY}: found UTF-16")
    if b"\0" in head:
        raise InputError(path, None, None, f"{REMEDY}: found bytes that are no text")


def undecodable(path: Path) -> InputError:
    """An error that names the first line that is no UTF-8."""
    with io.BufferedReader(unpacked(path)) as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                text = line.rstrip(b"\r\n").decode(errors="backslashreplace")
                return InputError(path, number, text, REMEDY)
    return InputError(path, None, None, REMEDY)


def dialect(layout: Mapping[str, Any]) -> dict[str, Any]:
    """A layout as Python's csv takes it."""
    quoting = csv.QUOTE_MINIMAL if layout["quote"] else csv.QUOTE_NONE
    return {"delimiter": layout["delimiter"], "quotechar": layout["quote"] or None, "quoting": quoting}


def records(path: Path, layout: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    """The records of a text file that are not blank: the line that each begins on, and its text."""
    with opened(path) as file:
        held: list[str] = []

        def lines() -> Iterator[str]:
            for line in file:
                held.append(line)
                yield line

        reader = csv.reader(lines(), **dialect(layout))
        begins = 1
        for record in reader:
            text = "".join(held).rstrip("\r\n")
            held.clear()
            if record:
                yield begins, text
            begins = reader.line_num + 1


def opened(path: Path) -> io.TextIOWrapper:
    """The text of a file without its byte order mark; what is no UTF-8 becomes a question mark."""
    return io.TextIOWrapper(unpacked(path), encoding="utf-8-sig", errors="replace", newline="")
