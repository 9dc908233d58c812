"""What the commands print: progress of builds, tables, JSON. Colours and bars only where a person looks."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from recsys.report.bars import bar

if TYPE_CHECKING:
    from recsys.cli.doctor import Check
    from recsys.engine.plan import Step
    from recsys.engine.record import Record
    from recsys.ensemble.files import Outcome
    from recsys.synthetic.acceptance import Statistic

WIDE = 200  # columns of the output where nobody's terminal sets them


class _Console(Console):
    """Leaves it to the command line what becomes of a program whose output nobody reads any more."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console(stderr: bool = False) -> Console:
    """A console that wraps nothing where it is not a terminal, and honours NO_COLOR."""
    out = _Console(stderr=stderr, highlight=False)
    return out if out.is_terminal else _Console(stderr=stderr, highlight=False, width=WIDE)


class ProgressLine:
    """One line that shows how far a long step is; nothing where there is no terminal."""

    def __init__(self, out: Console) -> None:
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[message]}"),
            TimeElapsedColumn(),
            console=out,
            transient=True,
            disable=not out.is_terminal,
        )
        self.task = self.progress.add_task("", total=1.0, message="", visible=False)

    def show(self, description: str) -> None:
        self.progress.start()
        self.progress.reset(self.task, description=description, total=1.0, message="", visible=True)

    def advance(self, fraction: float, message: str = "") -> None:
        self.progress.update(self.task, completed=fraction, message=message)

    def stop(self) -> None:
        self.progress.stop()


class BuildConsole:
    """Prints a line for each model that a build ran: rows, seconds, and why."""

    def __init__(self, plan_only: bool = False) -> None:
        self.out = console()
        self.plan_only = plan_only
        self.line = ProgressLine(self.out)
        self.width = self.total = self.done = 0
        self.running: list[str] = []

    def planned(self, steps: Sequence[Step], dropped: Sequence[str]) -> None:
        running = [step for step in steps if step.runs]
        self.total = len(running)
        self.width = max((len(step.name) for step in running), default=0)
        for name in dropped:
            self.out.print(f"dropped {name}: it is not part of this build")
        if self.plan_only:
            for step in steps:
                self.out.print(
                    f"{'run ' if step.runs else 'keep'} {step.name:<40} {step.reason or ''}".rstrip()
                )
        self.out.print(f"{len(running)} of {len(steps)} models to run, {len(steps) - len(running)} kept")

    def started(self, step: Step) -> None:
        self.running.append(step.name)
        self.line.show(" ".join(self.running))

    def advanced(self, fraction: float, message: str = "") -> None:
        self.line.advance(fraction, message)

    def finished(self, step: Step, record: Record) -> None:
        self.running.remove(step.name)
        self.done += 1
        position = f"{self.done:>{len(str(self.total))}}/{self.total}"
        rows = f"{record.row_count:>13,} rows" if record.kind in ("table", "view", "temp") else " " * 18
        self.out.print(
            f"{position} {record.name:<{self.width}} {record.kind:<5} {rows} {record.seconds:>7.2f} s"
            f"  [dim]{record.reason}[/dim]"
        )

    def left_out(self, model: str, reason: str) -> None:
        self.out.print(f"left out {model}: {reason}")

    def close(self) -> None:
        self.line.stop()


def print_json(value: Any) -> None:
    """One JSON document on standard output; a number that JSON has no word for becomes null."""
    print(json.dumps(_finite(value), indent=2, default=str, allow_nan=False))


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def print_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)


def rows_table(title: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    """A table of any rows: names of columns as they are, numbers to the right."""
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for column in rows[0] if rows else ():
        numeric = all(isinstance(row[column], int | float | None) for row in rows)
        table.add_column(column, justify="right" if numeric else "left")
    for row in rows:
        table.add_row(*(formatted(value) for value in row.values()))
    return table


def formatted(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4f}" if abs(value) < 10 else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def leaderboard_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """The models from the best down; the bars start at chance."""
    table = Table(title="Leaderboard", title_justify="left", box=box.SIMPLE_HEAD)
    for heading in ("", "model"):
        table.add_column(heading, justify="right" if not heading else "left")
    table.add_column("accuracy", justify="right", no_wrap=True)
    table.add_column("from .5 up", no_wrap=True)
    for heading in ("auc", "auc of p", "published", "difference", "users", "seconds"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("evaluated on")
    for place, row in enumerate(rows, 1):
        table.add_row(str(place), *_leaderboard_cells(row), row["evaluated_on"])
    return table


def _leaderboard_cells(row: Mapping[str, Any]) -> list[str | Text]:
    accuracy, published = row["accuracy"], row["published_accuracy"]
    compared = accuracy is not None and published is not None
    return [
        row["model"],
        "-" if accuracy is None else f"{accuracy:.4f}",
        "" if accuracy is None else bar(accuracy, 0.5, 1.0),
        "-" if row["auc"] is None else f"{row['auc']:.4f}",
        "-" if row["probability_auc"] is None else f"{row['probability_auc']:.4f}",
        "-" if published is None else f"{published:.3f}",
        f"{accuracy - published:+.3f}" if compared else "-",
        f"{row['users']:,}",
        f"{row['seconds']:.1f}",
    ]


def acceptance_table(statistics: Sequence[Statistic]) -> Table:
    """The figures of a data set beside those of the real one, and whether they are near enough."""
    table = Table(title="How near the real data this is", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("statistic")
    for heading in ("real", "here", "tolerance"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for statistic in statistics:
        verdict = {True: Text("within", style="green"), False: Text("OUTSIDE", style="red"), None: Text("")}
        tolerance = "-" if statistic.tolerance is None else f"{statistic.tolerance:g}"
        table.add_row(
            statistic.name,
            formatted(statistic.real),
            formatted(statistic.twin),
            tolerance,
            verdict[statistic.is_within],
        )
    return table


def ensemble_table(outcome: Outcome) -> Table:
    """The inputs of a blend: what each scored, what the others foretell it to score, and its weight."""
    table = Table(title="Inputs of the blend", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("file")
    for heading in ("known accuracy", "foretold by the others", "weight"):
        table.add_column(heading, justify="right")
    table.add_column("same as")
    for known in outcome.inputs:
        foretold = "-" if known.foretold is None else f"{known.foretold:.4f}"
        weight = "-" if known.weight is None else f"{known.weight:+.4f}"
        table.add_row(known.file, f"{known.accuracy:.4f}", foretold, weight, known.duplicate_of or "")
    return table


def doctor_table(checks: Sequence[Check]) -> Table:
    """A line for each check, and what to do below those that ask for something."""
    table = Table(title="Doctor", title_justify="left", box=box.SIMPLE_HEAD)
    for heading in ("", "check", "found"):
        table.add_column(heading)
    for check in checks:
        sign = Text("ok", style="green") if check.ok else Text("no", style="red")
        table.add_row(sign, check.name, check.found)
        if check.advice:
            table.add_row("", "", Text(f"-> {check.advice}", style="yellow"))
    return table
