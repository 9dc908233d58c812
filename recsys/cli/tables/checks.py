"""Tables of checks: of demo data against the Cup's, and of this machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from recsys.cli.layout import Cell, Column, grid
from recsys.cli.tables.formatting import formatted

if TYPE_CHECKING:
    from recsys.cli.machine import Check
    from recsys.synthetic.acceptance import Statistic


def acceptance_table(statistics: Sequence[Statistic]) -> Table:
    """Return the table that compares a data set with the Cup's: its statistics and their tolerances."""
    headings = [Column("statistic", is_prose=True)]
    headings += [Column(heading, is_right=True) for heading in ("Cup's data", "here", "tolerance")]
    verdicts = {True: Text("within", style="green"), False: Text("OUTSIDE", style="red"), None: Text("")}
    cells: list[list[Cell]] = [
        [
            each.name,
            formatted(each.real),
            formatted(each.value),
            "-" if each.tolerance is None else f"{each.tolerance:g}",
            verdicts[each.is_within],
        ]
        for each in statistics
    ]
    return grid([*headings, Column("")], cells)


def doctor_table(checks: Sequence[Check]) -> Table:
    """Return the table of checks, with advice below those that have some."""
    headings = [Column(""), Column("check"), Column("found", is_prose=True)]
    cells: list[list[Cell]] = []
    for check in checks:
        sign = {True: Text("ok", style="green"), False: Text("no", style="red")}[check.ok]
        if not check.ok and not check.is_needed:
            sign = Text("-", style="yellow")
        cells.append([sign, check.name, check.found])
        if check.advice:
            cells.append(["", "", Text(f"-> {check.advice}", style="yellow")])
    return grid(headings, cells)
