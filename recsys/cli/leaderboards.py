"""Print the leaderboards of a warehouse: lists first for imported data, test items where there are any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recsys.backends.duckdb.statements import Connection

TITLE_OF_LISTS = "Leaderboard of lists: NDCG of 10 recommended items on held-out likes"
TITLE_OF_ITEMS = "Leaderboard of test items: share correctly sorted into liked and not liked"


def show_lists(connection: Connection, wide: bool, opening: str = "") -> bool:
    """Print the list models, best first; return whether the warehouse has any."""
    from recsys.cli.console import show
    from recsys.cli.list_tables import EXPLANATION, list_leaderboard_table
    from recsys.serving import evaluation, queries

    if not queries.has(connection, evaluation.LEADERBOARD):
        return False
    rows = evaluation.leaderboard(connection)
    notes = [EXPLANATION, *queries.limited_list_models(connection)]
    show(f"{opening}{TITLE_OF_LISTS}", list_leaderboard_table(rows, wide), "\n".join(notes))
    return bool(rows)


def show_test_items(connection: Connection, wide: bool, opening: str = "", citation: str = "") -> bool:
    """Print the accuracy of models on test items; return whether the warehouse has test items."""
    from recsys.cli.console import show
    from recsys.cli.tables import leaderboard_notes, leaderboard_table
    from recsys.serving import queries

    if not has_test_items(connection):
        return False
    rows, is_compared = queries.leaderboard(connection), queries.is_compared(connection)
    silent = constant_models(connection)
    telling = [row for row in rows if row["model"] not in silent]
    warnings = [queries.unjudged(rows), queries.constant_scores(connection), queries.trained_by_spark(rows)]
    notes = [*leaderboard_notes(telling, wide), *warnings, citation if wide and is_compared else None]
    table = leaderboard_table(telling, wide, is_compared and wide)
    show(f"{opening}{TITLE_OF_ITEMS}", table, "\n".join(filter(None, notes)))
    return True


def constant_models(connection: Connection) -> set[str]:
    """Return the models that score every test item of a user alike."""
    from recsys.backends.duckdb.connection import query
    from recsys.serving import queries

    if not queries.has(connection, "marts.constant_scores"):
        return set()
    return set(query(connection, "select model from marts.constant_scores")["model"].to_pylist())


def has_test_items(connection: Connection) -> bool:
    """Return whether the data have test items."""
    from recsys.backends.duckdb.connection import query

    return bool(query(connection, "from staging.candidates limit 1").num_rows)


def is_of_lists(connection: Connection) -> bool:
    """Return whether lists come first: the data were imported, or have no test items."""
    from recsys.serving import queries

    return not queries.is_compared(connection) or not has_test_items(connection)


def rows_for_json(connection: Connection) -> list[dict[str, Any]]:
    """Return the rows of the leaderboard that comes first."""
    from recsys.serving import evaluation, queries

    if is_of_lists(connection) and queries.has(connection, evaluation.LEADERBOARD):
        return evaluation.leaderboard(connection)
    return queries.leaderboard(connection)
