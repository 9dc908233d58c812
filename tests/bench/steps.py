"""Where the processor time of a build goes, model by model.

    python -m tests.bench.steps --data DIR --warehouse FILE [--sql-only] [...]

takes what ``recsys build`` takes, runs the models one at a time on one thread, and prints what each took of the
processor, with what comes before the first model (the interpreter, imports, reading ``sql/`` and digesting the
input) and after the last (the record, publishing, what is printed).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.table import Table

from recsys.cli.program import run
from recsys.engine.runner import Runner

START, END = "before the first model", "after the last model"
LEAST = 0.05  # seconds of what is named by itself


class Clock:
    """Processor seconds of this process by what they were spent on."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self.last = 0.0

    def lap(self, name: str) -> None:
        """Note what was spent since the last lap, or the start of the process."""
        now = time.process_time()
        self.spent[name] = self.spent.get(name, 0.0) + now - self.last
        self.last = now

    def watching(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """`Runner.run`; each call is a lap."""

        def watched(runner: Runner, step: Any, database: Any) -> Any:
            self.lap(END if self.spent else START)
            made = work(runner, step, database)
            self.lap(step.name)
            return made

        return watched


def table(spent: dict[str, float]) -> Table:
    """The largest first; what is small is one row."""
    shown = Table("what", "CPU s", title=f"{sum(spent.values()):.1f} s of the processor")
    for name, seconds in sorted(spent.items(), key=lambda item: -item[1]):
        if seconds >= LEAST:
            shown.add_row(name, f"{seconds:.2f}")
    rest = [seconds for seconds in spent.values() if seconds < LEAST]
    shown.add_row(f"{len(rest)} others", f"{sum(rest):.2f}")
    return shown


def main() -> None:
    """Builds and prints."""
    clock = Clock()
    Runner.run = clock.watching(Runner.run)  # type: ignore[method-assign]
    sys.argv = ["recsys", "build", *sys.argv[1:], "--threads", "1"]
    try:
        run()
    except SystemExit as end:
        if end.code:
            raise
    clock.lap(END)
    Console().print(table(clock.spent))


if __name__ == "__main__":
    main()
