"""Compare two warehouses."""

from __future__ import annotations

from pathlib import Path

import click

from recsys.cli.groups import command
from recsys.cli.options import json_option, wide_option


@command("recsys diff before.duckdb warehouse/recsys.duckdb")
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@wide_option
@json_option
def diff(before: Path, after: Path, wide: bool, as_json: bool) -> None:
    """List what changed between two warehouses.

    Compares versions, parameters, inputs and the content of relations. --wide adds the values before and
    after.
    """
    from recsys.cli.console import print_json, show
    from recsys.cli.tables.models import differences_table
    from recsys.serving.diff import differences

    rows = [difference.as_dict() for difference in differences(before, after)]
    if as_json:
        print_json(rows)
    elif rows:
        show("Differences", differences_table(rows, wide))
    else:
        print("no differences: same settings, parameters, inputs and content")
