"""Write a model's predictions as a submission file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recsys.cli.options import warehouse_option
from recsys.errors import UsageError

if TYPE_CHECKING:
    from recsys.backends.duckdb.statements import Connection


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="[MODEL] OUT")
@warehouse_option
def submit(words: tuple[str, ...], warehouse: Path) -> None:
    """Write a model's predictions to OUT as a submission file.

    Without MODEL, it is the best one, as the end of a build and marts.best_model name it.

    \b
    Examples: recsys submit submission.csv
              recsys submit adaptive submission.csv
    """
    from recsys.backends.duckdb.connection import reading
    from recsys.serving import queries

    *named, last = words
    out = Path(last)
    if len(named) > 1:
        raise UsageError(f"submit {' '.join(words)}: expected a model and a file, or a file alone")
    with reading(warehouse) as connection:
        queries.require(connection, warehouse, "marts.leaderboard", "submission")
        model = named[0] if named else _best(connection, warehouse)
        count = queries.write_submission(connection, model, out)
    print(f"{out}: {count:,} candidates as {model} ranks them")


def _best(connection: Connection, warehouse: Path) -> str:
    from recsys.serving import queries

    best = queries.best_model(connection)
    if best is None:
        raise UsageError(f"{warehouse}: neither labels nor validation tell which model is best: name one")
    return str(best["model"])
