"""Recommend items to some users, to all users, or to someone with the given ratings."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recsys.cli.groups import command
from recsys.cli.options import (
    count_option,
    engine_option,
    json_option,
    master_option,
    memory_option,
    threads_option,
    warehouse_option,
)
from recsys.errors import InputError, UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from recsys.backends.database import Limits
    from recsys.serving.lists import Recommender, RecommendRequest
    from recsys.sources.interactions import Interactions

EXPECTED = "give ITEM=RATING,..., such as 'film 50=5,film 7=2', or a CSV file of item,rating"


@command(
    "recsys recommend 3 7 -k 5",
    "recsys recommend --all --out top.parquet",
    "recsys recommend --ratings '2703=90,11528=20'",
    "recsys recommend --all --engine spark --master spark://host:7077 --out /shared/top",
)
@click.argument("users", nargs=-1, metavar="[USER]...")
@click.option("--all", "everybody", is_flag=True, help="Recommend to all users; needs --out.")
@click.option("--ratings", metavar="RATINGS", help="Recommend to a new user: ITEM=RATING,... or a CSV file.")
@count_option
@click.option("--model", metavar="NAME", help="Model that makes the lists.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="File to write: .parquet, .csv or .csv.gz; with --engine spark, a folder.",
)
@click.option(
    "--exclude-rated/--include-rated",
    default=True,
    show_default=True,
    help="Leave out items that the user has rated.",
)
@warehouse_option
@threads_option
@memory_option("2GB")
@engine_option("Run --all on this machine (duckdb), or on the Spark cluster of the build.")
@master_option
@json_option
def recommend(
    users: Sequence[str],
    everybody: bool,
    ratings: str | None,
    count: int,
    model: str | None,
    out: Path | None,
    exclude_rated: bool,
    warehouse: Path,
    threads: int,
    memory: str,
    engine: str,
    master: str | None,
    as_json: bool,
) -> None:
    """Recommend items to users, with reasons.

    Ranks items similar to what the user rated, the best of liked albums, artists and genres, and popular
    items. --ratings recommends to someone who is not in the data; ratings are on the scale of the data.
    """
    from recsys.backends.database import Limits
    from recsys.backends.duckdb.connection import reading
    from recsys.cli.console import print_json, show
    from recsys.cli.tables import lists_table
    from recsys.serving import export, query_templates
    from recsys.serving.lists import FOR_VISITORS, Recommender, RecommendRequest
    from recsys.serving.queries import require

    _check(users, everybody, ratings, out, engine, master)
    request = RecommendRequest(
        count, model or (FOR_VISITORS if ratings is not None else None), not exclude_rated
    )
    with reading(warehouse) as connection:
        require(connection, warehouse, query_templates.RELATION, "staging.users", "staging.items")
        recommender = Recommender(connection, Limits(threads, memory))
        if out is not None and engine == "spark":
            print(_on_cluster(recommender, request, out, master, Limits(threads, memory)))
            return
        if out is not None:
            export.check(out, [] if ratings is None else [Path(ratings)])
            recommender.model(request)
            rows = export.write(_with_progress(recommender, request, users, ratings), out)
            print(f"{out}: {rows:,} rows, by {recommender.model(request)}")
            return
        found = [row for table in _lists(recommender, request, users, ratings) for row in table.to_pylist()]
    if as_json:
        print_json(found)
    else:
        show("", lists_table(found, is_of_many=len(users) > 1), f"\nranked by {recommender.model(request)}")


def _check(
    users: Sequence[str],
    everybody: bool,
    ratings: str | None,
    out: Path | None,
    engine: str,
    master: str | None,
) -> None:
    if (len(users) > 0) + everybody + (ratings is not None) != 1:
        raise UsageError("give a user id, --all or --ratings")
    if engine == "spark" and not everybody:
        raise UsageError("--engine spark makes lists of all users only; add --all")
    if engine != "spark" and master is not None:
        raise UsageError(f"--master {master}: only for --engine spark; add it, or leave --master out")
    if everybody and out is None:
        needed = "--out FOLDER" if engine == "spark" else "--out FILE.parquet or --out FILE.csv"
        raise UsageError(f"--all writes a file; add {needed}")


def _on_cluster(
    recommender: Recommender, request: RecommendRequest, out: Path, master: str | None, limits: Limits
) -> str:
    """Make the lists on a cluster and return the line to print."""
    from recsys.cli.console import console
    from recsys.cli.progress import ProgressLine
    from recsys.engine.targets import require_spark

    require_spark()
    from recsys.serving.cluster.lists import Cluster, write

    line = ProgressLine(console(stderr=True))
    line.show("Recommending")
    try:
        rows = write(recommender, request, out, Cluster(master, limits), line.advance)
    finally:
        line.stop()
    return f"{out}: {rows:,} rows, by {recommender.model(request)}"


def _with_progress(
    recommender: Recommender, request: RecommendRequest, users: Sequence[str], ratings: str | None
) -> Iterator[pa.Table]:
    """Yield the lists, with a progress line on the terminal."""
    from recsys.cli.console import console
    from recsys.cli.progress import ProgressLine

    line = ProgressLine(console(stderr=True))
    line.show("Recommending")
    try:
        yield from _lists(recommender, request, users, ratings, line.advance)
    finally:
        line.stop()


def _lists(
    recommender: Recommender,
    request: RecommendRequest,
    users: Sequence[str],
    ratings: str | None,
    report: Callable[[float, str], None] | None = None,
) -> Iterator[pa.Table]:
    """Yield tables of lists, with original ids and names."""
    from recsys.serving import ids
    from recsys.serving.interactions import interactions

    if ratings is None:
        known = ids.user_ids(recommender.connection, users) if users else None
        tables = recommender.blocks(request, known, report)
    else:
        given = _parsed(ratings, interactions(recommender.connection))
        items = ids.item_ids(recommender.connection, [item for item, _ in given])
        values = (rating for _, rating in given)
        tables = iter([recommender.for_ratings(request, dict(zip(items, values, strict=True)))])
    for table in tables:
        yield table.select(["user", "rank", "item", "name", "score", "reason"])


def _parsed(ratings: str, known: Interactions) -> list[tuple[str, float]]:
    """Return items and their values, from ``ITEM=RATING,...`` or a file; the last of an item counts."""
    path = Path(ratings)
    if "=" in ratings and not path.exists():
        pairs = [(part.rpartition("=")[0].strip(), part.rpartition("=")[2]) for part in ratings.split(",")]
        for item, rating in pairs:
            if not item or not _is_number(rating):
                raise UsageError(f"--ratings: {f'{item}={rating}'!r}: {EXPECTED}")
            known.checked(float(rating), f"--ratings: {f'{item}={rating}'!r}")
        return [(item, float(rating)) for item, rating in pairs]
    if not path.is_file():
        raise UsageError(f"--ratings: {ratings!r}: {EXPECTED}")
    return _read(path, known)


def _read(path: Path, known: Interactions) -> list[tuple[str, float]]:
    found = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        for number, row in enumerate(csv.reader(file), 1):
            if row and not (number == 1 and row[-1].strip().lower() == "rating"):
                if len(row) != 2 or not (_is_number(row[1]) and known.holds(float(row[1]))):
                    raise InputError(path, number, ",".join(row), f"an item and {known.expected}")
                found.append((row[0].strip(), float(row[1])))
    if not found:
        raise InputError(path, None, None, "lines of an item and a rating, found none")
    return found


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
