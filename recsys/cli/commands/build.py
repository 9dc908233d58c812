"""Build a warehouse from a data directory."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recsys.cli.options import engine_option, warehouse_option
from recsys.cli.stopping import tell_what_stands

if TYPE_CHECKING:
    from recsys.engine.build import Result


@click.command()
@click.option(
    "--data",
    metavar="DIR_OR_URL",
    required=True,
    help="The data directory to read; a URL with --engine spark.",
)
@warehouse_option
@click.option("--sql-only", is_flag=True, help="Leave the learned models out.")
@click.option("--paper", is_flag=True, help="Build the paper's fourteen models alone.")
@click.option("--no-candidates", is_flag=True, help="The data directory has no test file.")
@click.option("--select", "selected", multiple=True, metavar="NAME", help="Only NAME, +NAME or NAME+.")
@click.option(
    "--without",
    "unwanted",
    multiple=True,
    metavar="NAME",
    help="Leave NAME out, what reads it, and its validation.",
)
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a constant.")
@click.option("--full-refresh", is_flag=True, help="Run every model, changed or not.")
@click.option("--tune", is_flag=True, help="Search the hyperparameters of the list models again.")
@click.option("--plan", "plan_only", is_flag=True, help="Say what would run and why, and run nothing.")
@click.option("--threads", type=click.IntRange(1, 1024), default=os.cpu_count() or 1, help="Threads to use.")
@click.option("--memory", default="4GB", show_default=True, help="What DuckDB may take before it spills.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@engine_option("What the SQL runs on: this machine, or a Spark cluster.")
@click.option(
    "--master",
    "--spark-master",
    "spark_master",
    metavar="URL",
    help="A Spark cluster, for the learners that use Spark, and for all with --engine spark.",
)
@click.option("--store", metavar="DIR_OR_URL", help="Where a cluster keeps relations.  [default: FILE.store]")
@click.option("--sql", type=click.Path(path_type=Path, file_okay=False), help="Another folder of models.")
def build(data: str, threads: int, memory: str, plan_only: bool, **given: Any) -> None:
    """Build the warehouse from a data directory.

    Every model that changed is run and checked, and the result is published in one atomic step.

    \b
    Examples: recsys build --data data/demo --sql-only
              recsys build --data data/demo --select +scores.adaptive+ --set bayes.confidence=25
    """
    from recsys.backends.database import Limits
    from recsys.cli.progress import BuildConsole
    from recsys.engine.build import Options
    from recsys.engine.build import build as run
    from recsys.sources.remote import located

    options = Options(located(data), limits=Limits(threads, memory), plan_only=plan_only, **given)
    opening = (
        f"Building {options.warehouse} from {options.data}: every model that changed is run and checked."
    )
    reporter = BuildConsole(opening, plan_only)
    tell_what_stands(options.warehouse)
    try:
        result = run(options, reporter)
    finally:
        reporter.close()
    if not plan_only:
        _after_build(options.warehouse, result)


def _after_build(warehouse: Path, result: Result) -> None:
    """What a person wants to see of a build that is done: checks, leaderboard, where to go next."""
    from recsys.backends.duckdb.connection import reading
    from recsys.cli.console import console, show
    from recsys.cli.tables import leaderboard_table, rows_table
    from recsys.serving import queries

    out, published, query = console(), bool(result.ran), "from marts.build"
    with reading(warehouse) as connection:
        if published and queries.has(connection, "marts.data_quality"):
            checks = queries.data_quality(connection)
            if checks:
                show("\nFound in the input", rows_table(checks, prose=("example",)))
        if result.stale:
            named = ", ".join(result.stale[:3]) + (" and others" if len(result.stale) > 3 else "")
            out.print(f"not selected, and so of an earlier build: {len(result.stale)} relations, {named}")
        elif queries.has(connection, "marts.leaderboard"):
            rows = queries.leaderboard(connection)
            notes = [queries.unjudged(rows), queries.constant_scores(connection)]
            notes.append(queries.trained_by_spark(rows))
            show("\nLeaderboard", leaderboard_table(rows, False, False), "\n".join(filter(None, notes)))
            query = "from marts.leaderboard"
            best = queries.best_model(connection)
            if best is not None:
                out.print(f"\n{queries.best_sentence(best)}")
    done = f"published {warehouse}" if published else f"{warehouse} is up to date"
    out.print(f"\n{done} ({result.seconds:.1f} s). Ask it anything:")
    out.print(f"  {_program()} sql --warehouse {shlex.quote(str(warehouse))} '{query}'")


def _program() -> str:
    """What to type for this program: its name where the path leads to it, else the path it was started by."""
    started = Path(sys.argv[0])
    return str(started) if started.name == "recsys" and not shutil.which("recsys") else "recsys"
