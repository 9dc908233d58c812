"""Choose the columns of ratings and items, and drop guesses whose values do not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recsys.errors import UsageError
from recsys.sources.importing import times
from recsys.sources.importing.columns import Wanted, chosen, guessed, plain, required
from recsys.sources.importing.engine import Engine
from recsys.sources.importing.layouts import MOVIELENS_100K, MOVIELENS_GENRES
from recsys.sources.importing.options import Options
from recsys.sources.importing.tables import Table

SAMPLE = 20480  # rows that a guess must fit
NESTED = ("]", ")")  # how the types of lists, structures and maps end
ITEM_ROLES = ("name", "genres", "album", "artist", "kind")
Columns = dict[str, str | None]


@dataclass
class Chosen:
    """Columns by role, how times are written, and a sentence for each guess that was dropped."""

    columns: Columns
    style: times.Style | None
    notes: list[str]


def is_nested(kind: str) -> bool:
    """Return whether a type of the engine is a list, a structure or a map; DECIMAL(9, 2) is none."""
    return kind.endswith(NESTED) and not kind.startswith("DECIMAL")


def is_header_of_ratings(options: Options, texts: Sequence[str]) -> bool:
    """Return whether texts name the columns of ratings."""
    wanted = options.columns
    return all(wanted.get(role) in texts or guessed(role, texts) for role in ("user", "item"))


def is_header_of_items(options: Options, texts: Sequence[str]) -> bool:
    """Return whether texts name the columns of items."""
    names = set(options.item_columns.values())
    return names <= set(texts) if names else item_column(texts, "") is not None


def item_column(columns: Sequence[str], item: str) -> str | None:
    """Return the id of the file of items: called as in the ratings, else just id, else as usual."""
    by_name = {plain(column): column for column in columns}
    return by_name.get(plain(item)) or by_name.get("id") or guessed("item", columns)


def of_ratings(engine: Engine, table: Table, options: Options) -> Chosen:
    """Return the columns of ratings; UsageError without users or items, or for columns of other types."""
    wanted, there = Wanted(options.columns, options.refused), table.columns
    user = required(table.name, "user", wanted, there)
    item = required(table.name, "item", wanted, [column for column in there if column != user])
    for column in (user, item):
        if is_nested(table.types[column]):
            raise UsageError(
                f"{table.name}: expected ids in the column {column}, found {table.types[column]}"
            )
    rest = [column for column in there if column not in (user, item)]
    columns: Columns = {"user": user, "item": item}
    columns |= {role: chosen(table.name, role, wanted, rest) for role in ("rating", "time")}
    return _fitting(engine, table, options, columns)


def _fitting(engine: Engine, table: Table, options: Options, columns: Columns) -> Chosen:
    fits, notes = _fits(engine, table, columns, ("rating", "time")), []
    style, time_count = _style(table, columns, fits)
    counts = {"rating": fits.get("rating", 0), "time": time_count}
    for role, what in (("rating", "number"), ("time", "time")):
        column = columns[role]
        if column is None or role in options.columns or 2 * counts[role] > fits["row_count"]:
            continue
        if fits["row_count"]:
            notes.append(f"{table.name}: column {column} ignored: most values are no {what}")
            columns[role] = None
    if columns["time"] is not None and style is None:
        column = columns["time"]
        raise UsageError(f"{table.name}: expected times in the column {column}, found {table.types[column]}")
    return Chosen(columns, style if columns["time"] else None, notes)


def _style(table: Table, columns: Columns, fits: Mapping[str, int]) -> tuple[times.Style | None, int]:
    """Return the format of times, and the number of rows of the sample that fit it."""
    column = columns["time"]
    if column is None:
        return None, 0
    if table.types[column] == "VARCHAR":
        return times.best(fits)
    style = times.of_type(table.types[column])
    return style, fits["row_count"] if style else 0


def _fits(engine: Engine, table: Table, columns: Columns, roles: Sequence[str]) -> dict[str, int]:
    names = {role: columns.get(role) for role in roles}
    time = names.get("time")
    asked = {
        "rating": names.get("rating"),
        "time": time if time and table.types[time] == "VARCHAR" else None,
        "kind_column": names.get("kind"),
        "formats": (),
    }
    arguments = {**table.arguments(), "sample": SAMPLE}
    found = engine.run("fits", arguments, **asked, **table.names)[0]
    if asked["time"] and found["row_count"] not in (found["number"], found["iso"]):
        found |= engine.run("fits", arguments, **(asked | {"formats": times.FORMATS}), **table.names)[0]
    return found


def of_items(engine: Engine, table: Table, options: Options, item: str) -> Chosen:
    """Return the columns of items; UsageError without ids."""
    found = options.item_columns.get("item") or item_column(table.columns, item)
    if found is None or found not in table.columns:
        raise UsageError(
            f"{table.name}: cannot find the column of item ids, called {item} in the ratings "
            f"(columns: {', '.join(table.columns)})"
        )
    wanted = Wanted(options.item_columns, options.refused)
    rest = [column for column in table.columns if column != found]
    columns: Columns = {"item": found}
    columns |= {role: chosen(table.name, role, wanted, rest) for role in ITEM_ROLES}
    notes = _drop_nested(table, options, columns)
    if columns["kind"] and "kind" not in options.item_columns:
        fits = _fits(engine, table, columns, ("kind",))
        if 2 * fits["kind"] < fits["row_count"]:
            notes.append(
                f"{table.name}: column {columns['kind']} is an attribute: most values are not track, album, "
                "artist or genre"
            )
            columns["kind"] = None
    return Chosen(columns, None, notes)


def _drop_nested(table: Table, options: Options, columns: Columns) -> list[str]:
    notes = []
    for role in ITEM_ROLES:
        column = columns[role]
        if column is None or not is_nested(table.types[column]):
            continue
        if role == "genres" and table.types[column].endswith("[]"):
            continue
        if role in options.item_columns:
            raise UsageError(
                f"{table.name}: expected texts in the column {column}, found {table.types[column]}"
            )
        notes.append(f"{table.name}: column {column} ignored: its values are no texts")
        columns[role] = None
    return notes


def genre_flags(table: Table, columns: Mapping[str, str | None]) -> list[str]:
    """Return the columns of 0 and 1 that MovieLens 100K has instead of genres."""
    is_flagged = columns.get("genres") is None and tuple(table.columns) == MOVIELENS_100K
    return list(MOVIELENS_GENRES[1:]) if is_flagged else []
