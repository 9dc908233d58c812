"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path

import click

DEFAULT_WAREHOUSE = Path("warehouse/recsys.duckdb")

warehouse_option = click.option(
    "--warehouse",
    type=click.Path(path_type=Path),
    default=DEFAULT_WAREHOUSE,
    show_default=True,
    help="The warehouse file.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
wide_option = click.option("--wide", is_flag=True, help="Print all columns, however wide that is.")
