"""Print an explanation: the parts of a score, and what is no part of it as notes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from recsys.cli.layout import Cell, Column
from recsys.cli.tables.explanation import explanation_table
from recsys.cli.tables.formatting import fixed, significant, with_bars

if TYPE_CHECKING:
    from rich.table import Table

    from recsys.sources.interactions import Interactions

Row = Mapping[str, Any]
BY_LEVELS = "adaptive"  # whose explanation has values by level that do not count, too


def show_explanation(rows: Sequence[Row], values: Interactions, wide: bool, pair: str) -> None:
    """Print the parts of a score by one model, and the score; ``pair`` names the item and the user."""
    from recsys.cli.console import show
    from recsys.serving.explain import score

    model, total = rows[0]["model"], score(rows)
    if model == BY_LEVELS:
        scale = ", on the log scale 0 to 100 of counts" if values.has_log_scale else ""
        show("", explanation_table(rows, values, wide), f"\n{model} score {total:.2f}{scale}")
        return
    notes = [row["evidence"] for row in rows if row["level"] == "note"]
    notes += [f"The strongest input names {row['evidence']}" for row in rows if row["level"] == "reason"]
    notes += [] if total is None else [f"score {significant(total)} of {pair}, by {model}"]
    show("", parts_table(rows), "\n".join(["", *notes]))


def parts_table(rows: Sequence[Row]) -> Table:
    """Return the table of the parts of a score, the largest first, or of inputs by their weight."""
    parts = [row for row in rows if row["contribution"] is not None]
    shown = [row for row in parts if row["contribution"] or row["level"] != "start"] or parts
    inputs = [row for row in rows if row["level"] == "input"]
    is_weighted = any(row["weight"] is not None for row in [*shown, *inputs])
    headings = [Column("part" if shown else "input", is_prose=True)]
    headings += [Column("weight", is_right=True)] if is_weighted else []
    headings += [Column("adds", is_right=True)] if shown else []
    weights, adds = (
        decimals([row[name] for row in [*shown, *inputs]]) for name in ("weight", "contribution")
    )
    cells = [_cells(row, is_weighted, bool(shown), weights, adds) for row in [*shown, *inputs]]
    amounts = [row["contribution"] if shown else row["weight"] for row in [*shown, *inputs]]
    largest = max((abs(amount) for amount in amounts if amount), default=1.0)
    return with_bars(headings, cells, [(max(amount or 0.0, 0.0), 0, largest) for amount in amounts])


def decimals(values: Sequence[float | None]) -> int:
    """Return the decimals that give the largest number of a column four digits, 0 to 6."""
    largest = max((abs(value) for value in values if value), default=0.0)
    return max(0, min(6, 3 - math.floor(math.log10(largest)))) if largest else 0


def _cells(row: Row, is_weighted: bool, is_sum: bool, weights: int, adds: int) -> list[Cell]:
    weight = [_number(row["weight"], weights)] if is_weighted else []
    return [row["evidence"], *weight, *([_number(row["contribution"], adds)] if is_sum else [])]


def _number(value: float | None, places: int) -> str:
    """Return an amount with the decimals of its column; nothing for None."""
    return "" if value is None else fixed(value, places)
