"""Read the file of published scores: lines ``file,score``."""

from __future__ import annotations

import csv
import io
import zlib
from pathlib import Path

from recsys.errors import InputError
from recsys.sources.plain_text import opened
from recsys.sources.submission_file import NUMBER, is_header


def read_scores(path: Path) -> dict[str, tuple[float, int]]:
    """Read published scores from lines ``file,score``, with or without a header.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict of str to (float, int)
        Accuracy and line number, by file.

    Raises
    ------
    InputError
        A line breaks the format.
    """
    scores: dict[str, tuple[float, int]] = {}
    rows = csv.reader(io.StringIO(_decoded(path), newline=""))
    try:
        for row in rows:
            number = rows.line_num
            if row and not (number == 1 and is_header(",".join(row))):
                name, accuracy = _score(path, number, row)
                if name in scores:
                    raise InputError(path, number, name, "each file once")
                scores[name] = accuracy, number
    except csv.Error as error:
        raise InputError(path, rows.line_num, None, f"file,score lines: {error}") from None
    return scores


def _decoded(path: Path) -> str:
    """Return the text of a whole UTF-8 file."""
    text = b""
    try:
        with opened(path) as file:
            text = file.read()
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(path, text.count(b"\n", 0, error.start) + 1, None, "UTF-8 text") from None
    except (EOFError, OSError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(path, None, None, f"a readable file: {reason}") from None


def _score(path: Path, number: int, row: list[str]) -> tuple[str, float]:
    text = row[-1].strip()
    if len(row) != 2 or not NUMBER.fullmatch(text) or not 0 <= float(text) <= 1:
        raise InputError(path, number, ",".join(row), "file,score with a score from 0 to 1")
    return row[0].strip(), float(text)
