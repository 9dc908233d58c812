"""Print progress: a moving line on a terminal, and a line for each model of a build."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from recsys.cli.console import console
from recsys.cli.layout import columns
from recsys.cli.tables import plan_table

if TYPE_CHECKING:
    from recsys.engine.manifest import Record
    from recsys.engine.plan import Step

BAR = 24  # columns
CLOCK = 10  # columns of the time and of the blanks between the parts
COUNTED = ("table", "view", "temp")


class ProgressLine:
    """Show the progress of a long step in one line; print nothing without a terminal."""

    def __init__(self, out: Console) -> None:
        self.progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=BAR),
            TextColumn("{task.fields[message]}", markup=False),
            TimeElapsedColumn(),
            console=out,
            transient=True,
            disable=not out.is_terminal or out.is_dumb_terminal,
        )
        self.description = ""
        self.task = self.progress.add_task("", total=1.0, message="", visible=False)

    def show(self, description: str) -> None:
        """Start a step."""
        self.description = _cut(description, columns() - BAR - CLOCK)
        self.progress.start()
        self.progress.reset(self.task, description=self.description, total=1.0, message="", visible=True)

    def advance(self, fraction: float, message: str = "") -> None:
        """Update the share of the step that is done."""
        message = _cut(message, columns() - BAR - CLOCK - len(self.description))
        self.progress.update(self.task, completed=fraction, message=message)

    def stop(self) -> None:
        """Remove the line."""
        self.progress.stop()


def _cut(text: str, width: int) -> str:
    """Cut a text so that the line fits the terminal."""
    return text if len(text) <= width else f"{text[: max(0, width - 3)]}..."


class BuildConsole:
    """Print a line for each model that a build runs: rows, seconds, and why."""

    def __init__(self, opening: str = "", plan_only: bool = False) -> None:
        self.out = console()
        self.opening, self.plan_only = opening, plan_only
        self.line = ProgressLine(self.out)
        self.width = self.total = self.done = 0
        self.running: list[str] = []

    def planned(self, steps: Sequence[Step], dropped: Sequence[str]) -> None:
        """Print how many models will run."""
        running = [step for step in steps if step.runs]
        if self.opening and running and not self.plan_only and not self.done:
            self.out.print(self.opening)
        self.total = len(running)
        self.width = max((len(step.name) for step in running), default=0)
        for name in dropped:
            self.out.print(f"dropped {name}: it is not part of this build")
        if self.plan_only:
            self.out.print(plan_table(steps))
        self.out.print(f"{len(running)} of {len(steps)} models to run, {len(steps) - len(running)} kept")

    def started(self, step: Step) -> None:
        """Show that a model runs."""
        self.running.append(step.name)
        self.line.show(" ".join(self.running))

    def advanced(self, fraction: float, message: str = "") -> None:
        """Show how far the running models are."""
        self.line.advance(fraction, message)

    def finished(self, step: Step, record: Record) -> None:
        """Print a line about a finished model."""
        self.running.remove(step.name)
        self.done += 1
        position = f"{self.done:>{len(str(self.total))}}/{self.total}"
        made = f"{record.row_count:,} rows" if record.kind in COUNTED else record.kind
        line = f"{position} {record.name:<{self.width}} {made:>15} {record.seconds:>6.1f} s"
        fits = len(line) + 2 + len(record.reason) <= columns()
        apart = "  " if fits else "\n" + " " * (len(position) + 1)
        self.out.print(Text.assemble(line, apart, (record.reason, "dim")))

    def left_out(self, model: str, reason: str) -> None:
        """Print that a model is not part of the build."""
        self.out.print(f"left out {model}: {reason}")

    def close(self) -> None:
        """Remove the moving line."""
        self.line.stop()
