"""Write a model's predictions as a submission file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recsys.cli.groups import command
from recsys.cli.options import warehouse_option
from recsys.errors import UsageError

if TYPE_CHECKING:
    from recsys.backends.duckdb.statements import Connection


@command("recsys submit submission.csv", "recsys submit adaptive submission.csv")
@click.argument("words", nargs=-1, required=True, metavar="[MODEL] OUT")
@warehouse_option
def submit(words: tuple[str, ...], warehouse: Path) -> None:
    """Write a model's predictions as a submission file.

    Default MODEL: the best one (marts.best_model).
    """
    from recsys.backends.duckdb.connection import reading
    from recsys.serving import submission
    from recsys.serving.relations import require

    *named, last = words
    out = Path(last)
    if len(named) > 1:
        raise UsageError("give a model and a file, or only a file: recsys submit [MODEL] OUT")
    with reading(warehouse) as connection:
        require(connection, warehouse, "marts.leaderboard", "submission")
        model = named[0] if named else _best(connection, warehouse)
        count = submission.write(connection, model, out)
    print(f"{out}: {count:,} test items, ranked by {model}")


def _best(connection: Connection, warehouse: Path) -> str:
    from recsys.serving.best_model import best_model

    best = best_model(connection)
    if best is None:
        raise UsageError(f"{warehouse}: the best model is unknown without labels or validation; name a model")
    return str(best["model"])
