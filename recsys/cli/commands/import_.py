"""The command that makes a data directory of anybody's ratings."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recsys.errors import UsageError

if TYPE_CHECKING:
    from recsys.sources.importing.options import Options, Result

RATING_COLUMNS = ("user", "item", "rating", "time")
ITEM_COLUMNS = ("name", "genres", "album", "artist", "kind")


@click.command("import")
@click.argument("files", nargs=-1, required=True, metavar="RATINGS...")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The data directory to write.")
@click.option("--user", metavar="COL", help="The column of users.")
@click.option("--item", metavar="COL", help="The column of items.")
@click.option("--rating", metavar="COL", help="The column of ratings; without one, each row is a like.")
@click.option("--time", metavar="COL", help="The column of times; without one, rows are in order.")
@click.option("--items", metavar="FILE", help="A file about items: their ids and any of the next five.")
@click.option("--name", metavar="COL", help="Its column of names.")
@click.option("--genres", metavar="COL", help="Its column of genres, a list or separated.")
@click.option("--album", metavar="COL", help="Its column of albums, ids or names.")
@click.option("--artist", metavar="COL", help="Its column of artists, ids or names.")
@click.option("--kind", metavar="COL", help="Its column of track, album, artist or genre.")
@click.option("--separator", metavar="TEXT", help="What stands between genres.  [default: |]")
@click.option("--scale", type=float, nargs=2, metavar="LOW HIGH", help="Of ratings.  [default: as found]")
@click.option("--liked", type=float, metavar="RATING", help="A like from here on.  [default: 4 of 5 stars]")
@click.option(
    "--holdout",
    type=click.IntRange(min=0, max=1000),
    default=3,
    show_default=True,
    help="Likes of a user that are held out as candidates; 0 for none.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of what is held out.")
@click.option(
    "--duplicates",
    type=click.Choice(["refuse", "last", "mean"]),
    default="refuse",
    show_default=True,
    help="What becomes of a user's second rating of an item.",
)
@click.option("--force", is_flag=True, help="Replace the imported data that are in --out.")
@click.option("--threads", type=click.IntRange(1, 1024), default=os.cpu_count() or 1, help="Threads to use.")
@click.option("--memory", default="4GB", show_default=True, help="What DuckDB may take before it spills.")
def import_(**given: Any) -> None:
    """Make a data directory of your own ratings.

    RATINGS are CSV, TSV, Parquet or JSON files, compressed or not, or patterns of such. Columns with usual
    names are found. `recsys build --data` reads what is written.

    \b
    Example: recsys import ratings.csv --items movies.csv --out data/mine
    """
    from recsys.cli.console import console
    from recsys.cli.progress import ProgressLine
    from recsys.sources.importing.recipe import run

    options = _options(given)
    line = ProgressLine(console(stderr=True))
    try:
        line.show("import")
        result = run(options, line.advance)
    finally:
        line.stop()
    for sentence in told(options, result):
        console().print(sentence, markup=False, highlight=False, soft_wrap=True)


def _options(given: dict[str, Any]) -> Options:
    from recsys.sources.importing.options import Options

    columns = {role: given.pop(role) for role in RATING_COLUMNS}
    item_columns = {role: given.pop(role) for role in ITEM_COLUMNS}
    if given["separator"] == "":
        raise UsageError("--separator '': expected one character or more")
    return Options(columns=_given(columns), item_columns=_given(item_columns), **given)


def _given(columns: dict[str, str | None]) -> dict[str, str]:
    return {role: column for role, column in columns.items() if column is not None}


def told(options: Options, result: Result) -> list[str]:
    """What an import found and wrote, and what to type next."""
    counts = {name: f"{count:,}" for name, count in result.counts.items()}
    things = [f"{counts[name]} {name}" for name in ("albums", "artists", "genres") if result.counts[name]]
    low, high = result.scale
    origin = "as given" if result.is_scale_given else "as found in the data"
    sentences = [_columns("columns", result.columns, options.columns)]
    if result.item_columns:
        sentences.append(_columns("columns of items", result.item_columns, options.item_columns))
    if result.columns["rating"] is None:
        sentences.append("ratings: none, each row is a like (100)")
    else:
        sentences.append(f"scale: {low:g} to {high:g}, {origin}, becomes 0 to 100; {_liked(options, result)}")
    if options.holdout:
        sentences.append(_held_out(options, result))
    sentences.append(
        f"{options.out}: {counts['ratings']} ratings by {counts['users']} users of "
        f"{', '.join([counts['tracks'] + ' tracks', *things])}"
    )
    return [*sentences, f"  recsys build --data {options.out}"]


def _columns(what: str, found: dict[str, str | None], given: Any) -> str:
    """Which column is what, and which of these was a guess."""
    parts = [
        f"{role} = {column}{'' if role in given else ' (guessed)'}"
        for role, column in found.items()
        if column
    ]
    return f"{what}: {', '.join(parts)}"


def _liked(options: Options, result: Result) -> str:
    how = "--liked changes that" if options.liked is None else "as given"
    return f"a like from {result.liked:g} on ({how})"


def _held_out(options: Options, result: Result) -> str:
    if not result.counts["candidates"]:
        return f"held out: nothing, no user likes {2 * options.holdout} tracks: the build has no candidates"
    return (
        f"held out: {options.holdout} likes of each of {result.counts['test_users']:,} users, beside as many "
        f"tracks that they did not rate (seed {options.seed})"
    )
