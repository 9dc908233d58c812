"""Append interactions to imported data and to their warehouse."""

from __future__ import annotations

from pathlib import Path

import click

from recsys.cli.groups import command
from recsys.cli.options import (
    WAREHOUSE_VARIABLE,
    memory_option,
    models_folder_option,
    threads_option,
)
from recsys.cli.stopping import report_append_on_stop


@command("recsys append today.csv --data data/mine --warehouse mine.duckdb")
@click.argument("files", nargs=-1, required=True, metavar="ROWS...")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR",
    help="Data directory that recsys import made.",
)
@click.option(
    "--warehouse",
    type=click.Path(path_type=Path),
    envvar=WAREHOUSE_VARIABLE,
    show_envvar=True,
    help="Warehouse of these data, to be updated too.",
)
@threads_option
@memory_option("1GB")
@models_folder_option
def append(
    files: tuple[str, ...], data: Path, warehouse: Path | None, threads: int, memory: str, sql: Path | None
) -> None:
    """Add interactions to imported data, and to their warehouse.

    ROWS are files with the columns of the import, read in the same way. The lists of users with new rows are
    made anew; models learn from the rows in the next build. If anything fails, data and warehouse stay as
    they were.
    """
    from recsys.backends.database import Limits
    from recsys.cli.console import console
    from recsys.cli.progress import ProgressLine
    from recsys.engine.append import Options
    from recsys.engine.append import append as run
    from recsys.serving.append_sentences import sentences

    options = Options(files, data, warehouse, sql, Limits(threads, memory))
    line = ProgressLine(console(stderr=True))
    report_append_on_stop(data)
    try:
        line.show("Appending")
        result = run(options, line.advance)
    finally:
        line.stop()
    for sentence in sentences(options, result):
        console().print(sentence, markup=False, highlight=False, soft_wrap=True)
