"""Find the column of each role by the names that are usual."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from recsys.errors import UsageError

USERS = """
    user userid uid username customer customerid reviewer reviewerid member memberid listener listenerid
    visitor visitorid client clientid account accountid viewer viewerid reader readerid player playerid
    person personid session sessionid
"""
ITEMS = """
    item itemid iid movie movieid film filmid track trackid song songid book bookid isbn product productid
    stockcode sku asin game gameid article articleid anime animeid joke jokeid recipe recipeid show showid
    podcast podcastid video videoid content contentid business businessid restaurant restaurantid place
    placeid venue venueid beer beerid page url artist artistid album albumid
"""
COUNTS = """
    plays play playcount playcounts numplays listens listencount count counts quantity qty clicks clickcount
    views viewcount weight frequency purchases visits
"""
ACTS = """
    rated created listened played watched viewed read purchased bought ordered clicked visited streamed
    reviewed borrowed added liked saved occurred happened submitted logged recorded
"""  # verbs of time columns: ordered_at
NOUNS = """
    order purchase play listen watch view read rating review visit click event transaction invoice loan
"""  # nouns of date columns: order_date. Not of times: play_time may be a duration
USUAL: Mapping[str, Sequence[str]] = {
    "user": USERS.split(),
    "item": ITEMS.split(),
    "rating": [
        "rating",
        "score",
        "stars",
        "ratingvalue",
        "bookrating",
        "overall",
        "preference",
        *COUNTS.split(),
    ],
    "time": [
        "timestamp",
        "time",
        "datetime",
        "date",
        "unixreviewtime",
        "ts",
        *(f"{act}at" for act in ACTS.split()),
        "eventtime",
        "ordertime",
        "purchasetime",
        "transactiontime",
        *(f"{noun}{end}" for noun in NOUNS.split() for end in ("timestamp", "datetime", "date")),
    ],
    "name": ["name", "title", "itemname", "movietitle", "tracktitle", "trackname", "booktitle", "songname"],
    "genres": ["genres", "genre", "class", "categories", "category"],
    "album": ["album", "albumid", "albumname"],
    "artist": ["artist", "artistid", "artistname", "author", "bookauthor"],
    "kind": ["kind", "itemtype", "type"],
}


@dataclass(frozen=True)
class Wanted:
    """Columns that the options name, and roles that must not be guessed."""

    columns: Mapping[str, str]
    refused: Collection[str] = ()


def plain(column: str) -> str:
    """Return a name in lower case, without punctuation and RecBole's type: user_id:token is userid."""
    return "".join(letter for letter in column.split(":", maxsplit=1)[0].casefold() if letter.isalnum())


def is_count(column: str) -> bool:
    """Return whether a column is named like a number of plays, purchases or clicks."""
    return plain(column) in COUNTS.split()


def guessed(role: str, columns: Iterable[str], first: Sequence[str] = ()) -> str | None:
    """Return the column that is usually called so, the most usual name first."""
    by_name = {plain(column): column for column in reversed(list(columns))}
    return next((by_name[name] for name in (*first, *USUAL[role]) if name in by_name), None)


def chosen(file: str, role: str, wanted: Wanted, columns: Sequence[str]) -> str | None:
    """Return the wanted column, else the usual one unless guesses are refused."""
    column = wanted.columns.get(role)
    if column is None:
        return None if role in wanted.refused else guessed(role, columns)
    if column not in columns:
        raise UsageError(f"{file}: no column {column!r}; columns: {', '.join(columns)}")
    return column


def required(file: str, role: str, wanted: Wanted, columns: Sequence[str]) -> str:
    """Return the same; UsageError, with what helps, where there is none."""
    column = chosen(file, role, wanted, columns)
    if column is not None:
        return column
    listed = ", ".join(columns)
    if len(columns) == 1:
        raise UsageError(
            f"{file}: found a single column ({listed}); use --delimiter TEXT if a text separates columns"
        )
    raise UsageError(
        f"{file}: cannot find the {role} column; use --{role} COLUMN, or --no-header --columns NAMES for a "
        f"file without a header (columns: {listed})"
    )
