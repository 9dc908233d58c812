"""Append interactions to imported data and to their warehouse."""

from __future__ import annotations

from pathlib import Path

import click

from recsys.cli.groups import command
from recsys.cli.options import (
    WAREHOUSE_VARIABLE,
    WholeNumber,
    memory_option,
    models_folder_option,
    threads_option,
)
from recsys.cli.stopping import report_append_on_stop
from recsys.errors import UsageError


@command(
    "recsys append today.csv --data data/mine --warehouse mine.duckdb",
    "recsys append --watch inbox --rebuild 'daily 03:00' --data data/mine --warehouse mine.duckdb",
    without_pandas=True,
)
@click.argument("files", nargs=-1, metavar="[ROWS]...")
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
@click.option("--items", metavar="FILE", help="Items file with names, genres and so on of new items.")
@click.option(
    "--watch", type=click.Path(path_type=Path), metavar="FOLDER", help="Take files that arrive here."
)
@click.option(
    "--rebuild", metavar="WHEN", help="Build while watching: 'daily HH:MM', or beyond a share such as 10%."
)
@click.option(
    "--every",
    type=WholeNumber(1, 86400),
    default=2,
    show_default=True,
    help="Seconds between looks with --watch.",
)
@threads_option
@memory_option("1GB")
@models_folder_option
def append(
    files: tuple[str, ...],
    data: Path,
    warehouse: Path | None,
    items: str | None,
    watch: Path | None,
    rebuild: str | None,
    every: int,
    threads: int,
    memory: str,
    sql: Path | None,
) -> None:
    """Add interactions to imported data, and to their warehouse.

    ROWS are files with the columns of the import, read in the same way. The lists of users with new rows are
    made anew; models learn from the rows in the next build. If anything fails, data and warehouse stay as
    they were.

    --watch takes complete files from a folder, each once, and moves them to its folder done, or to refused
    with a file that has the reason. It runs until it is stopped.
    """
    from recsys.backends.database import Limits
    from recsys.cli.console import console
    from recsys.cli.progress import ProgressLine
    from recsys.cli.watching import watch_folder
    from recsys.engine.appending.append import Options
    from recsys.engine.appending.append import append as run
    from recsys.serving.append_sentences import sentences

    if (watch is None) == (not files):
        raise UsageError("give files of rows, or a folder of such files with --watch FOLDER")
    if watch is not None and items is not None:
        raise UsageError("--items: give it with files of rows, not with --watch")
    if watch is not None:
        watch_folder(watch, data, warehouse, rebuild, every, sql, Limits(threads, memory))
    if rebuild is not None:
        raise UsageError("--rebuild: only with --watch FOLDER; or use recsys build")
    options = Options(files, data, warehouse, sql, Limits(threads, memory), items)
    line = ProgressLine(console(stderr=True))
    report_append_on_stop(data)
    try:
        line.show("Appending")
        result = run(options, line.advance)
    finally:
        line.stop()
    for sentence in sentences(options, result):
        console().print(sentence, markup=False, highlight=False, soft_wrap=True)
