"""The command line: arguments and printing, nothing else."""

from __future__ import annotations

import importlib.util
import os
import shlex
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import click

from recsys import __version__
from recsys.errors import RecsysError, UsageError

DEFAULT_WAREHOUSE = Path("warehouse/recsys.duckdb")

warehouse_option = click.option(
    "--warehouse",
    type=click.Path(path_type=Path),
    default=DEFAULT_WAREHOUSE,
    show_default=True,
    help="The warehouse file.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


class _Terminated(BaseException):
    """SIGTERM arrived."""


def _terminate(number: int, frame: FrameType | None) -> None:
    raise _Terminated


def main() -> None:
    """Run a command; exit status 0 done, 1 failed, 2 wrong input, 130 and 143 interrupted."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        commands(standalone_mode=False, prog_name="recsys")
        sys.stdout.flush()
    except RecsysError as error:
        _end(str(error), error.exit_status)
    except click.ClickException as error:
        error.show()
        _end("", 2)
    except (KeyboardInterrupt, click.Abort):
        _end("interrupted: nothing was published", 130)
    except _Terminated:
        _end("terminated: nothing was published", 143)
    except BrokenPipeError:
        os._exit(0)  # the reader, such as `head`, has seen enough
    except OSError as error:
        _end(f"{error.filename or 'the system'}: {error.strerror or error}", 1)


def _end(message: str, status: int) -> None:
    """Say one last thing and leave; when interrupted at once, whatever threads still do."""
    if message:
        print(message, file=sys.stderr)
    if status < 128:
        sys.exit(status)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="recsys")
def commands() -> None:
    """A hierarchical music recommender in SQL, embedded in DuckDB.

    \b
    recsys synth data/demo --scale small       make a demo data set
    recsys build --data data/demo              build the warehouse
    recsys leaderboard                         see how good each model is
    recsys sql "from marts.leaderboard"        ask it anything
    """


@commands.command()
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
    from recsys.console import ProgressLine, acceptance_table, console, print_json

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


@commands.command()
@click.option("--data", type=click.Path(path_type=Path), required=True, help="The data directory to read.")
@warehouse_option
@click.option("--sql-only", is_flag=True, help="Leave the learned models out.")
@click.option("--select", "selected", multiple=True, metavar="NAME", help="Only NAME, +NAME or NAME+.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a constant.")
@click.option("--full-refresh", is_flag=True, help="Run every model, changed or not.")
@click.option("--plan", "plan_only", is_flag=True, help="Say what would run and why, and run nothing.")
@click.option("--threads", type=click.IntRange(min=1), default=os.cpu_count() or 1, help="Threads to use.")
@click.option("--memory", default="4GB", show_default=True, help="What DuckDB may take before it spills.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option("--spark-master", metavar="URL", help="A Spark cluster instead of a local session.")
@click.option("--sql", type=click.Path(path_type=Path, file_okay=False), help="Another folder of models.")
def build(threads: int, memory: str, plan_only: bool, **given: Any) -> None:
    """Build the warehouse: run every model that changed, check it, publish in one atomic step.

    \b
    Examples: recsys build --data data/demo --sql-only
              recsys build --data data/demo --select +scores.adaptive --set bayes.confidence=25
    """
    from recsys.build import Options
    from recsys.build import build as run
    from recsys.console import BuildConsole
    from recsys.warehouse import Limits

    options = Options(limits=Limits(threads, memory), plan_only=plan_only, **given)
    reporter = BuildConsole(plan_only)
    try:
        result = run(options, reporter)
    finally:
        reporter.close()
    if not plan_only:
        _after_build(options.warehouse, bool(result.ran), result.seconds)


def _after_build(warehouse: Path, published: bool, seconds: float) -> None:
    """What a person wants to see of a build that is done: oddities, leaderboard, where to go next."""
    from recsys import queries
    from recsys.console import console, leaderboard_table, rows_table
    from recsys.warehouse import reading

    out = console()
    with reading(warehouse) as connection:
        if published:
            oddities = queries.audit(connection)
            if oddities:
                out.print(rows_table("Found in the input", oddities))
        if queries.has(connection, "marts.leaderboard"):
            out.print(leaderboard_table(queries.leaderboard(connection)))
    done = f"published {warehouse}" if published else f"{warehouse} is up to date"
    out.print(f"{done} ({seconds:.1f} s). Ask it anything:")
    out.print(f"  recsys sql --warehouse {shlex.quote(str(warehouse))} 'from marts.leaderboard'")


@commands.command()
@warehouse_option
@json_option
def leaderboard(warehouse: Path, as_json: bool) -> None:
    """Print how good each model is, beside the published figure.

    \b
    Example: recsys leaderboard --json
    """
    from recsys import queries
    from recsys.console import console, leaderboard_table, print_json
    from recsys.warehouse import reading

    with reading(warehouse) as connection:
        rows = queries.leaderboard(connection)
    if as_json:
        print_json(rows)
    else:
        console().print(leaderboard_table(rows))


@commands.command()
@click.argument("model")
@click.argument("out", type=click.Path(path_type=Path))
@warehouse_option
def submit(model: str, out: Path, warehouse: Path) -> None:
    """Write MODEL's predictions for every candidate to OUT as a submission file.

    \b
    Example: recsys submit adaptive submission.csv
    """
    from recsys import queries
    from recsys.warehouse import reading

    with reading(warehouse) as connection:
        count = queries.write_submission(connection, model, out)
    print(f"{out}: {count:,} candidates as {model} ranks them")


@commands.command()
@click.argument("query", required=False)
@warehouse_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV instead of a table.")
@json_option
def sql(query: str | None, warehouse: Path, as_csv: bool, as_json: bool) -> None:
    """Run one QUERY against the warehouse, or open a prompt; the warehouse is never written to.

    \b
    Examples: recsys sql "select * from explain(3, 214)"
              recsys sql "copy (from submission('adaptive')) to 'submission.csv' (header)"
    """
    from recsys.shell import Format, prompt, run_query
    from recsys.warehouse import reading

    if as_csv and as_json:
        raise UsageError("--csv and --json: expected one of them")
    shape = Format.CSV if as_csv else Format.JSON if as_json else Format.TABLE
    with reading(warehouse) as connection:
        if query is not None:
            run_query(connection, query, shape)
        else:
            prompt(connection, warehouse, shape)


@commands.command()
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
        out.write_text(text, encoding="utf-8")


@commands.command()
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
    from recsys.console import console, ensemble_table, print_json
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


@commands.command()
@click.argument("user", type=int)
@click.argument("track", type=int)
@warehouse_option
@json_option
def explain(user: int, track: int, warehouse: Path, as_json: bool) -> None:
    """Show what the score of TRACK for USER is made of, a row for each piece of evidence.

    \b
    Example: recsys explain 3 2141
    """
    from recsys.console import console, print_json
    from recsys.report.explain import explain as evidence
    from recsys.report.explain import explanation_table
    from recsys.warehouse import reading

    with reading(warehouse) as connection:
        rows = evidence(connection, user, track)
    if as_json:
        print_json(rows)
    else:
        console().print(explanation_table(rows))


@commands.command()
@click.argument("user", type=int)
@click.option("-k", "count", type=click.IntRange(min=1), default=10, show_default=True, help="How many.")
@warehouse_option
@json_option
def recommend(user: int, count: int, warehouse: Path, as_json: bool) -> None:
    """Print the best tracks of the whole catalogue that USER has not rated, and why.

    \b
    Example: recsys recommend 3 -k 5
    """
    from recsys.console import console, print_json
    from recsys.report.recommend import recommend as best_tracks
    from recsys.report.recommend import recommendation_table
    from recsys.warehouse import reading

    with reading(warehouse) as connection:
        rows = best_tracks(connection, user, count)
    if as_json:
        print_json(rows)
    else:
        console().print(recommendation_table(rows))


@commands.command()
@warehouse_option
@json_option
def doctor(warehouse: Path, as_json: bool) -> None:
    """Check Python, packages, Java, disk, memory and the warehouse, and say what to do.

    \b
    Example: recsys doctor
    """
    from recsys.console import console, doctor_table, print_json
    from recsys.doctor import checks

    found = checks(warehouse)
    if as_json:
        print_json([vars(check) for check in found])
    else:
        console().print(doctor_table(found))
    if not all(check.ok for check in found):
        raise click.exceptions.Exit(1)


@commands.command()
@click.option("--markdown", "as_markdown", is_flag=True, help="Print the table that the README has.")
@json_option
def models(as_markdown: bool, as_json: bool) -> None:
    """List the models: what makes each, its formula, what it reads, its published accuracy.

    \b
    Example: recsys models
    """
    from recsys.console import console, print_json, rows_table
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


@commands.command()
@warehouse_option
@click.option("--out", type=click.Path(path_type=Path), default=Path("report.html"), show_default=True)
def report(warehouse: Path, out: Path) -> None:
    """Write a page about the warehouse that opens offline: data, leaderboard, accuracy, lineage, timings.

    \b
    Example: recsys report --out report.html
    """
    _needs_extra("report", "altair", "vl_convert")
    from recsys.report import page

    for line in page.write(warehouse, out):
        print(line)
    print(f"{out}: open it in a browser")


@commands.command()
@warehouse_option
@click.option("--port", type=click.IntRange(0, 65535), default=8350, show_default=True)
def ui(warehouse: Path, port: int) -> None:
    """Open the explorer on this machine: users, their history, candidates by any model, explanations, SQL.

    \b
    Example: recsys ui --port 8350
    """
    _needs_extra("ui", "starlette", "uvicorn")
    from recsys.ui.server import serve

    serve(warehouse, port=port)


def _needs_extra(extra: str, *packages: str) -> None:
    absent = [package for package in packages if not importlib.util.find_spec(package)]
    if absent:
        raise UsageError(f"this needs {' and '.join(absent)}: pip install 'recsys[{extra}]'")
