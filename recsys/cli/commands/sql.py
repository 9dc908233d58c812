"""Run SQL on a warehouse, or open a prompt."""

from __future__ import annotations

from pathlib import Path

import click

from recsys.cli.options import json_option, warehouse_option
from recsys.errors import UsageError


@click.command()
@click.argument("query", required=False)
@warehouse_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV instead of a table.")
@json_option
def sql(query: str | None, warehouse: Path, as_csv: bool, as_json: bool) -> None:
    """Run QUERY on the warehouse, or open a prompt.

    QUERY is SQL, .tables or .schema NAME; the warehouse is never written to.

    \b
    Examples: recsys sql "select * from explain(3, 2703)"
              recsys sql "copy (from submission('adaptive')) to 'submission.csv' (header)"
    """
    from recsys.backends.duckdb.connection import reading
    from recsys.cli.shell import Format, answer, prompt

    if as_csv and as_json:
        raise UsageError("--csv and --json: expected one of them")
    shape = Format.CSV if as_csv else Format.JSON if as_json else Format.TABLE
    with reading(warehouse) as connection:
        if query is not None:
            answer(connection, query, shape)
        else:
            prompt(connection, warehouse, shape)
