"""Read input files line by line, to name the first line that breaks the format.

The SQL of ``sql/staging`` reads the same files a hundred times faster, but cannot name the line.
`explain_refusal` then raises InputError with file, line and text.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from recsys.errors import InputError
from recsys.sources import parquet_rows
from recsys.sources.plain_text import BOM, LONGEST_LINE, opened
from recsys.sources.source_file import SourceFile

LARGEST_ID = 2**31 - 1
NUMBER = re.compile(r"0|[1-9][0-9]*")
Scale = tuple[int, int]  # the lowest and the highest rating
WHOLE_SCALE = (0, 100)
ID = f"an id 0..{LARGEST_ID}"


class Line:
    """Hold one line of a file, and create errors that name it."""

    def __init__(self, path: Path, number: int, text: str) -> None:
        self.path, self.number, self.text = path, number, text

    def refused(self, expected: str) -> InputError:
        """Return the error for this line."""
        return InputError(self.path, self.number, self.text, expected)

    def number_in(self, text: str, largest: int, expected: str) -> int:
        """Parse a whole number up to ``largest``; raise InputError for anything else."""
        if not NUMBER.fullmatch(text) or len(text) > 10 or int(text) > largest:
            raise self.refused(expected)
        return int(text)

    def id(self, text: str, expected: str) -> int:
        """Parse an id; raise InputError for anything else."""
        return self.number_in(text, LARGEST_ID, expected)


def read_lines(path: Path, encoding: str = "ascii") -> Iterator[Line]:
    """Yield the lines of a file.

    Parameters
    ----------
    path : Path
    encoding : {'ascii', 'utf-8'}

    Yields
    ------
    Line

    Raises
    ------
    InputError
        The file is not text in the encoding, has a line that is too long, or is a damaged gzip file.
    """
    number = 0
    try:
        with opened(path) as file:
            while raw := file.readline(LONGEST_LINE):
                number += 1
                raw = raw.removeprefix(BOM) if number == 1 else raw
                if raw:
                    yield Line(path, number, _decoded(path, number, raw, encoding))
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(path, number + 1, None, f"a complete gzip file: {error}") from None
    except OSError as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(path, number + 1, None, f"a readable file: {reason}") from None


def _decoded(path: Path, number: int, raw: bytes, encoding: str) -> str:
    if len(raw) >= LONGEST_LINE and not raw.endswith(b"\n"):
        raise InputError(path, number, raw[:80].decode("latin-1"), f"a line of under {LONGEST_LINE:,} bytes")
    text = raw.removesuffix(b"\r\n").removesuffix(b"\n")
    try:
        return text.decode(encoding)
    except UnicodeDecodeError:
        expected = "plain ASCII text" if encoding == "ascii" else "text in UTF-8"
        raise InputError(path, number, repr(text[:40]), expected) from None


def explain_refusal(files: Mapping[str, SourceFile], scale: Scale = WHOLE_SCALE) -> None:
    """Raise InputError for the first line that breaks the format, taking files in order of dependence.

    Parameters
    ----------
    files : mapping of str to SourceFile
    scale : tuple of int
        The lowest and the highest rating that the parameters allow.

    Raises
    ------
    InputError
        A line breaks the format.
    """
    if "ratings" in files:
        parquet_rows.explain_refusal({name: file.local for name, file in files.items()})
        return
    listed: dict[int, str] = {}
    for name, reader in (("tracks", _tracks), ("albums", _albums), ("artists", _ids), ("genres", _ids)):
        if name in files:
            for line, item in reader(files[name].local):
                if item in listed:
                    raise line.refused(f"an id that is not listed yet (it is in {listed[item]})")
                listed[item] = f"{files[name].path.name}:{line.number}"
    if "train" in files:
        _grouped(files["train"].local, rated=True, scale=scale)
    candidates = _grouped(files["test"].local, rated=False) if "test" in files else set()
    for name in ("labels", "truth"):
        if name in files:
            _labels(files[name].local, candidates)
    if "names" in files:
        _names(files["names"].local)


def _fields(line: Line, parents: int, expected: str) -> int:
    """Return the id of a line ``id|parent|...|genre|...`` whose first parents may be None."""
    first, *rest = line.text.split("|")
    if len(rest) < parents:
        raise line.refused(expected)
    for position, text in enumerate(rest):
        if not (position < parents and text == "None"):
            line.id(text, expected)
    return line.id(first, expected)


def _tracks(path: Path) -> Iterator[tuple[Line, int]]:
    for line in read_lines(path):
        yield line, _fields(line, 2, "TrackId|AlbumId|ArtistId|GenreId|... (None for no album or artist)")


def _albums(path: Path) -> Iterator[tuple[Line, int]]:
    for line in read_lines(path):
        yield line, _fields(line, 1, "AlbumId|ArtistId|GenreId|... (None for no artist)")


def _ids(path: Path) -> Iterator[tuple[Line, int]]:
    for line in read_lines(path):
        yield line, line.id(line.text, ID)


def _grouped(path: Path, rated: bool, scale: Scale = WHOLE_SCALE) -> set[tuple[int, int]]:
    """Check a file of ``user|count`` headers with their lines; return its pairs if unrated.

    The items of a user are dropped at the next header, so the size of a rated file does not matter.
    """
    pairs: set[tuple[int, int]] = set()
    users: set[int] = set()
    user, missing, header, items = 0, 0, None, set[int]()
    for line in read_lines(path):
        if "|" in line.text and "\t" not in line.text:
            _complete(header, missing)
            user, missing = _header(line, users, even=not rated)
            header, items = line, set()
        else:
            item = _entry(line, rated, scale)
            if header is None:
                raise line.refused("a header UserId|count before the first line")
            if missing == 0:
                raise line.refused(f"a header UserId|count: that of line {header.number} counts fewer lines")
            if item in items:
                raise line.refused(f"each item once for user {user}")
            items.add(item)
            missing -= 1
            if not rated:
                pairs.add((user, item))
    _complete(header, missing)
    return pairs


def _complete(header: Line | None, missing: int) -> None:
    if header is not None and missing:
        raise header.refused(f"as many lines as the header counts, found {missing} fewer")


def _header(line: Line, users: set[int], even: bool) -> tuple[int, int]:
    expected = "a header UserId|count" + (" with an even count of candidates" if even else "")
    first, _, second = line.text.partition("|")
    user, count = line.id(first, expected), line.id(second, expected)
    if even and count % 2:
        raise line.refused(expected)
    if user in users:
        raise line.refused(f"one header per user (user {user} has one above)")
    users.add(user)
    return user, count


def _entry(line: Line, rated: bool, scale: Scale) -> int:
    if not rated:
        return line.id(line.text, f"a track id: {ID}")
    item, tab, rating = line.text.partition("\t")
    expected = "ItemId<TAB>Rating"
    if not tab:
        raise line.refused(expected)
    lowest, highest = scale
    source = "" if scale == WHOLE_SCALE else " (the parameters scale.lowest and scale.highest)"
    in_scale = f"{expected} with a whole rating {lowest}..{highest}{source}"
    if line.number_in(rating, highest, in_scale) < lowest:
        raise line.refused(in_scale)
    return line.id(item, f"{expected} with {ID}")


def _labels(path: Path, candidates: set[tuple[int, int]]) -> None:
    seen: set[tuple[int, int]] = set()
    for line in read_lines(path):
        texts = line.text.split("|")
        if len(texts) != 3 or texts[2] not in ("0", "1"):
            raise line.refused("UserId|TrackId|0 or 1")
        pair = line.id(texts[0], ID), line.id(texts[1], ID)
        if pair not in candidates:
            raise line.refused("a user and track of the test file")
        if pair in seen:
            raise line.refused("each candidate once")
        seen.add(pair)


def _names(path: Path) -> None:
    seen: set[int] = set()
    for line in read_lines(path, "utf-8"):
        first, bar, name = line.text.partition("|")
        item = line.id(first, f"ItemId|Name with {ID}")
        if not bar or not name or name != name.strip() or "|" in name or any(ord(char) < 32 for char in name):
            raise line.refused("ItemId|Name, without further bars, tabs or outer spaces")
        if item in seen:
            raise line.refused("each item once")
        seen.add(item)
