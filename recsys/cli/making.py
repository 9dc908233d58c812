"""Commands that make data sets, warehouses and blends, or look at the models themselves."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recsys.cli.options import json_option, warehouse_option
from recsys.cli.stopping import tell_what_stands
from recsys.errors import UsageError

if TYPE_CHECKING:
    from recsys.engine.build import Result


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--scale", default="small", show_default=True, help="tiny, small or full (as the real data).")
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Same seed, same data."
)
@click.option("--check", is_flag=True, help="Only compare what is in DIRECTORY with the real data.")
@json_option
def synth(directory: Path, scale: str, seed: int, check: bool, as_json: bool) -> None:
    """Write a synthetic data set that behaves like the real one, and print how well it does.

    \b
    Example: recsys synth data/demo --scale tiny --seed 7
    """
    from recsys import synthetic
    from recsys.cli.console import ProgressLine, acceptance_table, console, print_json

    if not check:
        line = ProgressLine(console(stderr=True))
        line.show(f"synth {scale}")
        try:
            synthetic.generate(directory, scale, seed, line.advance)
        finally:
            line.stop()
    statistics = synthetic.check(directory)
    if as_json:
        print_json([statistic.as_dict() for statistic in statistics])
    else:
        console().print(acceptance_table(statistics))


@click.command()
@click.option("--data", type=click.Path(path_type=Path), required=True, help="The data directory to read.")
@warehouse_option
@click.option("--sql-only", is_flag=True, help="Leave the learned models out.")
@click.option("--select", "selected", multiple=True, metavar="NAME", help="Only NAME, +NAME or NAME+.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a constant.")
@click.option("--full-refresh", is_flag=True, help="Run every model, changed or not.")
@click.option("--plan", "plan_only", is_flag=True, help="Say what would run and why, and run nothing.")
@click.option("--threads", type=click.IntRange(1, 1024), default=os.cpu_count() or 1, help="Threads to use.")
@click.option("--memory", default="4GB", show_default=True, help="What DuckDB may take before it spills.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option("--spark-master", metavar="URL", help="A Spark cluster instead of a local session.")
@click.option("--sql", type=click.Path(path_type=Path, file_okay=False), help="Another folder of models.")
def build(threads: int, memory: str, plan_only: bool, **given: Any) -> None:
    """Build the warehouse: run every model that changed, check it, publish in one atomic step.

    \b
    Examples: recsys build --data data/demo --sql-only
              recsys build --data data/demo --select +scores.adaptive+ --set bayes.confidence=25
    """
    from recsys.cli.console import BuildConsole
    from recsys.engine.build import Options
    from recsys.engine.build import build as run
    from recsys.engine.database import Limits

    options = Options(limits=Limits(threads, memory), plan_only=plan_only, **given)
    reporter = BuildConsole(plan_only)
    tell_what_stands(options.warehouse)
    try:
        result = run(options, reporter)
    finally:
        reporter.close()
    if not plan_only:
        _after_build(options.warehouse, result)


def _after_build(warehouse: Path, result: Result) -> None:
    """What a person wants to see of a build that is done: oddities, leaderboard, where to go next."""
    from recsys.cli.console import console, leaderboard_table, rows_table
    from recsys.engine import queries
    from recsys.engine.duckdb import reading

    out, published, query = console(), bool(result.ran), "from marts.build"
    with reading(warehouse) as connection:
        if published and queries.has(connection, "staging.audit"):
            oddities = queries.audit(connection)
            if oddities:
                out.print(rows_table("Found in the input", oddities))
        if result.stale:
            named = ", ".join(result.stale[:3]) + (" and others" if len(result.stale) > 3 else "")
            out.print(f"not selected, and so of an earlier build: {len(result.stale)} relations, {named}")
        elif queries.has(connection, "marts.leaderboard"):
            out.print(leaderboard_table(queries.leaderboard(connection)))
            query = "from marts.leaderboard"
    done = f"published {warehouse}" if published else f"{warehouse} is up to date"
    out.print(f"{done} ({result.seconds:.1f} s). Ask it anything:")
    out.print(f"  {_program()} sql --warehouse {shlex.quote(str(warehouse))} '{query}'")


def _program() -> str:
    """What to type for this program: its name where the path leads to it, else the path it was started by."""
    started = Path(sys.argv[0])
    return str(started) if started.name == "recsys" and not shutil.which("recsys") else "recsys"


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--scores", type=click.Path(path_type=Path), required=True, help="file,score lines.")
@click.option("--candidates", type=click.Path(path_type=Path), required=True, help="The test file.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The submission to write.")
@click.option("--method", default="least-squares", show_default=True, help="least-squares, vote or average.")
@click.option("--skip-invalid", is_flag=True, help="Leave files out that cannot be used, and list them.")
@json_option
def ensemble(as_json: bool, **given: Any) -> None:
    """Blend the submission files in DIRECTORY, weighted by their known scores; no ratings are needed.

    \b
    Example: recsys ensemble submissions --scores scores.csv --candidates testItem2.txt --out blend.csv
    """
    from recsys.cli.console import console, ensemble_table, print_json
    from recsys.ensemble.files import run

    outcome = run(**given)
    for name, complaint in outcome.skipped:
        print(f"left out {name}: {complaint}", file=sys.stderr)
    for warning in outcome.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    if as_json:
        print_json(outcome.as_json())
        return
    console().print(ensemble_table(outcome))
    print(
        f"{given['out']}: {outcome.candidates:,} candidates of {outcome.users:,} users by {outcome.method}, "
        f"expected accuracy {outcome.accuracy:.4f} ± {outcome.uncertainty:.4f}"
    )


@click.command()
@click.option("--format", "shape", type=click.Choice(["text", "mermaid", "svg"]), default="text")
@click.option("--out", type=click.Path(path_type=Path), help="Write to a file instead of the screen.")
@click.option("--sql", type=click.Path(path_type=Path, file_okay=False), help="Another folder of models.")
def graph(shape: str, out: Path | None, sql: Path | None) -> None:
    """Print which model reads which.

    \b
    Example: recsys graph --format svg --out lineage.svg
    """
    from recsys.project import Project
    from recsys.report import lineage
    from recsys.sources.directory import OPTIONAL

    project = Project.load(sql, present=OPTIONAL)
    edges = {name: project.parents(rendered) for name, rendered in project.graph().items()}
    draw: Callable[..., str] = getattr(lineage, shape)
    text = draw(edges)
    if out is None:
        print(text)
    else:
        try:
            out.write_text(text, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{out}: cannot be written: {error.strerror}") from None


@click.command()
@click.option("--markdown", "as_markdown", is_flag=True, help="Print the table that the README has.")
@json_option
def models(as_markdown: bool, as_json: bool) -> None:
    """List the models: what makes each, its formula, what it reads, its published accuracy.

    \b
    Example: recsys models
    """
    from recsys.cli.console import console, print_json, rows_table
    from recsys.project import Project
    from recsys.report.models import markdown
    from recsys.report.models import models as listed
    from recsys.sources.directory import OPTIONAL

    rows = listed(Project.load(present=OPTIONAL))
    if as_json:
        print_json(rows)
    elif as_markdown:
        print(markdown(rows))
    else:
        joined = [{**row, "reads": ", ".join(row["reads"])} for row in rows]
        console().print(rows_table("Models", joined))


@click.command()
@warehouse_option
@json_option
def doctor(warehouse: Path, as_json: bool) -> None:
    """Check Python, packages, Java, disk, memory and the warehouse, and say what to do.

    \b
    Example: recsys doctor
    """
    from recsys.cli.console import console, doctor_table, print_json
    from recsys.cli.doctor import checks

    found = checks(warehouse)
    if as_json:
        print_json([vars(check) for check in found])
    else:
        console().print(doctor_table(found))
    if not all(check.ok for check in found):
        raise click.exceptions.Exit(1)


COMMANDS = (synth, build, ensemble, graph, models, doctor)
