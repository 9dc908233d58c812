"""``recsys evaluate``: how good lists from the whole catalogue are, by likes that were held out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recsys.cli.options import json_option, warehouse_option
from recsys.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from recsys.backends.database import Limits
    from recsys.backends.duckdb.statements import Connection


@click.command()
@click.option(
    "-k", "count", type=click.IntRange(1, 1_000_000), default=10, show_default=True, help="Length of a list."
)
@click.option("--model", "models", multiple=True, metavar="NAME", help="Only this model; can be repeated.")
@warehouse_option
@click.option("--threads", type=click.IntRange(1, 1024), default=os.cpu_count() or 1, help="Threads to use.")
@click.option("--memory", default="2GB", show_default=True, help="What DuckDB may take.")
@json_option
def evaluate(
    count: int, models: Sequence[str], warehouse: Path, threads: int, memory: str, as_json: bool
) -> None:
    """Judge lists from the whole catalogue by held-out likes.

    For every user with likes in the truth, which no model has seen, all tracks compete that the user has not
    rated. Prints recall, NDCG, MRR, the share of popular tracks (the most rated tenth) and how much of the
    catalogue the lists cover, with intervals of 95 % over users, and keeps them in marts.ranking_quality
    until the next build.

    \b
    Example: recsys evaluate -k 10 --model affinity
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
            f"{warehouse}: no held-out likes to judge by: build it from data with a file truth2.txt, "
            "such as `recsys import --holdout 3` makes"
        )
    recommender = Recommender(connection, limits)
    requests = [RecommendRequest(count, name) for name in models or recommender.models]
    names = [recommender.model(request) for request in requests]
    users = likes["user_id"].unique().sort().to_pylist()
    line = ProgressLine(console(stderr=True))
    tables = []
    try:
        for name, request in zip(names, requests, strict=True):
            line.show(f"judging {name}")
            tables.append(
                quality(name, recommender.blocks(request, users, line.advance), likes, tracks, count)
            )
    finally:
        line.stop()
    return tables
