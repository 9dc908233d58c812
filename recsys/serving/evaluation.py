"""Judge the list models of a warehouse, by the split of its build or by another one."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recsys.backends.database import Limits
from recsys.backends.duckdb.connection import query, reading
from recsys.backends.duckdb.statements import Connection
from recsys.engine.build import Options, Reporter, build
from recsys.errors import UsageError
from recsys.serving.queries import require, settings
from recsys.sources.remote import located

LEADERBOARD = "marts.list_leaderboard"
SPLITS = ("random", "time")


def leaderboard(connection: Connection, models: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return the rows of ``marts.list_leaderboard``, best model first.

    Parameters
    ----------
    connection : DuckDB connection
        Of the open warehouse.
    models : sequence of str
        Only these list models. Default: all.

    Raises
    ------
    UsageError
        There is no such list model.
    """
    rows: list[dict[str, Any]] = query(
        connection, f"from {LEADERBOARD} order by ndcg desc nulls last, model"
    ).to_pylist()
    names = [row["model"] for row in rows]
    for name in models:
        if name not in names:
            raise UsageError(f"{name}: no such list model; choose from {', '.join(names)}")
    return [row for row in rows if not models or row["model"] in models]


def evaluate(
    warehouse: Path, split: str | None, models: Sequence[str], limits: Limits, reporter: Reporter
) -> list[dict[str, Any]]:
    """Return how good the list models are on held-out likes.

    Parameters
    ----------
    warehouse : Path
        The warehouse file.
    split : str, optional
        ``random`` or ``time``: fit and judge the list models again in a temporary warehouse, from the data
        directory of the build. Default: the figures of the build.
    models : sequence of str
        Only these list models. Default: all.
    limits : Limits
        Threads and memory.
    reporter : Reporter
        Shows the progress of a temporary build.

    Raises
    ------
    UsageError
        There is no such list model, or the data directory is gone.
    """
    with reading(warehouse) as connection:
        require(connection, warehouse, LEADERBOARD)
        found = leaderboard(connection, models)
        data = settings(connection)["data"]
    if split is None:
        return found
    with tempfile.TemporaryDirectory(prefix="recsys-") as folder:
        judged = Path(folder) / "judged.duckdb"
        options = Options(
            data=located(data),
            warehouse=judged,
            overrides=(f"validation.split={split}",),
            selected=(f"+{LEADERBOARD}",),
            limits=limits,
        )
        build(options, reporter)
        with reading(judged) as connection:
            return leaderboard(connection, models)
