"""Why a track scores as it does for a user: the evidence, piece by piece."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
from rich import box
from rich.table import Table

from recsys.engine.duckdb import query
from recsys.errors import RecsysError, UnknownIdError
from recsys.report.bars import bar

HIGHEST = 100  # of the scale of ratings: the contribution that fills a bar


def explain(connection: duckdb.DuckDBPyConnection, user_id: int, track_id: int) -> list[dict[str, Any]]:
    """The rows of the macro ``explain`` in their order; their contributions add up to the score.

    The score is that of the model ``adaptive``. UnknownIdError for a user or a track that no file knows.
    """
    arguments = {"user_id": user_id, "track_id": track_id}
    return rows_of(connection, "from explain($user_id, $track_id)", arguments)


def rows_of(
    connection: duckdb.DuckDBPyConnection, sql: str, arguments: Mapping[str, int]
) -> list[dict[str, Any]]:
    """The rows of a macro call; UnknownIdError with the macro's own sentence where it refuses an id."""
    try:
        return query(connection, sql, dict(arguments)).to_pylist()
    except RecsysError as error:
        kind, _, sentence = str(error).partition(": ")
        if kind == "Invalid Input Error" and sentence.startswith(("no user ", "no track ")):
            raise UnknownIdError(sentence.splitlines()[0]) from None
        raise


def score(rows: Sequence[Mapping[str, Any]]) -> float:
    """The score that the contributions of an explanation add up to, 0..100."""
    return sum(row["contribution"] for row in rows)


def explanation_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """A table of the rows of `explain`, a section per level, with a bar for what each adds to the score."""
    table = Table(box=box.SIMPLE_HEAD, caption=f"adaptive score {score(rows):.2f}", caption_justify="left")
    for column in ("level", "evidence"):
        table.add_column(column)
    for column in ("value", "based on", "weight", "adds"):
        table.add_column(column, justify="right")
    table.add_column("")
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        is_last = following is None or following["level"] != row["level"]
        table.add_row(*_cells(row), end_section=is_last, style="" if row["weight"] else "dim")
    return table


def _cells(row: Mapping[str, Any]) -> list[Any]:
    decimals = 3 if row["level"] == "model" else 1  # a model's score may be a probability
    cells = [row["level"], row["evidence"], f"{row['value']:.{decimals}f}", _basis(row)]
    if not row["weight"]:
        return [*cells, "", "", ""]
    adds = row["contribution"]
    return [*cells, f"{row['weight']:.3f}", f"{adds:.2f}", bar(adds, 0, HIGHEST)]


def _basis(row: Mapping[str, Any]) -> str:
    """How many ratings of which mean are behind a value, and how far it is drawn to the overall mean."""
    if row["shrinkage"] is None:
        return ""
    ratings = f"{row['rating_count']:,} ratings, mean {row['rating_mean']:.1f}"
    return ratings if row["source"] == "global" else f"{ratings}, {row['shrinkage']:.0%} shrunk"
