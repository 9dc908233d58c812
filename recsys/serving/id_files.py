"""Files of ids that a person gives: users of a batch, items that a list may or may not contain."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from recsys.errors import InputError, UsageError

HEADINGS = ("user", "user_id", "userid", "item", "item_id", "itemid", "id")


def read_ids(path: Path) -> list[str]:
    """Return the ids of a text file, one per line: the first column of a CSV file, with or without a header.

    Raises
    ------
    UsageError
        There is no such file.
    InputError
        The file has no id, or is not UTF-8.
    """
    if not path.is_file():
        raise UsageError(f"{path}: no such file; expected a file with one id per line")
    try:
        found = list(dict.fromkeys(_first_column(path)))
    except UnicodeDecodeError as error:
        raise InputError(path, None, str(error.object[error.start : error.end]), "text in UTF-8") from None
    if not found:
        raise InputError(path, None, None, "one id per line, found none")
    return found


def _first_column(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        for number, row in enumerate(csv.reader(file), 1):
            text = row[0].strip() if row else ""
            if text and not (number == 1 and text.lower() in HEADINGS):
                yield text
