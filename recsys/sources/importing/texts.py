"""Read the lines of text files as they are, and refuse files that are no text."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from recsys.errors import InputError, UsageError

PACKED = {".gz": "gzip", ".zst": "zstd"}  # by suffix, as DuckDB takes them
CHUNK = 1 << 22  # bytes
HEAD = 4096  # bytes that tell text from something else
LONGEST = 1 << 20  # characters of the first lines that are looked at
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
LONGEST_DELIMITER = 4  # bytes, of DuckDB
STAND_IN = "\x1f"  # the unit separator, for a longer delimiter
REMEDY = "text in UTF-8; an import with --encoding latin-1 (or another) reads it"


@dataclass(frozen=True)
class Dialect:
    """Hold the delimiter and the quotes of a text file; an empty quote: no quotes."""

    delimiter: str
    quote: str = '"'
    escape: str = '"'

    def rows(self, lines: Iterable[str]) -> Iterator[list[str]]:
        """Yield the fields of each record; a blank line has none."""
        if len(self.delimiter) > 1:
            stripped = (line.rstrip("\r\n") for line in lines)
            yield from (line.split(self.delimiter) if line else [] for line in stripped)
            return
        yield from csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote or None,
            escapechar="\\" if self.escape == "\\" else None,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
        )


def unpacked(path: Path) -> pa.NativeFile:
    """Open the bytes of a file, decompressed where its name says so; InputError if it cannot be opened."""
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
        start = file.read(HEAD)
    if start.startswith(UTF_16):
        raise InputError(
            path, None, None, "text in UTF-8, found UTF-16; an import with --encoding utf-16 reads it"
        )
    if b"\0" in start:
        raise InputError(path, None, None, f"{REMEDY}: found bytes that are no text")


def undecodable(path: Path) -> InputError:
    """Return an error that names the first line that is no UTF-8."""
    with io.BufferedReader(unpacked(path)) as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                text = line.rstrip(b"\r\n").decode(errors="backslashreplace")
                return InputError(path, number, text, REMEDY)
    return InputError(path, None, None, REMEDY)


def is_utf_8(path: Path) -> bool:
    """Return whether all of a file is UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with unpacked(path) as file:
            while chunk := file.read(CHUNK):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def head(path: Path, count: int) -> Sequence[str]:
    """Return the first lines of a text file, each complete."""
    with opened(path) as file:
        text = file.read(LONGEST)
        is_cut = bool(file.read(1))
    lines = text.split("\n")
    lines = lines[:-1] if len(lines) > 1 and (is_cut or not lines[-1]) else lines
    return [f"{line}\n" for line in lines[:count]]


def records(path: Path, dialect: Dialect, skip: int = 0) -> Iterator[tuple[int, str]]:
    """Yield the records of a text file that are not blank: the line that each begins on, and its text."""
    with opened(path) as file:
        held: list[str] = []

        def lines() -> Iterator[str]:
            for line in itertools.islice(file, skip, None):
                held.append(line)
                yield line

        begins = skip + 1
        for record in dialect.rows(lines()):
            text, length = "".join(held).rstrip("\r\n"), len(held)
            held.clear()
            if record:
                yield begins, text
            begins += length


def opened(path: Path) -> io.TextIOWrapper:
    """Open the text of a file without its byte order mark; what is no UTF-8 becomes a question mark."""
    return io.TextIOWrapper(unpacked(path), encoding="utf-8-sig", errors="replace", newline="")


def rewritten(path: Path, folder: Path, encoding: str, delimiter: str | None = None) -> Path:
    """Write a file anew in UTF-8, line by line the same but for a long delimiter; return the copy.

    UsageError for an encoding that is unknown, InputError for a line that is not in it.
    """
    copy = folder / f"{len(list(folder.iterdir()))}.csv"
    number = 0
    try:
        with (
            io.TextIOWrapper(unpacked(path), encoding=encoding, newline="") as file,
            copy.open("w", encoding="utf-8", newline="") as out,
        ):
            for number, line in enumerate(file, 1):  # noqa: B007  named where the next cannot be read
                out.write(line.replace(delimiter, STAND_IN) if delimiter else line)
    except LookupError:
        raise UsageError(
            f"--encoding {encoding}: no such encoding; examples: latin-1, cp1252, utf-16"
        ) from None
    except UnicodeError as error:
        raise InputError(path, number + 1, None, f"text in {encoding}: {error}") from None
    return copy
