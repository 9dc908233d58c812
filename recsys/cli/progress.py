"""Show how far a long step is: one moving line on a terminal, and nothing elsewhere."""

from __future__ import annotations

from rich.console import Console
from rich.progress import Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

from recsys.cli.layout import columns, is_ascii

BAR = 24  # columns
GAPS = 3  # columns of the spaces between the parts
CLOCK = 10  # columns of the time and of these spaces


class Bar(ProgressColumn):
    """Draw a bar of the finished share, in ASCII where the locale asks for it."""

    def __init__(self) -> None:
        super().__init__()
        self.full, self.empty = ("#", "-") if is_ascii() else ("━", "─")  # before rich replaces stdout

    def render(self, task: Task) -> Text:
        """Return the bar of a task."""
        done = min(BAR, round((task.percentage or 0) / 100 * BAR))
        return Text.assemble((self.full * done, "cyan"), (self.empty * (BAR - done), "dim"))


class ProgressLine:
    """Show the progress of a long step in one line; print nothing without a terminal."""

    def __init__(self, out: Console, has_clock: bool = True) -> None:
        clock = [TimeElapsedColumn()] if has_clock else []
        self.progress = Progress(
            TextColumn("{task.description}", markup=False),
            Bar(),
            TextColumn("{task.fields[message]}", markup=False),
            *clock,
            console=out,
            transient=True,
            disable=not out.is_terminal or out.is_dumb_terminal,
        )
        self.description = ""
        self.room = columns() - BAR - (CLOCK if has_clock else GAPS)
        self.task = self.progress.add_task("", total=1.0, message="", visible=False)

    def show(self, description: str) -> None:
        """Start a step."""
        self.description = _cut(description, self.room)
        self.progress.start()
        self.progress.reset(self.task, description=self.description, total=1.0, message="", visible=True)

    def advance(self, fraction: float, message: str = "") -> None:
        """Update the finished share of the step."""
        message = _cut(message, self.room - len(self.description))
        self.progress.update(self.task, completed=fraction, message=message)

    def stop(self) -> None:
        """Remove the line."""
        self.progress.stop()


def _cut(text: str, width: int) -> str:
    """Cut a text so that the line fits the terminal."""
    return text if len(text) <= width else f"{text[: max(0, width - 3)]}..."
