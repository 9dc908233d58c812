"""Detect the layout of a text file: delimiter, quotes, lines before the header, and the header."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from recsys.errors import UsageError
from recsys.sources.importing.texts import Dialect, head

DELIMITERS = ("::", "\t", ",", ";", "|")
SAMPLE = 2000  # lines
QUOTED_ALWAYS = (",", ";")
COMMENTS = ("#", "%")
TIME_LIKE = re.compile(r"\d{4}-\d\d?-\d\d?|\d\d?[./]\d\d?[./]\d{4}")
EPOCH = 1e8  # seconds: a whole number from here on is a time, in 1973 or later

Rows = list[list[str]]
IsHeader = Callable[[Sequence[str]], bool]
Names = Callable[[Rows], list[str]]


@dataclass(frozen=True)
class Hints:
    """Hold the options about text files."""

    delimiter: str | None = None
    header: bool | None = None
    names: Sequence[str] = ()
    encoding: str | None = None


@dataclass(frozen=True)
class Layout(Dialect):
    """Describe the layout of a text file; ``skip`` lines come before the header or the first row."""

    skip: int = 0
    header: bool = True
    columns: tuple[str, ...] = ()

    @property
    def decimal(self) -> str:
        """Return the decimal mark: a comma where semicolons separate columns."""
        return "," if self.delimiter == ";" else "."


def laid_out(path: Path, hints: Hints, is_header: IsHeader, names: Names) -> Layout:
    """Return the layout of a text file.

    Parameters
    ----------
    path
        The file, in UTF-8.
    hints
        What the options say; the rest is taken from the first lines.
    is_header
        Tells whether texts are names of columns.
    names
        Names the columns of a file without a header, from its first rows.

    Raises
    ------
    UsageError
        Another number of columns is named than the file has.
    """
    lines = head(path, SAMPLE)
    wanted = [hints.delimiter] if hints.delimiter else DELIMITERS
    found = [_tried(lines, delimiter, hints, is_header) for delimiter in wanted]
    _, layout, rows = max(found, key=lambda one: one[0])
    columns = _named(rows[0] if rows else []) if layout.header else names(rows)
    if hints.names:
        columns = _given(path, hints.names, len(columns))
    return replace(layout, columns=tuple(columns))


def _tried(
    lines: Sequence[str], delimiter: str, hints: Hints, is_header: IsHeader
) -> tuple[tuple[bool, float, int], Layout, Rows]:
    """Return the fit of a delimiter, the layout with it, and the rows from the header on."""
    quote, escape = _quoting(lines, delimiter)
    dialect = Dialect(delimiter, quote, escape)
    widths = Counter(len(row) for row in _parsed(lines, dialect) if row)
    width, count = widths.most_common(1)[0] if widths else (1, 0)
    skip = _skipped(lines, dialect, width)
    rows = [row for row in _parsed(lines[skip:], dialect) if row]
    first = rows[0] if rows else []
    is_known = is_header(first)
    header = hints.header if hints.header is not None else is_known or not _is_data(first)
    share = round(count / max(1, widths.total()), 2) if width > 1 else 0.0
    layout = Layout(delimiter, quote, escape, skip, header)
    return (is_known and width > 1, share, width), layout, rows


def _parsed(lines: Sequence[str], dialect: Dialect) -> Rows:
    try:
        return list(dialect.rows(lines))
    except csv.Error:
        return []


def _quoting(lines: Sequence[str], delimiter: str) -> tuple[str, str]:
    """Return quote and escape: usual with commas; elsewhere only where quotes enclose whole fields."""
    if delimiter not in QUOTED_ALWAYS:
        fields = [field.strip() for line in lines for field in line.rstrip("\r\n").split(delimiter)]
        opened = [field for field in fields if field.startswith('"')]
        if not opened or not all(len(field) > 1 and field.endswith('"') for field in opened):
            return "", ""
    inside = re.compile(r'\\"(?!\s*(?:' + re.escape(delimiter) + r"|$))")
    return '"', "\\" if any(inside.search(line) for line in lines) else '"'


def _skipped(lines: Sequence[str], dialect: Dialect, width: int) -> int:
    """Return the number of lines on top that are counts, comments or blank."""
    skipped = 0
    for line in lines:
        text = line.strip()
        is_alone = width > 1 and dialect.delimiter not in line.rstrip("\r\n")
        if text and not text.startswith(COMMENTS) and not is_number(text):
            break
        if text and not is_alone:
            break
        skipped += 1
    return skipped if skipped < len(lines) else 0


def is_number(text: str) -> bool:
    """Return whether a text is a number, with a decimal point or comma."""
    try:
        float(text.strip().replace(",", ".", 1))
    except ValueError:
        return False
    return True


def is_time(text: str) -> bool:
    """Return whether a text looks like a time: a date, or a number of seconds since 1970."""
    return bool(TIME_LIKE.match(text.strip())) or (
        is_number(text) and "," not in text and float(text) >= EPOCH
    )


def _is_data(row: Sequence[str]) -> bool:
    """Return whether a first row has a number or a time, which are no names of columns."""
    return any(is_number(field) or is_time(field) for field in row)


def _named(header: Sequence[str]) -> list[str]:
    """Return the names in a header: unique, and not empty."""
    names: list[str] = []
    for place, field in enumerate(header, 1):
        name = stem = field.strip() or f"column{place}"
        turn = 1
        while name.casefold() in {other.casefold() for other in names}:
            turn += 1
            name = f"{stem}_{turn}"
        names.append(name)
    return names


def _given(path: Path, names: Sequence[str], width: int) -> list[str]:
    if len(names) != width:
        raise UsageError(f"--columns {','.join(names)}: names {len(names)} columns, and {path} has {width}")
    return list(names)


def names_of_ratings(rows: Rows) -> list[str]:
    """Return user, item, rating and time for the columns of ratings without a header, as far as they fit."""
    width = len(rows[0]) if rows else 0
    names = ["user", "item"][:width] if width <= 4 else []
    for place in range(len(names), width if width <= 4 else 0):
        fields = [row[place] for row in rows if len(row) == width]
        if "time" not in names and all(is_time(field) for field in fields):
            names.append("time")
        elif "rating" not in names and all(is_number(field) for field in fields[:1]):
            names.append("rating")
        else:
            names.append("time" if "time" not in names and place == 3 else f"column{place + 1}")
    return names or [f"column{place}" for place in range(1, width + 1)]


MOVIELENS_GENRES = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama"),
    *(
        "Fantasy",
        "Film-Noir",
        "Horror",
        "Musical",
        "Mystery",
        "Romance",
        "Sci-Fi",
        "Thriller",
        "War",
        "Western",
    ),
)
MOVIELENS_100K = ("id", "title", "release_date", "video_release_date", "url", *MOVIELENS_GENRES)


def names_of_items(rows: Rows) -> list[str]:
    """Return the names of the columns of items without a header: of MovieLens 100K, else id, name, genres."""
    width = len(rows[0]) if rows else 0
    if width == len(MOVIELENS_100K) and set(rows[0][-len(MOVIELENS_GENRES) :]) <= {"0", "1"}:
        return list(MOVIELENS_100K)
    return [*("id", "name", "genres")[:width], *(f"column{place}" for place in range(4, width + 1))]


def is_movielens_items(layout: Layout) -> bool:
    """Return whether a file of items is one that MovieLens publishes in Latin-1."""
    return not layout.header and (layout.delimiter == "::" or layout.columns == MOVIELENS_100K)
