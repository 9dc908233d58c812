"""Commands that make data sets, warehouses and blends, or look at the models themselves."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recsys.cli.options import engine_option, json_option, warehouse_option, wide_option
from recsys.cli.stopping import tell_what_stands
from recsys.errors import RecsysError, UsageError
from recsys.report.paper import CITATION

if TYPE_CHECKING:
    from recsys.engine.build import Result
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


@click.command()
@click.option(
    "--data",
    metavar="DIR_OR_URL",
    required=True,
    help="The data directory to read; a URL with --engine spark.",
)
@warehouse_option
@click.option("--sql-only", is_flag=True, help="Leave the learned models out.")
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


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--scores", type=click.Path(path_type=Path), required=True, help="file,score lines.")
@click.option("--candidates", type=click.Path(path_type=Path), required=True, help="The test file.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The submission to write.")
@click.option("--method", default="least-squares", show_default=True, help="least-squares, vote or average.")
@click.option("--skip-invalid", is_flag=True, help="Leave files out that cannot be used, and list them.")
@json_option
def ensemble(as_json: bool, **given: Any) -> None:
    """Blend submission files by their known scores.

    The files in DIRECTORY are all that is needed, no ratings.

    \b
    Example: recsys ensemble submissions --scores scores.csv --candidates testItem2.txt --out blend.csv
    """
    from recsys.cli.console import console, print_json, show
    from recsys.cli.layout import is_ascii
    from recsys.cli.tables import ensemble_table
    from recsys.learners.ensembles.files import run

    outcome = run(**given)
    for name, complaint in outcome.skipped:
        print(f"left out {name}: {complaint}", file=sys.stderr)
    for warning in outcome.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    if as_json:
        print_json(outcome.as_json())
        return
    show("Inputs of the blend", ensemble_table(outcome))
    either_way = "+/-" if is_ascii() else "±"
    console().print(
        f"{given['out']}: {outcome.candidates:,} candidates of {outcome.users:,} users by {outcome.method}, "
        f"expected accuracy {outcome.accuracy:.4f} {either_way} {outcome.uncertainty:.4f}"
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
    from recsys.docs_site import lineage
    from recsys.project import Project
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


@click.command(epilog=CITATION)
@click.option("--markdown", "as_markdown", is_flag=True, help="Print the table that the README has.")
@warehouse_option
@wide_option
@json_option
def models(as_markdown: bool, warehouse: Path, wide: bool, as_json: bool) -> None:
    """List the models and their formulas.

    --wide adds what makes each, what it reads, and its published accuracy unless the warehouse is made from
    data that the published figures do not speak of.

    \b
    Example: recsys models
    """
    from recsys.cli.console import print_json, show
    from recsys.cli.tables import models_table
    from recsys.docs_site.model_table import markdown
    from recsys.docs_site.model_table import models as listed
    from recsys.project import Project
    from recsys.sources.directory import OPTIONAL

    rows = listed(Project.load(present=OPTIONAL))
    if as_json:
        print_json(rows)
    elif as_markdown:
        print(markdown(rows))
    else:
        is_compared = _is_compared(warehouse)
        note = CITATION if wide and is_compared else ""
        show("Models", models_table(rows, wide, is_compared), note)


def _is_compared(warehouse: Path) -> bool:
    """Whether published figures speak of the data of a warehouse, as far as anybody knows."""
    from recsys.backends.duckdb.connection import reading
    from recsys.serving import queries

    try:
        with reading(warehouse) as connection:
            return queries.is_compared(connection)
    except RecsysError:
        return True


@click.command()
@warehouse_option
@json_option
def doctor(warehouse: Path, as_json: bool) -> None:
    """Check this machine, and say what to do.

    Python, packages, models, Java, disk, memory and the warehouse are looked at. The exit status is 0 if what
    `recsys build --sql-only` needs is there.

    \b
    Example: recsys doctor
    """
    from recsys.cli.console import print_json, show
    from recsys.cli.doctor import checks
    from recsys.cli.tables import doctor_table

    found = checks(warehouse)
    if as_json:
        print_json([vars(check) for check in found])
    else:
        show("Doctor", doctor_table(found))
    if not all(check.ok for check in found if check.is_needed):
        raise click.exceptions.Exit(1)


COMMANDS = (synth, build, ensemble, graph, models, doctor)
