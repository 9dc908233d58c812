"""The table of list models, whole at 80 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from recsys.cli.layout import Cell, Column, grid
from recsys.cli.tables import with_bars

if TYPE_CHECKING:
    from rich.table import Table

Row = Mapping[str, Any]
LENGTH = 10  # of the lists that are judged


def list_leaderboard_table(rows: Sequence[Row], wide: bool, k: int = LENGTH) -> Table:
    """Return the list models, best first; ``wide`` adds further columns."""
    headings = [
        Column("list model"),
        *(Column(name, is_right=True) for name in (f"NDCG@{k}", f"recall@{k}", "coverage", "95 % interval")),
        Column("group"),
        Column("seconds", is_right=True),
    ]
    cells = [_cells(row) for row in rows]
    if not wide:
        highest = max((row["upper"] or 0.0 for row in rows), default=1.0)
        return with_bars(headings, cells, [(row["ndcg"] or 0.0, 0.0, highest or 1.0) for row in rows])
    headings += [Column(name, is_right=True) for name in ("recall@50", "MRR", "popular")]
    names = ("recall_50", "mrr", "popular_share")
    return grid(
        headings,
        [[*one, *(_share(row[name]) for name in names)] for one, row in zip(cells, rows, strict=True)],
    )


def diverse_table(rows: Sequence[Row], k: int = LENGTH) -> Table:
    """Return the list models with diversity, best first, next to their NDCG without it."""
    names = (f"NDCG@{k}", "without", "change", f"recall@{k}", "coverage", "popular")
    headings = [Column("list model"), *(Column(name, is_right=True) for name in names)]
    return grid(headings, [_diverse_cells(row) for row in rows])


def diverse_note(rows: Sequence[Row]) -> str:
    """Return on whom diverse lists were judged."""
    users = max((row["users"] for row in rows), default=0)
    return f"Judged on hidden likes of {users:,} user{'' if users == 1 else 's'}, not seen by any model."


def _diverse_cells(row: Row) -> list[Cell]:
    ndcg, plain = row["ndcg"], row["plain_ndcg"]
    figures = ["-"] * 3 if ndcg is None else [f"{ndcg:.4f}", f"{plain:.4f}", f"{ndcg - plain:+.4f}"]
    shares = (row[name] for name in ("recall", "coverage", "popular_share"))
    return [row["model"], *figures, *map(_share, shares)]


def list_notes(rows: Sequence[Row]) -> str:
    """Return what the table of list models says about users, the chosen model, groups and the floor."""
    users = max((row["users"] for row in rows), default=0)
    if not users:
        return "No list model was judged: no user has two likes, one to hide and one to recommend from."
    judged = f"Judged on hidden likes of {users:,} user{'' if users == 1 else 's'}, not seen by any model."
    chosen = "* makes the lists. " if any(row["is_chosen"] for row in rows) else ""
    groups = "group: models that share a letter are not significantly different from the best of that group."
    return f"{judged} {chosen}{groups}"


def cold_users_table(rows: Sequence[Row], k: int = LENGTH) -> Table:
    """Return recall of lists for users with few interactions and for the others, best model first."""
    headings = [Column("list model"), Column(f"recall@{k}", is_right=True), Column("others", is_right=True)]
    cells: list[list[Cell]] = [
        [row["model"], _share(row["recall"]), _share(row["other_recall"])] for row in rows
    ]
    highest = max(row["recall"] for row in rows) or 1.0
    return with_bars(headings, cells, [(row["recall"], 0.0, highest) for row in rows])


def cold_users_note(rows: Sequence[Row]) -> str:
    """Return how many users have few interactions, and how many have more."""
    from recsys.serving.evaluation import FEW

    few, others = rows[0]["users"], rows[0]["other_users"]
    return (
        f"recall: {few:,} users with at most {FEW} interactions without the hidden likes; others: {others:,}"
    )


def _cells(row: Row) -> list[Cell]:
    low, high = row["lower"], row["upper"]
    return [
        f"{row['model']}{' *' if row['is_chosen'] else ''}",
        "-" if row["ndcg"] is None else f"{row['ndcg']:.4f}",
        _share(row["recall"]),
        _share(row["coverage"]),
        "-" if low is None else f"{low:.3f} to {high:.3f}",
        row["group_letter"] or "-",
        f"{row['seconds']:.1f}",
    ]


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
