"""The table of list models, whole at 80 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from recsys.cli.layout import Cell, Column, grid
from recsys.cli.tables.formatting import with_bars

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


def evaluation_table(rows: Sequence[Row]) -> Table:
    """Return all measures of the list models, best first, whole at 80 columns."""
    right = ("NDCG", "interval", "recall", "@50", "MRR", "coverage", "popular")
    headings = [Column("list model"), *(Column(name, is_right=True) for name in right), Column("group")]
    return grid(headings, [_measures(row) for row in rows])


def _measures(row: Row) -> list[Cell]:
    name, ndcg, recall, coverage, _, group, _ = map(str, _cells(row))
    low, high = row["lower"], row["upper"]
    bounds = "-" if low is None else f"{low:.3f}-{high:.3f}"
    deep, mrr, popular = (_share(row[measure]) for measure in ("recall_50", "mrr", "popular_share"))
    return [name.replace(" *", "*"), ndcg, bounds, recall, deep, mrr, coverage, popular, group]


def evaluation_notes(rows: Sequence[Row]) -> str:
    """Return what `list_notes` says, and what the short headings mean."""
    headings = "interval: 95 % of NDCG. @50: recall in lists of 50."
    shares = "coverage: share of items in any list. popular: share of the most liked tenth in lists."
    return f"{list_notes(rows)} {headings} {shares}" if rows and rows[0]["users"] else list_notes(rows)


def diverse_table(rows: Sequence[Row], k: int = LENGTH) -> Table:
    """Return the list models with diversity, best first, next to their NDCG without it."""
    names = (f"NDCG@{k}", "without", "change", f"recall@{k}", "coverage", "popular")
    headings = [Column("list model"), *(Column(name, is_right=True) for name in names)]
    return grid(headings, [_diverse_cells(row) for row in rows])


def diverse_note(rows: Sequence[Row]) -> str:
    """Return on whom diverse lists were judged."""
    return _judged_on(max((row["users"] for row in rows), default=0))


def _judged_on(users: int) -> str:
    return f"Judged on held-out likes of {users:,} user{'' if users == 1 else 's'}, not seen by any model."


def _diverse_cells(row: Row) -> list[Cell]:
    ndcg, plain = row["ndcg"], row["plain_ndcg"]
    figures = ["-"] * 3 if ndcg is None else [f"{ndcg:.4f}", f"{plain:.4f}", f"{ndcg - plain:+.4f}"]
    shares = (row[name] for name in ("recall", "coverage", "popular_share"))
    return [row["model"], *figures, *map(_share, shares)]


def list_notes(rows: Sequence[Row]) -> str:
    """Return the notes on a table of list models: users, the chosen model and groups."""
    users = max((row["users"] for row in rows), default=0)
    if not rows:
        return "No list model was built."
    if not users:
        return "No list model was judged: no user has two likes, one to hold out and one to recommend from."
    chosen = "* makes the lists. " if any(row["is_chosen"] for row in rows) else ""
    groups = "group: models that share a letter are not significantly different from the best of that group."
    return f"{_judged_on(users)} {chosen}{groups}"


def cold_users_table(rows: Sequence[Row], k: int = LENGTH) -> Table:
    """Return recall of lists for users with few interactions and for the others, best model first."""
    headings = [Column("list model"), Column(f"recall@{k}", is_right=True), Column("others", is_right=True)]
    cells: list[list[Cell]] = [
        [row["model"], _share(row["recall"]), _share(row["other_recall"])] for row in rows
    ]
    highest = max(row["recall"] for row in rows) or 1.0
    return with_bars(headings, cells, [(row["recall"], 0.0, highest) for row in rows])


def cold_users_note(rows: Sequence[Row]) -> str:
    """Return the note on the numbers of users with few and with more interactions."""
    from recsys.serving.evaluation import FEW

    few, others = rows[0]["users"], rows[0]["other_users"]
    who = f"{few:,} users with at most {FEW} interactions without the held-out likes"
    return f"recall: {who}; others: {others:,}"


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
