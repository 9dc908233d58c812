"""Why a track scores as it does for a user: the evidence, piece by piece."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recsys.backends.duckdb.connection import fetch
from recsys.backends.duckdb.statements import Connection
from recsys.errors import RecsysError, UnknownIdError


def explain(connection: Connection, user_id: int, track_id: int) -> list[dict[str, Any]]:
    """The rows of the macro ``explain`` in their order; their contributions add up to the score.

    The score is that of the model ``adaptive``. UnknownIdError for a user or a track that no file knows.
    """
    arguments = {"user_id": user_id, "track_id": track_id}
    return rows_of(connection, "from explain($user_id, $track_id)", arguments)


def rows_of(connection: Connection, sql: str, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a macro call; UnknownIdError with the macro's own sentence where it refuses an id."""
    try:
        return fetch(connection, sql, dict(arguments))
    except RecsysError as error:
        kind, _, sentence = str(error).partition(": ")
        if kind == "Invalid Input Error" and sentence.startswith(("no user ", "no track ", "no item ")):
            raise UnknownIdError(sentence.splitlines()[0]) from None
        raise


def score(rows: Sequence[Mapping[str, Any]]) -> float:
    """The score that the contributions of an explanation add up to, 0..100."""
    return sum(row["contribution"] for row in rows)
