"""Commands that make pages to look at, and the server that shows them."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import click

from recsys.cli.options import warehouse_option
from recsys.errors import UsageError


@click.command()
@warehouse_option
@click.option("--out", type=click.Path(path_type=Path), default=Path("report.html"), show_default=True)
@click.option("--picture", type=click.Path(path_type=Path), help="Only the leaderboard, as .svg or .png.")
def report(warehouse: Path, out: Path, picture: Path | None) -> None:
    """Write a page about the warehouse that opens offline.

    It shows the data, the leaderboard, where accuracy comes from, lineage and timings.

    \b
    Example: recsys report --out report.html
    """
    _needs_extra("report", "altair", "vl_convert")
    from recsys.report import page

    if picture is not None:
        page.leaderboard_picture(warehouse, picture)
        print(f"{picture}: the leaderboard of {warehouse}")
        return
    for line in page.write(warehouse, out):
        print(line)
    print(f"{out}: open it in a browser")


@click.command()
@warehouse_option
@click.option("--port", type=click.IntRange(0, 65535), default=8350, show_default=True)
def ui(warehouse: Path, port: int) -> None:
    """Open the explorer in a browser on this machine.

    It shows users, their history, candidates by any model, explanations, and answers SQL.

    \b
    Example: recsys ui --port 8350
    """
    _needs_extra("ui", "starlette", "uvicorn", "sqlglot", "pygments")
    from recsys.ui.app import serve

    serve(warehouse, port=port)


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@warehouse_option
@click.option("--sql", type=click.Path(path_type=Path, file_okay=False), help="Another folder of models.")
def docs(out: Path, warehouse: Path, sql: Path | None) -> None:
    """Write a page for every relation to the folder OUT.

    Each has its header, its SQL, its columns and where they come from, what it reads and what reads it, and
    what its last build took. The pages open without a server; `recsys ui` shows the same.

    \b
    Example: recsys docs catalogue
    """
    _needs_extra("report", "sqlglot", "pygments")
    from recsys.docs_site import folder

    count = folder.write(warehouse, out, sql)
    print(f"{out / 'index.html'}: open it in a browser, {count} pages")


def _needs_extra(extra: str, *packages: str) -> None:
    absent = [package for package in packages if not importlib.util.find_spec(package)]
    if absent:
        raise UsageError(f"this needs {' and '.join(absent)}: pip install 'recsys[{extra}]'")


COMMANDS = (report, docs, ui)
