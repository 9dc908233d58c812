"""Run SQL on a warehouse, or open a prompt."""

from __future__ import annotations

from pathlib import Path

import click

from recsys.cli.groups import command
from recsys.cli.options import json_option, warehouse_option
from recsys.errors import UsageError


@command(
    'recsys sql "select * from explain(3, 2703)"',
    "recsys sql \"copy (from submission('adaptive')) to 'submission.csv' (header)\"",
)
@click.argument("query", required=False)
@warehouse_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV instead of a table.")
@json_option
def sql(query: str | None, warehouse: Path, as_csv: bool, as_json: bool) -> None:
    """Run QUERY on the warehouse, or open a prompt.

    QUERY is SQL, .tables or .schema NAME. The warehouse is opened read-only.
    """
    from recsys.backends.duckdb.connection import reading
    from recsys.cli.shell import Format, answer, prompt

    if as_csv and as_json:
        raise UsageError("give either --csv or --json, not both")
    shape = Format.CSV if as_csv else Format.JSON if as_json else Format.TABLE
    with reading(warehouse) as connection:
        if query is not None:
            answer(connection, query, shape)
        else:
            prompt(connection, warehouse, shape)
