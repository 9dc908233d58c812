"""Build a warehouse from a data directory."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recsys.cli.groups import command
from recsys.cli.options import (
    OneOf,
    engine_option,
    memory_option,
    models_folder_option,
    threads_option,
    warehouse_option,
)
from recsys.cli.stopping import report_build_on_stop
from recsys.errors import UsageError

if TYPE_CHECKING:
    from recsys.backends.duckdb.statements import Connection
    from recsys.engine.build import Result


@command(
    "recsys build --data data/demo --sql-only",
    "recsys build --data data/demo --select +scores.adaptive+ --set bayes.confidence=25",
)
@click.option(
    "--data",
    metavar="DIR_OR_URL",
    required=True,
    help="Data directory; with --engine spark, a URL too.",
)
@warehouse_option
@click.option("--sql-only", is_flag=True, help="Build only the models that are pure SQL.")
@click.option("--paper", is_flag=True, help="Build only the paper's fourteen models.")
@click.option("--no-candidates", is_flag=True, help="Build without test items.")
@click.option(
    "--select",
    "selected",
    multiple=True,
    metavar="NAME",
    help="Build only NAME; +NAME: and its inputs; NAME+: and its readers.",
)
@click.option(
    "--without",
    "unwanted",
    multiple=True,
    metavar="NAME",
    help="Leave out NAME, its validation and its readers.",
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Set a parameter, such as bayes.confidence=25.",
)
@click.option("--full-refresh", is_flag=True, help="Run every model, even if unchanged.")
@click.option("--tune", is_flag=True, help="Search the hyperparameters of the list models again.")
@click.option("--plan", "plan_only", is_flag=True, help="List what would run and why; run nothing.")
@threads_option
@memory_option("4GB")
@click.option(
    "--device",
    type=OneOf(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="Device that PyTorch trains on.",
)
@engine_option("Run the SQL on this machine (duckdb) or on a Spark cluster.")
@click.option(
    "--master",
    "--spark-master",
    "spark_master",
    metavar="URL",
    help="Spark cluster, for --engine spark and for learners that use Spark.",
)
@click.option("--store", metavar="DIR_OR_URL", help="Folder of a cluster's relations.  [default: FILE.store]")
@models_folder_option
@click.option("--verbose", is_flag=True, help="Print a line for each model, with the reason why it runs.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def build(
    data: str, threads: int, memory: str, plan_only: bool, verbose: bool, quiet: bool, **given: Any
) -> None:
    """Build the warehouse from a data directory.

    Runs and checks the models whose SQL, code, parameters or inputs changed, then replaces the warehouse in
    one step. If anything fails, the warehouse stays as it was.
    """
    from recsys.backends.database import Limits
    from recsys.cli.build_progress import BuildConsole, Detail
    from recsys.cli.without_pandas import without_pandas
    from recsys.engine.build import Options
    from recsys.engine.build import build as run
    from recsys.sources.remote import located

    if verbose and quiet:
        raise UsageError("give either --verbose or --quiet, not both")
    if given["sql_only"] and given["engine"] == "duckdb":  # Spark reads its frames with pandas
        without_pandas()
    detail = Detail.QUIET if quiet else Detail.MODELS if verbose else Detail.LAYERS

    options = Options(located(data), limits=Limits(threads, memory), plan_only=plan_only, **given)
    opening = f"Building {options.warehouse} from {options.data}"
    reporter = BuildConsole(opening, plan_only, detail)
    report_build_on_stop(options.warehouse)
    try:
        result = run(options, reporter)
    finally:
        reporter.close()
    if not plan_only and detail is not Detail.QUIET:
        _after_build(options.warehouse, result)


def _after_build(warehouse: Path, result: Result) -> None:
    """Print the data quality checks, the leaderboard and the next command."""
    from recsys.backends.duckdb.connection import reading
    from recsys.cli.console import console, show
    from recsys.cli.tables.formatting import rows_table
    from recsys.serving.best_model import best_model, best_sentence
    from recsys.serving.limitations import data_quality
    from recsys.serving.relations import has

    out, published, query = console(), bool(result.ran), "from marts.build"
    with reading(warehouse) as connection:
        if published and has(connection, "marts.data_quality"):
            checks = data_quality(connection)
            if checks:
                show("\nData quality", rows_table(checks, prose=("example",)))
        if result.stale:
            named = ", ".join(result.stale[:3]) + (" and others" if len(result.stale) > 3 else "")
            out.print(f"out of date because not selected: {len(result.stale)} relations ({named})")
        elif has(connection, "marts.leaderboard"):
            query = _show_leaderboards(connection)
            best = best_model(connection) if query == "from marts.leaderboard" else None
            if best is not None:
                out.print(f"\n{best_sentence(best)}")
        user = _example(connection)
    done = f"built {warehouse}" if published else f"{warehouse} is up to date"
    out.print(f"\n{done} ({result.seconds:.1f} s). Next:")
    named = f"--warehouse {shlex.quote(str(warehouse))}"
    if user is not None:
        out.print(f"  {_program()} recommend {shlex.quote(user)} {named}")
    out.print(f"  {_program()} sql {named} '{query}'")


def _example(connection: Connection) -> str | None:
    """Return a user who has a list; None without lists."""
    from recsys.backends.duckdb.connection import query
    from recsys.serving.relations import has

    if not (has(connection, "marts.recommendations") and has(connection, "marts.user_facts")):
        return None
    sql = "select original_id from marts.user_facts semi join marts.recommendations using (user_id) "
    found: list[str] = query(connection, f"{sql} order by user_id limit 1")["original_id"].to_pylist()
    return found[0] if found else None


def _show_leaderboards(connection: Connection) -> str:
    """Print the leaderboards and return a query of the first one."""
    from recsys.cli import leaderboards
    from recsys.serving import evaluation

    if evaluation.is_of_lists(connection) and leaderboards.show_lists(connection, False, "\n"):
        leaderboards.show_test_items(connection, False, "\n")
        return "from marts.list_leaderboard"
    leaderboards.show_test_items(connection, False, "\n")
    return "from marts.leaderboard"


def _program() -> str:
    """Return the command that starts this program: its name if PATH has it, else its path."""
    started = Path(sys.argv[0])
    return str(started) if started.name == "recsys" and not shutil.which("recsys") else "recsys"
