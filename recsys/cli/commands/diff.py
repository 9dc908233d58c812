"""Compare two warehouses."""

from __future__ import annotations

from pathlib import Path

import click

from recsys.cli.options import json_option, wide_option


@click.command()
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@wide_option
@json_option
def diff(before: Path, after: Path, wide: bool, as_json: bool) -> None:
    """Say what changed between two warehouses.

    Versions, parameters, inputs, and the content of relations are compared. --wide adds what was there
    before and after to the reasons for a relation's change.

    \b
    Example: recsys diff before.duckdb warehouse/recsys.duckdb
    """
    from recsys.cli.console import print_json, show
    from recsys.cli.tables import differences_table
    from recsys.serving.diff import differences

    rows = [difference.as_dict() for difference in differences(before, after)]
    if as_json:
        print_json(rows)
    elif rows:
        show("Differences", differences_table(rows, wide))
    else:
        print("the same settings, parameters, inputs and content")
