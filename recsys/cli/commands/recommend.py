"""``recsys recommend``: a list for some users, for everybody, or for somebody who is not in the data."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recsys.cli.options import engine_option, json_option, warehouse_option
from recsys.errors import InputError, UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from recsys.backends.database import Limits
    from recsys.serving.lists import Recommender, RecommendRequest
    from recsys.sources.interactions import Interactions

EXPECTED = "expected ITEM=RATING,..., such as 'film 50=5,film 7=2', or a file of item,rating lines"


@click.command()
@click.argument("users", nargs=-1, metavar="[USER]...")
@click.option("--all", "everybody", is_flag=True, help="A list for everybody, into a file.")
@click.option("--ratings", metavar="RATINGS", help="For ITEM=RATING,... or a file of these.")
@click.option(
    "-k", "count", type=click.IntRange(1, 1_000_000), default=10, show_default=True, help="How many."
)
@click.option("--model", metavar="NAME", help="Rank by another model that can score any pair.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Write .parquet, .csv or .csv.gz; with --engine spark a folder of Parquet files.",
)
@click.option("--exclude-rated/--include-rated", default=True, show_default=True)
@warehouse_option
@click.option("--threads", type=click.IntRange(1, 1024), default=os.cpu_count() or 1, help="Threads to use.")
@click.option("--memory", default="2GB", show_default=True, help="What DuckDB may take.")
@engine_option("What makes the lists of --all: this machine, or a cluster that built the warehouse.")
@click.option("--master", metavar="URL", help="A Spark cluster, for --engine spark.")
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
    """Recommend what to hear next, and say why.

    Tracks of the whole catalogue (what goes with the user's ratings, the best of liked albums, artists and
    genres, popular ones) are ranked. RATINGS, on the scale of the data, stand for somebody who is not in the
    data.

    \b
    Examples: recsys recommend 3 7 -k 5
              recsys recommend --all --out top.parquet
              recsys recommend --ratings '2703=90,11528=20'
              recsys recommend --all --engine spark --master spark://host:7077 --out /shared/top
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
            rows = export.write(_told(recommender, request, users, ratings), out)
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
        raise UsageError("expected one of: USER..., --all, --ratings RATINGS")
    if engine == "spark" and not everybody:
        raise UsageError("--engine spark: expected --all beside it, for lists of everybody")
    if engine != "spark" and master is not None:
        raise UsageError(f"--master {master}: expected with --engine spark, which it is for")
    if everybody and out is None:
        expected = "--out FOLDER" if engine == "spark" else "--out FILE.parquet or FILE.csv"
        raise UsageError(f"--all: expected {expected} beside it")


def _on_cluster(
    recommender: Recommender, request: RecommendRequest, out: Path, master: str | None, limits: Limits
) -> str:
    """What to say of the lists that a cluster has made."""
    from recsys.cli.console import console
    from recsys.cli.progress import ProgressLine
    from recsys.engine.targets import require_spark

    require_spark()
    from recsys.serving.cluster.lists import Cluster, write

    line = ProgressLine(console(stderr=True))
    line.show("recommending")
    try:
        rows = write(recommender, request, out, Cluster(master, limits), line.advance)
    finally:
        line.stop()
    return f"{out}: {rows:,} rows, by {recommender.model(request)}"


def _told(
    recommender: Recommender, request: RecommendRequest, users: Sequence[str], ratings: str | None
) -> Iterator[pa.Table]:
    """The lists, with a line that moves while they are made."""
    from recsys.cli.console import console
    from recsys.cli.progress import ProgressLine

    line = ProgressLine(console(stderr=True))
    line.show("recommending")
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
    """Lists as people read them: users and items by the ids of the data's owner, names beside them."""
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
            if not item or not _is_value(rating, known):
                raise UsageError(f"--ratings: {f'{item}={rating}'!r}: {EXPECTED}; {known.expected}")
        return [(item, float(rating)) for item, rating in pairs]
    if not path.is_file():
        raise UsageError(f"--ratings: {ratings!r}: {EXPECTED}")
    return _read(path, known)


def _read(path: Path, known: Interactions) -> list[tuple[str, float]]:
    found = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        for number, row in enumerate(csv.reader(file), 1):
            if row and not (number == 1 and row[-1].strip().lower() == "rating"):
                if len(row) != 2 or not _is_value(row[1], known):
                    raise InputError(path, number, ",".join(row), f"an item and {known.expected}")
                found.append((row[0].strip(), float(row[1])))
    if not found:
        raise InputError(path, None, None, "lines of an item and a rating, found none")
    return found


def _is_value(text: str, known: Interactions) -> bool:
    try:
        return known.holds(float(text))
    except ValueError:
        return False
