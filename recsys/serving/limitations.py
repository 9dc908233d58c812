"""Limits of a build: constant scores, list models that are left out, findings in the data."""

from __future__ import annotations

from typing import Any

from recsys.backends.duckdb.connection import query
from recsys.backends.duckdb.statements import Connection
from recsys.engine.availability import ASKED_FOR
from recsys.serving.relations import has
from recsys.sources.interactions import plural_of


def constant_models(connection: Connection) -> list[str]:
    """Return the models that score all items of a user alike."""
    if not has(connection, "marts.constant_scores"):
        return []
    rows = query(connection, "select model from marts.constant_scores order by model")
    return [*rows["model"].to_pylist()]


def constant_scores(connection: Connection) -> str | None:
    """Return a warning about models that score all items of a user alike; None if there are none."""
    found = constant_models(connection)
    if not found:
        return None
    reason = "the data lack what these models read, such as albums, artists or ratings of genres"
    return f"Warning: {', '.join(found)}: all test items of a user score the same; {reason}"


def limited_list_models(connection: Connection) -> list[str]:
    """Return a line for each reason why list models are left out, or cover a part of the items.

    What the user asked for, such as ``--sql-only``, is no reason.
    """
    if not has(connection, "marts.left_out") or not has(connection, "marts.list_leaderboard"):
        return []
    asked = ", ".join(f"'{reason}'" for reason in ASKED_FOR)
    sql = f"""
    with reasons as (
        select replace(model, 'lists.', '') as model, reason from marts.left_out
        where model like 'lists.%' and reason not in ({asked})
    )
    select string_agg(reasons.model, ', ' order by reasons.model) as models,
        reasons.reason, board.model is null as is_absent
    from reasons left join marts.list_leaderboard as board on reasons.model = board.model
    group by all order by models
    """
    rows = query(connection, sql).to_pylist()
    return [f"{row['models']} {'left out: ' if row['is_absent'] else ''}{row['reason']}" for row in rows]


def data_quality(connection: Connection) -> list[dict[str, Any]]:
    """Return the data quality checks that found something, in words, with their counts.

    Data without any album or artist are not said to lack them.
    """
    found = query(
        connection,
        """
        select "check", "count", example from marts.data_quality
        where "count" > 0
            and ("check" <> 'tracks_without_album' or exists (from staging.albums))
            and ("check" <> 'tracks_without_artist' or exists (from staging.artists))
        """,
    )
    noun = plural_of(query(connection, "select noun from staging.dataset")["noun"][0].as_py())
    return [
        {**row, "check": row["check"].replace("tracks", noun).replace("_", " ")} for row in found.to_pylist()
    ]
