"""Write a synthetic demo data set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recsys.cli.groups import command
from recsys.cli.options import OneOf, WholeNumber, json_option

if TYPE_CHECKING:
    from recsys.synthetic import Statistic


@command("recsys synth data/demo --scale tiny --seed 7")
@click.argument("directory", type=click.Path(path_type=Path))
@click.option(
    "--scale",
    type=OneOf(["tiny", "small", "full"]),
    default="small",
    show_default=True,
    help="Size: tiny, small or full (as the Cup's data).",
)
@click.option("--seed", type=WholeNumber(0), default=1, show_default=True, help="Random seed.")
@click.option("--check", is_flag=True, help="Only compare DIRECTORY with the Cup's data.")
@click.option("--force", is_flag=True, help="Replace the demo data set in DIRECTORY.")
@click.option("--quiet", is_flag=True, help="Print one line instead of the table.")
@json_option
def synth(
    directory: Path, scale: str, seed: int, check: bool, force: bool, quiet: bool, as_json: bool
) -> None:
    """Write a demo data set.

    It is random and imitates the data of KDD Cup 2011, Track 2. A table compares its statistics with the
    published ones of those data.
    """
    from recsys import synthetic
    from recsys.cli.console import console, print_json, show
    from recsys.cli.progress import ProgressLine
    from recsys.cli.tables.checks import acceptance_table

    if not check:
        line = ProgressLine(console(stderr=True))
        try:
            line.show(f"Writing {directory}")
            synthetic.generate(directory, scale, seed, line.advance, force)
        finally:
            line.stop()
    statistics = synthetic.check(directory)
    if as_json:
        print_json([statistic.as_dict() for statistic in statistics])
    elif quiet:
        console().print(f"{directory}: {_near(statistics)}")
    else:
        show("Demo data compared with the Cup's data", acceptance_table(statistics))


def _near(statistics: Sequence[Statistic]) -> str:
    """Return the number of statistics within their tolerance, as a sentence."""
    judged = [statistic.is_within for statistic in statistics if statistic.is_within is not None]
    return f"{sum(judged)} of {len(judged)} statistics agree with the Cup's data"
