"""Evaluate recommendation lists on held-out likes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recsys.cli.groups import command
from recsys.cli.options import OneOf, json_option, memory_option, threads_option, warehouse_option

if TYPE_CHECKING:
    from recsys.engine.manifest import Record
    from recsys.engine.plan import Step


@command("recsys evaluate", "recsys evaluate --split random --model ease --model popularity")
@click.option(
    "--model", "models", multiple=True, metavar="NAME", help="Evaluate only this list model; repeatable."
)
@click.option(
    "--split",
    type=OneOf(["random", "time"]),
    help="Hold out random likes, or the latest ones.  [default: as the build did]",
)
@warehouse_option
@threads_option
@memory_option("4GB")
@json_option
def evaluate(
    models: Sequence[str], split: str | None, warehouse: Path, threads: int, memory: str, as_json: bool
) -> None:
    """Evaluate the list models on held-out likes.

    Prints one row per model, best first: NDCG and recall of lists of 10, recall of lists of 50, the
    reciprocal rank of the first hit, the share of items in any list, and the share of popular items. Every
    item that the user has not interacted with competes. --split fits the models again in a temporary
    warehouse.
    """
    from recsys.backends.database import Limits
    from recsys.cli.console import print_json, show
    from recsys.cli.list_tables import EXPLANATION, list_leaderboard_table
    from recsys.serving.evaluation import evaluate as judge

    rows = judge(warehouse, split, models, Limits(threads, memory), _Progress())
    if as_json:
        print_json(rows)
    else:
        show("Lists", list_leaderboard_table(rows, wide=True), EXPLANATION)


class _Progress:
    """Show which model of a temporary build runs, in a line on standard error."""

    def __init__(self) -> None:
        from recsys.cli.console import console
        from recsys.cli.progress import ProgressLine

        self.line = ProgressLine(console(stderr=True))

    def planned(self, steps: list[Step], dropped: list[str], seconds: Mapping[str, float]) -> None: ...
    def advanced(self, fraction: float, message: str = "") -> None: ...
    def left_out(self, model: str, reason: str) -> None: ...

    def started(self, step: Step) -> None:
        """Show the model."""
        self.line.show(step.name)

    def finished(self, step: Step, record: Record) -> None:
        """Clear the line."""
        self.line.stop()
