"""Print how good each model is."""

from __future__ import annotations

from pathlib import Path

from recsys.cli.groups import command
from recsys.cli.options import json_option, warehouse_option, wide_option
from recsys.report.paper import CITATION


@command("recsys leaderboard --wide", epilog=CITATION, without_pandas=True)
@warehouse_option
@wide_option
@json_option
def leaderboard(warehouse: Path, wide: bool, as_json: bool) -> None:
    """Compare the models, best first.

    Lists: NDCG@10 of each list model on likes that were held out of the histories. Test items, where the data
    have them: the share correctly sorted into liked and not liked (chance: 50 %). Intervals are 95 % over
    users; models that share a letter in the column group are not significantly different from the best of
    that group. --wide adds recall of 50 items, MRR and the share of popular items in lists, and AUC (area
    under the ROC curve: the chance that a liked item scores higher than one that is not), seconds and
    published accuracies. --json prints lists for imported data, else test items.
    """
    from recsys.backends.duckdb.connection import reading
    from recsys.cli import leaderboards
    from recsys.cli.console import print_json
    from recsys.serving import evaluation
    from recsys.serving.relations import require

    with reading(warehouse) as connection:
        require(connection, warehouse, "marts.leaderboard")
        if as_json:
            print_json(evaluation.first_leaderboard(connection))
            return
        first = evaluation.is_of_lists(connection)
        is_shown = first and leaderboards.show_lists(connection, wide)
        leaderboards.show_test_items(connection, wide, "\n" if is_shown else "", CITATION)
        if not first:
            leaderboards.show_lists(connection, wide, "\n")
