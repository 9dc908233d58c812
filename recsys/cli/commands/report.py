"""Write a report as one HTML page."""

from __future__ import annotations

from pathlib import Path

import click

from recsys.cli.extras import require_extra
from recsys.cli.groups import command
from recsys.cli.options import warehouse_option


@command("recsys report --out report.html")
@warehouse_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("report.html"),
    show_default=True,
    help="File to write.",
)
@click.option("--picture", type=click.Path(path_type=Path), help="Write only the leaderboard: .svg or .png.")
def report(warehouse: Path, out: Path, picture: Path | None) -> None:
    """Write a report as one HTML page.

    It shows the data, the leaderboard, what each step adds to accuracy, lineage and timings, and needs no
    network.
    """
    require_extra("report", "altair", "vl_convert")
    from recsys.report import page

    if picture is not None:
        page.leaderboard_picture(warehouse, picture)
        print(f"{picture}: the leaderboard of {warehouse}")
        return
    for line in page.write(warehouse, out):
        print(line)
    print(f"{out}: open it in a browser")
