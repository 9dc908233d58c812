"""Published interactions, and the split that hides a fifth of each user's likes to judge lists.

Of each user with at least five likes a fifth of the likes is hidden at random. The rest is written as a CSV file,
which is all that a recommender sees. A like is a rating of at least four fifths of the scale, or any count.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recsys.evaluation.ranking import HeldOut
from recsys.learners.lists.interactions import positions

HIDDEN, LEAST = 0.2, 5
LIKED = 0.8  # of the scale
HEAVY_TAIL = 4  # times the median that the 95th percentile of counts is above


@dataclass(frozen=True)
class Table:
    """Interactions, one row for each user and item: ids, ``values``, and ``times`` where there are any."""

    users: np.ndarray
    items: np.ndarray
    values: np.ndarray
    times: np.ndarray | None

    @property
    def is_counts(self) -> bool:
        """Whether values are counts rather than ratings: their tail is heavy."""
        return bool(np.quantile(self.values, 0.95) > HEAVY_TAIL * np.median(self.values))

    @property
    def is_like(self) -> np.ndarray:
        """Which rows are likes."""
        if self.is_counts:
            return np.ones(len(self.values), bool)
        return np.asarray(self.values >= LIKED * self.values.max())

    def rows(self, chosen: np.ndarray) -> Table:
        """Return some rows, by a mask."""
        times = None if self.times is None else self.times[chosen]
        return Table(self.users[chosen], self.items[chosen], self.values[chosen], times)

    def hidden(self, seed: int) -> np.ndarray:
        """Return a mask of a fifth of the likes of each user with at least five, drawn with the seed."""
        rng, found, is_like = np.random.default_rng(seed), np.zeros(len(self.users), bool), self.is_like
        order = np.argsort(self.users, kind="stable")
        for rows in np.split(order, np.flatnonzero(np.diff(self.users[order])) + 1):
            likes = rows[is_like[rows]]
            if len(likes) >= LEAST:
                found[rng.choice(likes, max(1, round(HIDDEN * len(likes))), replace=False)] = True
        return found

    def write(self, path: Path) -> None:
        """Write a CSV file with a heading."""
        columns = {
            "user": self.users,
            "item": self.items,
            "plays" if self.is_counts else "rating": self.values,
        }
        if self.times is not None:
            columns["timestamp"] = self.times
        lines = [
            ",".join(columns),
            *(
                ",".join(f"{value:.10g}" if isinstance(value, float) else str(value) for value in row)
                for row in zip(*(column.tolist() for column in columns.values()), strict=True)
            ),
        ]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read(file: Path) -> Table:
    """Return a file of user, item, value and perhaps time; of repeated pairs the last row."""
    rows = np.loadtxt(file, skiprows=_heading(file), delimiter="," if file.suffix == ".csv" else None)
    _, places = np.unique(rows[::-1, :2], axis=0, return_index=True)
    rows = rows[np.sort(len(rows) - 1 - places)]
    times = rows[:, 3].astype(np.int64) if rows.shape[1] > 3 else None
    return Table(rows[:, 0].astype(np.int64), rows[:, 1].astype(np.int64), rows[:, 2], times)


def held_out(table: Table, hidden: np.ndarray) -> tuple[np.ndarray, np.ndarray, HeldOut]:
    """Return the users and items of the visible rows, and the hidden likes as positions among both."""
    users, items = np.unique(table.users[~hidden]), np.unique(table.items[~hidden])
    rows = np.searchsorted(users, table.users[hidden])
    places = positions(items, table.items[hidden])
    return users, items, HeldOut.from_pairs(rows, places, len(users), len(items))


def _heading(file: Path) -> int:
    """Return the number of lines before the rows: headings and counts."""
    with file.open(encoding="utf-8", errors="replace") as stream:
        for number, line in enumerate(stream):
            words = line.replace(",", " ").split()
            if len(words) >= 3 and all(word.replace(".", "").isdigit() for word in words):
                return number
    raise SystemExit(f"Error: {file} has no rows of user, item and value")
