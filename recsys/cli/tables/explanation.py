"""The table of an explanation: the values of each level and what they add."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from recsys.cli.layout import LONGEST_BAR, Cell, Column, bar, grid, room_for_bars
from recsys.cli.tables.formatting import Row, fixed
from recsys.sources.interactions import Interactions

if TYPE_CHECKING:
    pass


def explanation_table(rows: Sequence[Row], values: Interactions, wide: bool = False) -> Table:
    """Return the table of an explanation, a section per level, with a bar for each contribution.

    ``values`` has the scale of the data: a contribution of its highest rating fills a bar.
    """
    headings = [Column("level"), Column("evidence", is_prose=True), Column("value", is_right=True)]
    if wide:
        headings += [Column("based on", is_right=True), Column("weight", is_right=True)]
    headings.append(Column("adds", is_right=True))
    cells = [_evidence(row, values, wide) for row in rows]
    highest = values.score(100)
    if wide:
        bars: list[list[Cell]] = [[_bar_of(row, highest, LONGEST_BAR)] for row in rows]
    else:
        room = room_for_bars(headings, cells)
        bars = [[_bar_of(row, highest, room)] if room else [] for row in rows]
    headings += [Column("")] if bars and bars[0] else []
    drawn = [[*each, *more] for each, more in zip(cells, bars, strict=True)]
    table = grid(headings, drawn, wide)
    for row, following, drawing in zip(rows, [*rows[1:], None], table.rows, strict=True):
        drawing.end_section = following is not None and following["level"] != row["level"]
        drawing.style = "" if row["weight"] else "dim"
    return table


def _bar_of(row: Row, highest: float, width: int) -> Text:
    return bar(row["contribution"], 0, highest, width) if row["weight"] else Text("")


def _evidence(row: Row, values: Interactions, wide: bool) -> list[Cell]:
    decimals = 3 if row["level"] == "model" else values.decimals  # a model's score may be a probability
    weight = f"{row['weight']:.3f}" if row["weight"] else ""
    return [
        values.noun if row["level"] == "track" else row["level"],
        row["evidence"],
        fixed(row["value"], decimals),
        *((_basis(row, values.decimals), weight) if wide else ()),
        fixed(row["contribution"], 2) if row["weight"] else "",
    ]


def _basis(row: Row, decimals: int) -> str:
    """Return the number of ratings behind a value, their mean, and the pull towards the average."""
    if row["shrinkage"] is None:
        return ""
    ratings = f"{row['rating_count']:,} ratings, mean {fixed(row['rating_mean'], decimals)}"
    return (
        ratings
        if row["source"] == "global"
        else f"{ratings}, pulled {row['shrinkage']:.0%} towards the average"
    )
