"""Print how good each model is."""

from __future__ import annotations

from pathlib import Path

from recsys.cli.groups import command
from recsys.cli.options import json_option, warehouse_option, wide_option
from recsys.report.paper import CITATION


@command("recsys leaderboard --wide", epilog=CITATION)
@warehouse_option
@wide_option
@json_option
def leaderboard(warehouse: Path, wide: bool, as_json: bool) -> None:
    """Compare the accuracy of all models, best first.

    Accuracy: the share of test items correctly sorted into liked and not liked (chance: 50 %), with a 95 %
    interval over users. Models that share a letter in the column group are not significantly different from
    the best of that group. --wide adds AUC (area under the ROC curve: the chance that a liked item scores
    higher than one that is not), seconds and, for the Cup's data, published accuracies.
    """
    from recsys.backends.duckdb.connection import reading
    from recsys.cli.console import print_json, show
    from recsys.cli.tables import leaderboard_notes, leaderboard_table
    from recsys.serving import queries

    with reading(warehouse) as connection:
        queries.require(connection, warehouse, "marts.leaderboard")
        rows, is_compared = queries.leaderboard(connection), queries.is_compared(connection)
        constant, by_spark = queries.constant_scores(connection), queries.trained_by_spark(rows)
    if as_json:
        print_json(rows)
    else:
        warnings = [text for text in (queries.unjudged(rows), constant, by_spark) if text]
        notes = [*leaderboard_notes(rows, wide), *warnings, *([CITATION] if wide and is_compared else [])]
        show("Leaderboard", leaderboard_table(rows, wide, is_compared), "\n".join(notes))
