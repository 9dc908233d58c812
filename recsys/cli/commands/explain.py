"""Explain a score."""

from __future__ import annotations

from pathlib import Path

import click

from recsys.cli.groups import command
from recsys.cli.options import json_option, warehouse_option, wide_option


@command("recsys explain 3 2703")
@click.argument("user")
@click.argument("track", metavar="ITEM")
@warehouse_option
@wide_option
@json_option
def explain(user: str, track: str, warehouse: Path, wide: bool, as_json: bool) -> None:
    """Explain how the score of ITEM for USER is calculated.

    Each row is one input of the model adaptive; the contributions add up to its score. --wide adds the
    ratings that a value is based on, and its weight.
    """
    from recsys.backends.duckdb.connection import reading
    from recsys.cli.console import print_json, show
    from recsys.cli.tables import explanation_table
    from recsys.serving import ids, queries
    from recsys.serving.explain import explain as evidence
    from recsys.serving.explain import score
    from recsys.serving.interactions import interactions

    with reading(warehouse) as connection:
        queries.require(connection, warehouse, "explain")
        pair = ids.user_id(connection, user), ids.item_id(connection, track)
        rows, values = evidence(connection, *pair), interactions(connection)
    if as_json:
        print_json(rows)
    else:
        scale = ", on the log scale 0 to 100 of counts" if values.has_log_scale else ""
        show("", explanation_table(rows, values, wide), f"\nadaptive score {score(rows):.2f}{scale}")
