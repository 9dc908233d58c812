"""Evaluate recommendation lists on held-out likes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recsys.cli.groups import command
from recsys.cli.options import (
    OneOf,
    WholeNumber,
    diversity_option,
    json_option,
    memory_option,
    threads_option,
    warehouse_option,
)
from recsys.errors import UsageError

if TYPE_CHECKING:
    from recsys.engine.manifest import Record
    from recsys.engine.plan import Step


@command(
    "recsys evaluate",
    "recsys evaluate --split random -k 20 --model ease",
    "recsys evaluate --cold items",
    "recsys evaluate --diversity 0.3",
    without_pandas=True,
)
@click.option(
    "--model", "models", multiple=True, metavar="NAME", help="Evaluate only this list model; repeatable."
)
@click.option(
    "--split",
    type=OneOf(["random", "time"]),
    help="Hold out random likes, or the latest ones.  [default: as the build did]",
)
@click.option(
    "-k", "count", type=WholeNumber(1, 50), default=10, show_default=True, help="Length of the judged lists."
)
@click.option(
    "--cold",
    type=OneOf(["users", "items"]),
    help="Judge users with few interactions, or items that no user of the history has chosen.",
)
@diversity_option
@warehouse_option
@threads_option
@memory_option("4GB")
@json_option
def evaluate(
    models: Sequence[str],
    split: str | None,
    count: int,
    cold: str | None,
    diversity: float,
    warehouse: Path,
    threads: int,
    memory: str,
    as_json: bool,
) -> None:
    """Evaluate the list models on held-out likes.

    Prints one row per model, best first: NDCG and recall of lists of -k items, recall in lists of 50, MRR
    (the mean of 1 / rank of the first hit), the share of items in any list, and the share of popular items
    in lists. A list may contain every item that the user has not interacted with. --cold users compares
    users with few interactions with the others. --cold items holds a tenth of the items out with all their
    interactions, and recommends only these. --diversity shows what it costs in NDCG. --split, -k, --cold
    items and --diversity fit the models again in a temporary warehouse.
    """
    from recsys.backends.database import Limits
    from recsys.cli.console import print_json, show
    from recsys.cli.tables.list_models import (
        cold_users_note,
        cold_users_table,
        diverse_note,
        diverse_table,
        evaluation_notes,
        evaluation_table,
    )
    from recsys.serving.evaluation import EvaluationRequest
    from recsys.serving.evaluation import evaluate as judge

    if split is not None and cold == "items":
        raise UsageError("give --split or --cold items: items that are held out have no likes left to split")
    if diversity and cold is not None:
        raise UsageError("give --diversity or --cold, not both")
    request = EvaluationRequest(models, split, count, cold, diversity)
    rows = judge(warehouse, request, Limits(threads, memory), _Progress())
    if as_json:
        print_json(rows)
    elif diversity:
        show(f"Lists with a diversity of {diversity:g}", diverse_table(rows, count), diverse_note(rows))
    elif cold == "users":
        show("Lists for users with few interactions", cold_users_table(rows, count), cold_users_note(rows))
    else:
        what = "" if cold is None else " that no user in the history has chosen"
        show(f"Lists of {count} items{what}", evaluation_table(rows), evaluation_notes(rows))


class _Progress:
    """Show which model of a temporary build runs, in a line on standard error."""

    def __init__(self) -> None:
        from recsys.cli.console import console
        from recsys.cli.progress import ProgressLine

        self.line = ProgressLine(console(stderr=True))

    def planned(self, steps: list[Step], dropped: list[str], seconds: Mapping[str, float]) -> None: ...
    def advanced(self, fraction: float, message: str = "") -> None: ...
    def left_out(self, models: Sequence[str], reason: str) -> None: ...

    def started(self, step: Step) -> None:
        """Show the model."""
        self.line.show(step.name)

    def finished(self, step: Step, record: Record) -> None:
        """Clear the line."""
        self.line.stop()
