"""The tracks that a user should hear next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
from rich import box
from rich.table import Table

from recsys.report.bars import bar
from recsys.report.explain import HIGHEST, rows_of


def recommend(connection: duckdb.DuckDBPyConnection, user_id: int, k: int = 10) -> list[dict[str, Any]]:
    """The rows of the macro ``recommend``, best first: at most ``k``, fewer from a small catalogue.

    UnknownIdError for a user that no file knows.
    """
    return rows_of(connection, "from recommend($user_id, $k)", {"user_id": user_id, "k": k})


def recommendation_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """A table of the rows of `recommend`, with a bar for each score."""
    table = Table(box=box.SIMPLE_HEAD)
    for column in ("rank", "track", "score"):
        table.add_column(column, justify="right")
    table.add_column("")
    table.add_column("main reason")
    table.add_column("track's prior", justify="right")
    for row in rows:
        score = row["score"]
        table.add_row(
            str(row["rank"]),
            str(row["track_id"]),
            f"{score:.1f}",
            bar(score, 0, HIGHEST),
            row["reason"],
            f"{row['track_prior']:.1f}",
        )
    return table
