"""The tracks that a user should hear next."""

from __future__ import annotations

from typing import Any

from recsys.engine.duckdb import Connection
from recsys.report.explain import rows_of


def recommend(connection: Connection, user_id: int, k: int = 10) -> list[dict[str, Any]]:
    """The rows of the macro ``recommend``, best first: at most ``k``, fewer from a small catalogue.

    UnknownIdError for a user that no file knows.
    """
    return rows_of(connection, "from recommend($user_id, $k)", {"user_id": user_id, "k": k})
