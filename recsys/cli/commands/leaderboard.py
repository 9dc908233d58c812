"""Print how good each model is."""

from __future__ import annotations

from pathlib import Path

import click

from recsys.cli.options import json_option, warehouse_option, wide_option
from recsys.report.paper import CITATION


@click.command(epilog=CITATION)
@warehouse_option
@wide_option
@json_option
def leaderboard(warehouse: Path, wide: bool, as_json: bool) -> None:
    """Print how good each model is, the best first.

    Accuracy is the share of judged candidates predicted right; the interval is of 95 %, over users. --wide
    adds areas under the ROC curve, seconds, and figures that were published of such data.

    \b
    Example: recsys leaderboard --wide
    """
    from recsys.backends.duckdb.connection import reading
    from recsys.cli.console import print_json, show
    from recsys.cli.tables import leaderboard_table
    from recsys.serving import queries

    with reading(warehouse) as connection:
        queries.require(connection, warehouse, "marts.leaderboard")
        rows, is_compared = queries.leaderboard(connection), queries.is_compared(connection)
        constant, by_spark = queries.constant_scores(connection), queries.trained_by_spark(rows)
    if as_json:
        print_json(rows)
    else:
        note = CITATION if wide and is_compared else ""
        notes = [text for text in (queries.unjudged(rows), constant, by_spark, note) if text]
        show("Leaderboard", leaderboard_table(rows, wide, is_compared), "\n".join(notes))
