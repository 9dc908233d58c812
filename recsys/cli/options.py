"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

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


def engine_option(text: str) -> Callable[[Command], Command]:
    """What runs a command: this machine or a cluster, which ``text`` says of the command."""
    kinds = click.Choice(["duckdb", "spark"])
    return click.option("--engine", type=kinds, default="duckdb", show_default=True, help=text)
