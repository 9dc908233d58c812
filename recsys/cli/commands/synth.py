"""Write a synthetic demo data set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recsys.cli.options import json_option

if TYPE_CHECKING:
    from recsys.synthetic import Statistic


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--scale", default="small", show_default=True, help="tiny, small or full (as the real data).")
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Same seed, same data."
)
@click.option("--check", is_flag=True, help="Only compare what is in DIRECTORY with the real data.")
@click.option("--force", is_flag=True, help="Replace the demo data set that is in DIRECTORY.")
@click.option("--quiet", is_flag=True, help="Print one line instead of the comparison.")
@json_option
def synth(
    directory: Path, scale: str, seed: int, check: bool, force: bool, quiet: bool, as_json: bool
) -> None:
    """Write a demo data set that behaves like the real one.

    A table shows how well it does: its statistics beside those of the real data.

    \b
    Example: recsys synth data/demo --scale tiny --seed 7
    """
    from recsys import synthetic
    from recsys.cli.console import console, print_json, show
    from recsys.cli.progress import ProgressLine
    from recsys.cli.tables import acceptance_table

    if not check:
        line = ProgressLine(console(stderr=True))
        try:
            line.show(f"synth {scale}")
            synthetic.generate(directory, scale, seed, line.advance, force)
        finally:
            line.stop()
    statistics = synthetic.check(directory)
    if as_json:
        print_json([statistic.as_dict() for statistic in statistics])
    elif quiet:
        console().print(f"{directory}: {_near(statistics)}")
    else:
        show("How near the real data this is", acceptance_table(statistics))


def _near(statistics: Sequence[Statistic]) -> str:
    """How many statistics that have a tolerance are within it."""
    judged = [statistic.is_within for statistic in statistics if statistic.is_within is not None]
    return f"{sum(judged)} of {len(judged)} statistics are within the tolerance of the real data's"
