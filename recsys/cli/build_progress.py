"""Print a build: a line for each layer, and on a terminal a moving line with the time left."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING

from rich.text import Text

from recsys.cli.console import console
from recsys.cli.layout import columns
from recsys.cli.progress import ProgressLine
from recsys.cli.tables.models import plan_table

if TYPE_CHECKING:
    from recsys.engine.manifest import Record
    from recsys.engine.plan import Step

COUNTED = ("table", "view", "temp")  # kinds of relations that have rows
LEAST_ELAPSED, LEAST_SHARE = 2.0, 0.02  # seconds and share of a build before its time left is estimated
NAME = 30  # columns of a model's name; a longer name moves what follows it
FIRST = "not built yet"  # reason of all models of a first build
MOST_NAMED = 3  # relations of a list that are named


class Detail(Enum):
    """Levels of output of a build."""

    QUIET = "quiet"  # nothing but errors
    LAYERS = "layers"
    MODELS = "models"


class Estimate:
    """Estimate the finished share of a build, and its time left, from the expected seconds of its models."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock, self.begun = clock, clock()
        self.done = 0.0
        self.waiting: dict[str, float] = {}

    def expect(self, seconds: Mapping[str, float]) -> None:
        """Set the models that are still to run."""
        self.waiting = dict(seconds)

    def finish(self, model: str) -> None:
        """Count a model as finished."""
        self.done += self.waiting.pop(model, 0.0)

    def share(self, running: Sequence[str], fraction: float) -> float:
        """Return the finished share (0..1) of the build, given that of the one model that runs."""
        begun = self.waiting.get(running[0], 0.0) * fraction if len(running) == 1 else 0.0
        total = self.done + sum(self.waiting.values())
        return (self.done + begun) / total if total else 1.0

    def left(self, share: float) -> float | None:
        """Return the seconds left at a share; None as long as too little is known."""
        elapsed = self.clock() - self.begun
        if elapsed < LEAST_ELAPSED or share < LEAST_SHARE:
            return None
        return elapsed * (1 - share) / share


class BuildConsole:
    """Print the progress of a build with so much detail."""

    def __init__(self, opening: str = "", plan_only: bool = False, detail: Detail = Detail.LAYERS) -> None:
        self.out = console()
        self.out.quiet = detail is Detail.QUIET
        self.opening, self.plan_only, self.detail = opening, plan_only, detail
        self.line, self.estimate = ProgressLine(self.out, has_clock=False), Estimate()
        self.waiting = Counter[str]()
        self.counts, self.seconds = Counter[str](), defaultdict[str, float](float)
        self.running: list[str] = []
        self.total = self.width = 0
        self.is_shown = self.out.quiet

    def planned(self, steps: Sequence[Step], dropped: Sequence[str], seconds: Mapping[str, float]) -> None:
        """Print how many models will run; after a learner could not run, only take the new plan."""
        names = [step.name for step in steps if step.runs]
        self.waiting = Counter(map(_layer, names))
        self.estimate.expect({name: seconds[name] for name in names})
        self.running = []
        if not self.total:
            self._introduce(steps, dropped, names)
        self.total = self.counts.total() + len(names)

    def _introduce(self, steps: Sequence[Step], dropped: Sequence[str], names: Sequence[str]) -> None:
        self.width = max(map(len, self.waiting), default=0)
        if self.opening and names and not self.plan_only:
            self.out.print(self.opening)
        if dropped:
            self.out.print(f"{len(dropped)} relations are no longer part of the build: {_first_of(dropped)}")
        if self.plan_only:
            self.out.print(plan_table(steps))
            updated = sum(step.rendered.model.incremental is not None for step in steps)
            self.out.print(f"+ {updated} models that recsys append updates without a build")
        if names and all(step.reason == FIRST for step in steps if step.runs):
            self.out.print(f"{len(names)} models to run")
        else:
            self.out.print(f"{len(names)} of {len(steps)} models to run, {len(steps) - len(names)} unchanged")

    def started(self, step: Step) -> None:
        """Show that a model runs."""
        self.running.append(step.name)
        if not self.is_shown:
            self.line.show("")
            self.is_shown = True
        self.advanced(0.0)

    def advanced(self, fraction: float, message: str = "") -> None:
        """Show the finished share of the build, the time left and what runs."""
        share = self.estimate.share(self.running, fraction)
        left = self.estimate.left(share)
        time_left = f"{_duration(left)} left" if left is not None else ""
        running = " ".join([*self.running, *([message] if message else [])])
        self.line.advance(share, f"{share:4.0%}  {time_left:<11}  {running}")

    def finished(self, step: Step, record: Record) -> None:
        """Print a line about a finished model, or about its layer if that is complete."""
        self.running.remove(step.name)
        self.estimate.finish(step.name)
        layer = _layer(step.name)
        self.counts[layer] += 1
        self.seconds[layer] += record.seconds
        self.waiting[layer] -= 1
        if self.detail is Detail.MODELS:
            self._print_model(record)
        elif not self.waiting[layer]:
            self._print_layer(layer)

    def _print_model(self, record: Record) -> None:
        position = f"{self.counts.total():>{len(str(self.total))}}/{self.total}"
        made = f"{record.row_count:,} rows" if record.kind in COUNTED else record.kind
        line = f"{position} {record.name:<{NAME}} {made:>14} {record.seconds:>6.1f} s  "
        self.out.print(Text.assemble(line, (record.reason, "dim")))

    def _print_layer(self, layer: str) -> None:
        count = self.counts[layer]
        models = "model " if count == 1 else "models"
        self.out.print(f"{layer:<{self.width}}  {count:>4} {models} {self.seconds[layer]:>8.1f} s")

    def left_out(self, models: Sequence[str], reason: str) -> None:
        """Print the models that are not part of the build for one reason."""
        self.out.print(f"left out {_first_of(models)}: {reason}", width=columns())

    def close(self) -> None:
        """Remove the moving line."""
        self.line.stop()


def _first_of(names: Sequence[str]) -> str:
    """Return the first few names, with dots for the others."""
    return ", ".join(names[:MOST_NAMED]) + (", ..." if len(names) > MOST_NAMED else "")


def _layer(model: str) -> str:
    return model.partition(".")[0]


def _duration(seconds: float) -> str:
    """Return a duration in words short enough for a line: 45 s, 3 min, 2 h."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.0f} h"
