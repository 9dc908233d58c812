"""Tables of recommended and similar items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from recsys.cli.layout import Cell, Column, grid
from recsys.cli.tables.formatting import Row, significant, with_bars

if TYPE_CHECKING:
    pass


def lists_table(rows: Sequence[Row], is_of_many: bool) -> Table:
    """Return the table of recommendations; ``is_of_many`` adds a column of users."""
    headings = [Column("user")] if is_of_many else []
    headings += [Column("rank", is_right=True), Column("item", is_right=True)]
    is_named = any(row["name"] is not None for row in rows)
    headings += [Column("name", is_prose=True)] if is_named else []
    has_reasons = any(row["reason"] is not None for row in rows)
    headings += [Column("score", is_right=True), *([Column("why", is_prose=True)] if has_reasons else [])]
    return grid(headings, [_list_cells(row, is_of_many, is_named, has_reasons) for row in rows])


def _list_cells(row: Row, is_of_many: bool, is_named: bool, has_reasons: bool) -> list[Cell]:
    user = [row["user"]] if is_of_many else []
    name = [row["name"] or ""] if is_named else []
    reason = [row["reason"] or ""] if has_reasons else []
    return [*user, str(row["rank"]), row["item"], *name, significant(row["score"]), *reason]


def similar_table(rows: Sequence[Row]) -> Table:
    """Return the table of similar items, with a bar for each score."""
    is_named = any(row["name"] is not None for row in rows)
    headings = [Column("rank", is_right=True), Column("item", is_right=True)]
    headings += [Column("name", is_prose=True)] if is_named else []
    headings += [Column("score", is_right=True)]
    cells: list[list[Cell]] = []
    for row in rows:
        name = [row["name"] or ""] if is_named else []
        cells.append([str(row["rank"]), row["item"], *name, significant(row["score"])])
    return with_bars(headings, cells, [(row["score"], 0, rows[0]["score"]) for row in rows])
