"""Fit tables and bars to the terminal: prose is folded, names are never cut, and LC_ALL=C gets ASCII."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from rich.box import Box
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

NARROW = 80  # columns of an output without a terminal
WIDE = 200  # columns that --wide uses at least
GAP = 2  # spaces between columns
LEAST_PROSE = 20  # columns of folded prose at least
LONGEST_BAR = 20
SHORTEST_BAR = 4  # shorter bars are not drawn

Cell = str | Text
LINES = {False: "─", True: "-"}
UNICODE_TO_ASCII = str.maketrans("│─┌┐└┘├┤┬┴┼·…", "|-+++++++++.~")  # for the tables that DuckDB draws


@dataclass(frozen=True)
class Column:
    """Describe a column of a table; ``is_prose`` allows line breaks on a narrow terminal."""

    heading: str
    is_right: bool = False
    is_prose: bool = False


def columns() -> int:
    """Return the width of the output: COLUMNS if set, the terminal's width, or 80."""
    return shutil.get_terminal_size((NARROW, 24)).columns


def is_ascii() -> bool:
    """Return whether to draw in ASCII: in the C locale, or if the output's encoding is not UTF.

    Python writes UTF-8 even in the C locale, so the encoding alone is not enough.
    """
    named = (os.environ.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    locale = next((value for value in named if value), "")
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    return locale in ("C", "POSIX") or not encoding.lower().startswith("utf")


def bar(value: float, lowest: float, highest: float, width: int = LONGEST_BAR) -> Text:
    """Return a horizontal bar for a value between ``lowest`` and ``highest``."""
    share = (value - lowest) / (highest - lowest) if highest > lowest else 0.0
    eighths = round(max(0.0, min(1.0, share)) * width * 8)
    if is_ascii():
        return Text("#" * round(eighths / 8), style="cyan")
    partial = " ▏▎▍▌▋▊▉"[eighths % 8] if eighths % 8 else ""
    return Text("█" * (eighths // 8) + partial, style="cyan")


def room_for_bars(headings: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> int:
    """Return the width left for a column of bars, or 0 if it is too narrow."""
    left = columns() - sum(_widths(headings, rows)) - GAP * len(headings)
    return min(LONGEST_BAR, left) if left >= SHORTEST_BAR else 0


def grid(headings: Sequence[Column], rows: Sequence[Sequence[Cell]], wide: bool = False) -> Table:
    """Return a table of cells; prose columns share the width that the others leave."""
    rule = LINES[is_ascii()]
    blank, ruled = "    \n", f"{rule * 4}\n"
    box = Box(blank * 2 + ruled + blank * 5, ascii=is_ascii())
    table = Table(box=box, show_edge=False, pad_edge=False, padding=(0, GAP - 1, 0, 0))
    widths = _widths(headings, rows)
    prose = sum(heading.is_prose for heading in headings)
    fixed = sum(width for heading, width in zip(headings, widths, strict=True) if not heading.is_prose)
    left = (max(columns(), WIDE) if wide else columns()) - fixed - GAP * (len(headings) - 1)
    for heading in headings:
        table.add_column(
            Text(heading.heading),
            justify="right" if heading.is_right else "left",
            no_wrap=not heading.is_prose,
            overflow="fold",
            max_width=max(LEAST_PROSE, left // prose) if heading.is_prose else None,
        )
    for row in rows:
        table.add_row(*row)
    return table


def _widths(headings: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> list[int]:
    return [
        max(cell_len(str(cell)) for cell in (heading.heading, *(row[place] for row in rows)))
        for place, heading in enumerate(headings)
    ]
