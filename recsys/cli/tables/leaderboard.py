"""The leaderboard of models on test items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from recsys.cli.layout import Cell, Column, bar, grid
from recsys.cli.tables.formatting import Row, with_bars

if TYPE_CHECKING:
    pass

CHANCE = 0.5  # accuracy of a random order, where the bars of accuracies start
GROUP_NOTE = "Models that share a letter are not significantly different from the best of that group."
AUC_NOTE = (
    "AUC: share of pairs of a liked and a not liked item, over all users, in the right order (chance: 0.5)."
)


def leaderboard_table(rows: Sequence[Row], wide: bool, is_compared: bool) -> Table:
    """Return the table of models, best first; the bars start at chance.

    ``is_compared`` adds published figures if ``wide``.
    """
    headings = [Column("model"), Column("accuracy", is_right=True), Column("95 % interval", is_right=True)]
    headings.append(Column("group"))
    if not wide:
        cells = [_judgement(row) for row in rows]
        return with_bars(headings, cells, [(row["accuracy"] or 0.0, CHANCE, 1.0) for row in rows])
    headings += [Column(""), Column("AUC", is_right=True), Column("AUC of probabilities", is_right=True)]
    if is_compared:
        headings += [
            Column("published", is_right=True),
            Column("difference", is_right=True),
            Column("published in"),
        ]
    headings += [
        Column("users", is_right=True),
        Column("build seconds", is_right=True),
        Column("evaluated on"),
    ]
    return grid(headings, [_all_cells(row, is_compared) for row in rows], wide=True)


def leaderboard_notes(rows: Sequence[Row], wide: bool) -> list[str]:
    """Return the lines that explain the columns of a leaderboard; none if no model was evaluated."""
    if all(row["accuracy"] is None for row in rows):
        return []
    return [GROUP_NOTE, *([AUC_NOTE] if wide else [])]


def _judgement(row: Row) -> list[Cell]:
    accuracy, low, high = row["accuracy"], row["accuracy_low"], row["accuracy_high"]
    return [
        row["model"],
        "-" if accuracy is None else f"{accuracy:.4f}",
        "-" if low is None else f"{low:.3f} to {high:.3f}",
        row["group"] or "-",
    ]


def _all_cells(row: Row, is_compared: bool) -> list[Cell]:
    accuracy, published = row["accuracy"], row["published_accuracy"]
    is_known = accuracy is not None and published is not None
    comparison = [
        "-" if published is None else f"{published:.3f}",
        f"{accuracy - published:+.3f}" if is_known else "-",
        row["published_in"] or "-",
    ]
    return [
        *_judgement(row),
        bar(accuracy or 0.0, CHANCE, 1.0),
        "-" if row["auc"] is None else f"{row['auc']:.4f}",
        "-" if row["probability_auc"] is None else f"{row['probability_auc']:.4f}",
        *(comparison if is_compared else ()),
        f"{row['users']:,}",
        f"{row['seconds']:.1f}",
        row["evaluated_on"],
    ]
