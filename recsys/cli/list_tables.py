"""The table of list models, whole at 80 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from recsys.cli.layout import Cell, Column, grid
from recsys.cli.tables import with_bars

if TYPE_CHECKING:
    from rich.table import Table

Row = Mapping[str, Any]
EXPLANATION = (
    "* makes the lists. group: models that share a letter are not significantly different from the best of "
    "that group"
)


def list_leaderboard_table(rows: Sequence[Row], wide: bool) -> Table:
    """Return the list models, best first; ``wide`` adds recall, reciprocal rank and coverage."""
    headings = [
        Column("list model"),
        Column("NDCG@10", is_right=True),
        Column("95 % interval", is_right=True),
    ]
    headings.append(Column("group"))
    cells = [_cells(row) for row in rows]
    if not wide:
        highest = max((row["upper"] or 0.0 for row in rows), default=1.0)
        return with_bars(headings, cells, [(row["ndcg"] or 0.0, 0.0, highest or 1.0) for row in rows])
    headings += [
        Column(name, is_right=True) for name in ("recall@10", "recall@50", "MRR", "coverage", "popular")
    ]
    names = ("recall", "recall_50", "mrr", "coverage", "popular_share")
    return grid(
        headings,
        [[*one, *(_share(row[name]) for name in names)] for one, row in zip(cells, rows, strict=True)],
    )


def _cells(row: Row) -> list[Cell]:
    low, high = row["lower"], row["upper"]
    return [
        f"{row['model']}{' *' if row['is_chosen'] else ''}",
        "-" if row["ndcg"] is None else f"{row['ndcg']:.4f}",
        "-" if low is None else f"{low:.3f} to {high:.3f}",
        row["group_letter"] or "-",
    ]


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
