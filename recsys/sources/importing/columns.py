"""Which column is what: as a person says, else by the names that are usual."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from recsys.errors import UsageError

USUAL: Mapping[str, Sequence[str]] = {
    "user": (
        *("user", "userid", "uid", "username", "customer", "customerid", "reviewer", "reviewerid"),
        *("member", "memberid", "listener", "listenerid", "visitor", "visitorid"),
    ),
    "item": (
        *(
            "item",
            "itemid",
            "iid",
            "movie",
            "movieid",
            "film",
            "filmid",
            "track",
            "trackid",
            "song",
            "songid",
        ),
        *("book", "bookid", "isbn", "product", "productid", "asin", "game", "gameid", "article", "articleid"),
    ),
    "rating": ("rating", "score", "stars", "ratingvalue", "bookrating", "overall", "preference"),
    "time": ("timestamp", "time", "datetime", "date", "unixreviewtime", "ratedat", "createdat", "ts"),
    "name": ("name", "title", "itemname", "movietitle", "tracktitle", "trackname", "booktitle", "songname"),
    "genres": ("genres", "genre", "class", "categories", "category"),
    "album": ("album", "albumid", "albumname"),
    "artist": ("artist", "artistid", "artistname", "author", "bookauthor"),
    "kind": ("kind", "itemtype", "type"),
}


def plain(column: str) -> str:
    """A column's name without what RecBole adds to it, case and punctuation: ``user_id:token`` is userid."""
    return "".join(letter for letter in column.split(":", maxsplit=1)[0].casefold() if letter.isalnum())


def guessed(role: str, columns: Iterable[str], first: Sequence[str] = ()) -> str | None:
    """The column that is usually called so, the most usual name first."""
    by_name = {plain(column): column for column in reversed(list(columns))}
    return next((by_name[name] for name in (*first, *USUAL[role]) if name in by_name), None)


def chosen(file: str, role: str, wanted: str | None, columns: Sequence[str]) -> str | None:
    """The wanted column, else the usual one; UsageError, with all columns, without the wanted."""
    if wanted is None:
        return guessed(role, columns)
    if wanted not in columns:
        raise UsageError(f"{file}: no column {wanted!r}: expected one of {', '.join(columns)}")
    return wanted


def required(file: str, role: str, wanted: str | None, columns: Sequence[str]) -> str:
    """The same; UsageError where there is none."""
    column = chosen(file, role, wanted, columns)
    if column is None:
        raise UsageError(
            f"{file}: no column that is usually the {role}: name it with --{role}: expected one of "
            f"{', '.join(columns)}"
        )
    return column
