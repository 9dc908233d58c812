"""Explain a score."""

from __future__ import annotations

from pathlib import Path

import click

from recsys.cli.groups import command
from recsys.cli.options import json_option, warehouse_option, wide_option


@command("recsys explain 17 42", "recsys explain 3 2703 --model adaptive --wide", without_pandas=True)
@click.argument("user")
@click.argument("item", metavar="ITEM")
@click.option("--model", metavar="NAME", help="Model to explain.  [default: the one that made the lists]")
@warehouse_option
@wide_option
@json_option
def explain(user: str, item: str, model: str | None, warehouse: Path, wide: bool, as_json: bool) -> None:
    """Explain how the score of ITEM for USER is calculated.

    Each row is one part of the score, such as an interaction of the user with another item; the parts add up
    to the score. --model names another list model, or a model of the leaderboard, scores.NAME where both
    have the name. --wide adds the ratings that a value of adaptive is based on, and its weight.
    """
    from recsys.backends.duckdb.connection import reading
    from recsys.cli.console import print_json
    from recsys.cli.explanations import show_explanation
    from recsys.serving import explain as explaining
    from recsys.serving import ids
    from recsys.serving.interactions import interactions
    from recsys.serving.list_models import RELATION
    from recsys.serving.relations import require

    with reading(warehouse) as connection:
        require(connection, warehouse, "explain", RELATION)
        pair = ids.user_id(connection, user), ids.item_id(connection, item)
        rows = explaining.explain(connection, *pair, model)
        values = interactions(connection)
        name = explaining.name_of(connection, pair[1])
    if as_json:
        print_json(rows)
    else:
        show_explanation(rows, values, wide, f"{name} for user {user}")
