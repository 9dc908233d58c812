"""Options that several commands have, and the types of their values."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from recsys.cli.messages import RefusedValueError

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT_WAREHOUSE = Path("warehouse/recsys.duckdb")
WAREHOUSE_VARIABLE = "RECSYS_WAREHOUSE"
MOST_THREADS = 1024
MOST_ITEMS = 1_000_000


class WholeNumber(click.ParamType):
    """A whole number of at least ``low`` and, unless that is None, at most ``high``."""

    name = "n"

    def __init__(self, low: int, high: int | None = None) -> None:
        self.low, self.high = low, high

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number, or fail with the range."""
        try:
            number = int(value)
        except ValueError:
            number = self.low - 1
        if number < self.low or (self.high is not None and number > self.high):
            raise RefusedValueError(f"{value}: give a whole number{self._range()}", ctx, param)
        return number

    def _range(self) -> str:
        return f", {self.low} or more" if self.high is None else f" from {self.low} to {self.high}"


class OneOf(click.Choice[str]):
    """A choice whose error lists the values in words."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the value, or fail with all that there are."""
        if value not in self.choices:
            *others, last = self.choices
            raise RefusedValueError(f"{value}: choose {', '.join(others)} or {last}", ctx, param)
        return str(value)


warehouse_option = click.option(
    "--warehouse",
    type=click.Path(path_type=Path),
    default=DEFAULT_WAREHOUSE,
    show_default=True,
    envvar=WAREHOUSE_VARIABLE,
    show_envvar=True,
    help="Warehouse file.",
)
diversity_option = click.option(
    "--diversity",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="Keep similar items apart: 0 not at all, 1 as far as possible.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
wide_option = click.option(
    "--wide", is_flag=True, help="Print all columns, even if too wide for the terminal."
)
threads_option = click.option(
    "--threads",
    type=WholeNumber(1, MOST_THREADS),
    default=os.cpu_count() or 1,
    help="Threads to use.  [default: all cores]",
)
count_option = click.option(
    "-k", "count", type=WholeNumber(1, MOST_ITEMS), default=10, show_default=True, help="Items per list."
)
models_folder_option = click.option(
    "--sql",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of SQL models.  [default: the models of recsys]",
)
master_option = click.option("--master", metavar="URL", help="Spark cluster, with --engine spark.")


def memory_option(default: str) -> Callable[[Command], Command]:
    """Return the option of DuckDB's memory limit."""
    text = "Memory limit of DuckDB; beyond it, data spill to disk."
    return click.option("--memory", metavar="SIZE", default=default, show_default=True, help=text)


def engine_option(text: str) -> Callable[[Command], Command]:
    """Return the option that chooses between this machine and a cluster; ``text`` is its help."""
    return click.option(
        "--engine", type=OneOf(["duckdb", "spark"]), default="duckdb", show_default=True, help=text
    )
