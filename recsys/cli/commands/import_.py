"""Import ratings into a data directory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recsys.cli.groups import command
from recsys.cli.options import OneOf, WholeNumber, memory_option, threads_option
from recsys.errors import UsageError

if TYPE_CHECKING:
    from recsys.sources.importing.options import Options

RATING_COLUMNS = ("user", "item", "rating", "time")
ITEM_COLUMNS = ("name", "genres", "album", "artist", "kind")
GUESSED = ("rating", "time", *ITEM_COLUMNS)


@command(
    "recsys import ratings.csv --items movies.csv --noun film --out data/mine",
    name="import",
    without_pandas=True,
)
@click.argument("files", nargs=-1, required=True, metavar="RATINGS...")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Data directory to write.")
@click.option("--user", metavar="COL", help="Column of users.")
@click.option("--item", metavar="COL", help="Column of items.")
@click.option("--rating", metavar="COL", help="Column of ratings or counts; without one, each row is a like.")
@click.option("--time", metavar="COL", help="Column of times, which some list models need.")
@click.option(
    "--feedback",
    type=OneOf(["auto", "ratings", "likes", "counts", "events"]),
    default="auto",
    show_default=True,
    help="What a row is.",
)
@click.option("--scale", type=float, nargs=2, metavar="LOW HIGH", help="Rating scale.  [default: as found]")
@click.option("--liked", type=float, metavar="VALUE", help="Likes start here.  [default: 4 of 5 stars]")
@click.option(
    "--duplicates",
    type=OneOf(["refuse", "last", "first", "mean", "max", "sum"]),
    help="Repeated rows of a user and item.  [default: sum counts and events, refuse ratings]",
)
@click.option("--items", metavar="FILE", help="Items file: ids and any of the next five.")
@click.option("--name", metavar="COL", help="Its column of names.")
@click.option("--genres", metavar="COL", help="Its column of genres, a list or separated.")
@click.option("--album", metavar="COL", help="Its column of albums, ids or names.")
@click.option("--artist", metavar="COL", help="Its column of artists, ids or names.")
@click.option("--kind", metavar="COL", help="Its column of track, album, artist or genre.")
@click.option("--separator", metavar="TEXT", help="Text between genres.  [default: |]")
@click.option("--noun", default="item", show_default=True, metavar="WORD", help="What an item is called.")
@click.option("--delimiter", metavar="TEXT", help="Text between columns.  [default: as found]")
@click.option("--no-header", is_flag=True, help="The first line of RATINGS is a row.")
@click.option("--columns", "names", metavar="NAMES", help="Column names of a file without a header.")
@click.option("--encoding", metavar="NAME", help="Encoding of the files, such as latin-1.  [default: UTF-8]")
@click.option(
    "--holdout",
    type=WholeNumber(0, 1000),
    default=0,
    show_default=True,
    help="Likes of a user to hold out as test candidates.",
)
@click.option(
    "--split",
    type=OneOf(["random", "time"]),
    help="Which likes to hold out.  [default: the last ones]",
)
@click.option(
    "--seed",
    type=WholeNumber(0, 2**31 - 1),
    default=1,
    show_default=True,
    help="Random seed.",
)
@click.option("--force", is_flag=True, help="Replace the imported data in --out.")
@threads_option
@memory_option("4GB")
def import_(**given: Any) -> None:
    """Import ratings, plays, purchases or events.

    RATINGS are CSV, TSV, Parquet or JSON files, compressed or not, or patterns of such. Columns with usual
    names are found; --no-COLUMN (--no-rating, --no-time, --no-kind, ...) refuses a guess. docs/import.md
    shows common layouts.
    """
    from recsys.cli.console import console
    from recsys.cli.progress import ProgressLine
    from recsys.sources.importing.recipe import run
    from recsys.sources.importing.summary import sentences

    options = _options(given)
    line = ProgressLine(console(stderr=True))
    try:
        line.show("Importing")
        result = run(options, line.advance)
    finally:
        line.stop()
    for sentence in [*sentences(options, result), f"  recsys build --data {options.out}"]:
        console().print(sentence, markup=False, highlight=False, soft_wrap=True)


for _role in GUESSED:
    click.option(f"--no-{_role}", is_flag=True, hidden=True)(import_)


def _options(given: dict[str, Any]) -> Options:
    from recsys.sources.importing.options import Options

    columns = {role: given.pop(role) for role in RATING_COLUMNS}
    item_columns = {role: given.pop(role) for role in ITEM_COLUMNS}
    refused = frozenset(role for role in GUESSED if given.pop(f"no_{role}"))
    header = False if given.pop("no_header") else None
    names = _names(given.pop("names"))
    return Options(
        columns=_given(columns),
        item_columns=_given(item_columns),
        refused=refused,
        header=header,
        names=names,
        **given,
    )


def _names(text: str | None) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",")) if text is not None else ()
    if not all(names) or len(set(names)) < len(names):
        raise UsageError(f"--columns {text}: give different names between commas, such as user,item,rating")
    return names


def _given(columns: dict[str, str | None]) -> dict[str, str]:
    return {role: column for role, column in columns.items() if column is not None}
