"""Print the leaderboards of a warehouse: lists first for imported data, test items where there are any."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recsys.backends.duckdb.statements import Connection

TITLE_OF_LISTS = "Leaderboard of lists: NDCG of 10 recommended items on held-out likes"
TITLE_OF_ITEMS = "Leaderboard of test items: share correctly sorted into liked and not liked"


def show_lists(connection: Connection, wide: bool, opening: str = "") -> bool:
    """Print the list models, best first; return whether the warehouse has any."""
    from recsys.cli.console import show
    from recsys.cli.tables.list_models import list_leaderboard_table, list_notes
    from recsys.serving import evaluation
    from recsys.serving.limitations import limited_list_models
    from recsys.serving.relations import has

    if not has(connection, evaluation.LEADERBOARD):
        return False
    rows = evaluation.leaderboard(connection)
    why = evaluation.why_not_the_first(rows)
    notes = [list_notes(rows), why, *limited_list_models(connection)]
    table = list_leaderboard_table(rows, wide)
    show(f"{opening}{TITLE_OF_LISTS}", table, "\n".join(filter(None, notes)))
    return bool(rows)


def show_test_items(connection: Connection, wide: bool, opening: str = "", citation: str = "") -> bool:
    """Print the accuracy of models on test items; return whether the warehouse has test items."""
    from recsys.cli.console import show
    from recsys.cli.tables.leaderboard import leaderboard_notes, leaderboard_table
    from recsys.serving import evaluation
    from recsys.serving.leaderboard import is_compared, leaderboard, trained_by_spark, unjudged
    from recsys.serving.limitations import constant_models, constant_scores

    if not evaluation.has_test_items(connection):
        return False
    rows, has_published = leaderboard(connection), is_compared(connection)
    constant = constant_models(connection)
    ranked = [row for row in rows if row["model"] not in constant]
    warnings = [unjudged(rows), constant_scores(connection), trained_by_spark(rows)]
    notes = [*leaderboard_notes(ranked, wide), *warnings, citation if wide and has_published else None]
    table = leaderboard_table(ranked, wide, has_published and wide)
    show(f"{opening}{TITLE_OF_ITEMS}", table, "\n".join(filter(None, notes)))
    return True
