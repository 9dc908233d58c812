"""Explain the score of a user and an item, contribution by contribution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recsys.backends.duckdb.connection import fetch
from recsys.backends.duckdb.statements import Connection
from recsys.errors import RecsysError, UnknownIdError


def explain(connection: Connection, user_id: int, track_id: int) -> list[dict[str, Any]]:
    """Return the rows of the macro ``explain``, whose contributions add up to the score.

    Parameters
    ----------
    connection : Connection
        An open warehouse.
    user_id, track_id : int
        Internal ids.

    Returns
    -------
    list of dict
        One row per piece of evidence about the score of the model ``adaptive``, in the macro's order.

    Raises
    ------
    UnknownIdError
        The user or the item is not in the data.
    """
    arguments = {"user_id": user_id, "track_id": track_id}
    return rows_of(connection, "from explain($user_id, $track_id)", arguments)


def rows_of(connection: Connection, sql: str, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of a macro call; raise UnknownIdError with the macro's message if it refuses an id."""
    try:
        return fetch(connection, sql, dict(arguments))
    except RecsysError as error:
        kind, _, sentence = str(error).partition(": ")
        if kind == "Invalid Input Error" and sentence.startswith(("no user ", "no track ", "no item ")):
            raise UnknownIdError(sentence.splitlines()[0]) from None
        raise


def score(rows: Sequence[Mapping[str, Any]]) -> float:
    """Return the sum of the contributions of an explanation, on the scale of the macro ``explain``."""
    return sum(row["contribution"] for row in rows)
