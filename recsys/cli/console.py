"""Print tables, JSON and CSV."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console, RenderableType

from recsys.cli.layout import columns

UNLIMITED = 100_000  # columns: tables are laid out before they are printed, so rich must not cut or wrap
HEIGHT = 24  # lines: without them rich ignores the width where TERM is dumb


class _Console(Console):
    """Raise BrokenPipeError if the reader closes the output, so that the program handles it in one place."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console(stderr: bool = False) -> Console:
    """Return a console that honours NO_COLOR and prints square brackets and colons as they are."""
    return _Console(stderr=stderr, highlight=False, markup=False, emoji=False, width=UNLIMITED, height=HEIGHT)


def show(title: str, table: RenderableType, note: str = "") -> None:
    """Print a table with a title above it and a note below."""
    out = console()
    if title:
        out.print(title, style="bold")
    out.print(table)
    if note:
        out.print(note, width=columns())


def print_json(value: Any) -> None:
    """Print a JSON document; NaN and infinity become null."""
    print(json.dumps(_finite(value), indent=2, default=str, allow_nan=False))


def print_documents(documents: Iterable[str]) -> None:
    """Print JSON objects as one JSON array, each on a line of its own."""
    opening = "["
    for document in documents:
        sys.stdout.write(f"{opening}\n  {document}")
        opening = ","
    print("[]" if opening == "[" else "\n]")


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def print_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows as CSV."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
