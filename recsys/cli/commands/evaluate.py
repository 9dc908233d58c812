"""Evaluate recommendation lists on held-out likes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recsys.cli.groups import command
from recsys.cli.options import count_option, json_option, memory_option, threads_option, warehouse_option
from recsys.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from recsys.backends.database import Limits
    from recsys.backends.duckdb.statements import Connection


@command("recsys evaluate -k 10 --model affinity")
@count_option
@click.option(
    "--model", "models", multiple=True, metavar="NAME", help="Evaluate only this model; repeatable."
)
@warehouse_option
@threads_option
@memory_option("2GB")
@json_option
def evaluate(
    count: int, models: Sequence[str], warehouse: Path, threads: int, memory: str, as_json: bool
) -> None:
    """Evaluate lists of recommendations on held-out likes.

    For every user with held-out likes, which no model has seen, each model ranks all items that the user has
    not rated. Prints recall, NDCG, MRR, the share of popular items (the most rated tenth) and the share of
    items that appear in any list, with 95 % intervals over users. Writes them to marts.ranking_quality, which
    the next build clears.
    """
    import pyarrow as pa

    from recsys.backends.database import Limits
    from recsys.backends.duckdb.connection import reading
    from recsys.cli.console import print_json, show
    from recsys.cli.tables import rows_table
    from recsys.engine import additions
    from recsys.serving import query_templates
    from recsys.serving.queries import require

    limits = Limits(threads, memory)
    with reading(warehouse) as connection:
        require(
            connection,
            warehouse,
            query_templates.RELATION,
            "staging.truth",
            "staging.users",
            "staging.tracks",
        )
        found = pa.concat_tables(_judged(connection, warehouse, models, count, limits))
    additions.add(warehouse, "marts.ranking_quality", found, limits)
    rows = found.to_pylist()
    if as_json:
        print_json(rows)
    else:
        show(f"Lists of {count}, {rows[0]['users']:,} users", rows_table([_shown(row) for row in rows]))


def _shown(row: dict[str, object]) -> dict[str, object]:
    return {name: row[name] for name in ("model", "metric", "value", "lower", "upper")}


def _judged(
    connection: Connection, warehouse: Path, models: Sequence[str], count: int, limits: Limits
) -> list[pa.Table]:
    from recsys.cli.console import console
    from recsys.cli.progress import ProgressLine
    from recsys.evaluation.ranking_quality import catalogue, held_out_likes, quality
    from recsys.serving.lists import Recommender, RecommendRequest

    likes, tracks = held_out_likes(connection), catalogue(connection)
    if not likes.num_rows:
        raise UsageError(
            f"{warehouse}: no held-out likes to evaluate on; import the ratings with --holdout 3, or "
            "build from data with truth2.txt"
        )
    recommender = Recommender(connection, limits)
    requests = [RecommendRequest(count, name) for name in models or recommender.models]
    names = [recommender.model(request) for request in requests]
    users = likes["user_id"].unique().sort().to_pylist()
    line = ProgressLine(console(stderr=True))
    tables = []
    try:
        for name, request in zip(names, requests, strict=True):
            line.show(f"Evaluating {name}")
            tables.append(
                quality(name, recommender.blocks(request, users, line.advance), likes, tracks, count)
            )
    finally:
        line.stop()
    return tables
