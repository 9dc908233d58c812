"""Parse the ratings of a visitor: items with values, typed or in a file."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from recsys.errors import InputError, UsageError

if TYPE_CHECKING:
    from recsys.sources.interactions import Interactions

EXAMPLE = "give ITEM=VALUE,..., such as 'film 50=4.5,film 7=1', or a CSV file of item,value"


def parsed(text: str, scale: Interactions) -> list[tuple[str, float]]:
    """Return items and their values, from ``ITEM=VALUE,...`` or a file; the last of an item counts."""
    path = Path(text)
    if "=" in text and not path.exists():
        pairs = [(part.rpartition("=")[0].strip(), part.rpartition("=")[2]) for part in text.split(",")]
        for item, value in pairs:
            if not item or not _is_number(value):
                raise UsageError(f"--ratings: {f'{item}={value}'!r}: {EXAMPLE}")
            scale.checked(float(value), f"--ratings: {f'{item}={value}'!r}")
        return [(item, float(value)) for item, value in pairs]
    if not path.is_file():
        raise UsageError(f"--ratings: {text!r}: {EXAMPLE}")
    return _read(path, scale)


def _read(path: Path, scale: Interactions) -> list[tuple[str, float]]:
    found = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        for number, row in enumerate(csv.reader(file), 1):
            if row and not (number == 1 and row[-1].strip().lower() in ("rating", "value")):
                if len(row) != 2 or not (_is_number(row[1]) and scale.holds(float(row[1]))):
                    raise InputError(path, number, ",".join(row), f"an item and {scale.expected}")
                found.append((row[0].strip(), float(row[1])))
    if not found:
        raise InputError(path, None, None, "lines of an item and a value, found none")
    return found


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
