"""The one place that knows ids as people write them.

Imported data keep original ids and names in ``staging.users`` and ``staging.items``. Whoever asks for a user
or an item gives its original id, as a text or a number, or a name that nothing else has. Data in the Cup's
format have numbers alone. The rules are those of the macros ``user_of`` and ``item_of``, for SQL as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recsys.backends.duckdb.connection import query
from recsys.backends.duckdb.statements import Connection
from recsys.errors import RecsysError, UnknownIdError

Id = int | str
MOST_OFFERED = 3
LEAST_LIKE = 0.6  # Jaro and Winkler's similarity from which on something is worth offering


def user_id(connection: Connection, given: Id) -> int:
    """The user that an id or a name means; UnknownIdError, with the nearest, if there is none."""
    return _resolved(connection, "user", given)


def item_id(connection: Connection, given: Id) -> int:
    """The item of any kind that an id or a name means, a track before others; UnknownIdError if none."""
    return _resolved(connection, "item", given)


def user_ids(connection: Connection, given: Sequence[Id]) -> list[int]:
    """The users that ids or names mean, in their order: any number of them."""
    return _all_resolved(connection, "user", given)


def item_ids(connection: Connection, given: Sequence[Id]) -> list[int]:
    """The items that ids or names mean, in their order: any number of them."""
    return _all_resolved(connection, "item", given)


def _all_resolved(connection: Connection, kind: str, given: Sequence[Id]) -> list[int]:
    """In one go what one thing alone has as its original id; one by one what is written otherwise."""
    written = [str(one) for one in given]
    found = query(
        connection,
        f"select original_id, any_value({kind}_id) as id from staging.{kind}s "
        "where original_id in (select unnest($written::varchar[])) group by original_id having count(*) = 1",
        {"written": written},
    )
    known = dict(zip(found["original_id"].to_pylist(), found["id"].to_pylist(), strict=True))
    return [known[text] if text in known else _resolved(connection, kind, text) for text in written]


def _resolved(connection: Connection, kind: str, given: Id) -> int:
    """In two questions, the second of which names a number: the engine reads that number's blocks alone."""
    try:
        meant = query(connection, f"from {kind}_meant($given)", {"given": str(given)})
        found = query(connection, f"from known_{kind}($id)", {"id": meant[f"{kind}_id"][0].as_py()})
    except RecsysError as error:
        engine, _, sentence = str(error).partition(": ")
        if engine != "Invalid Input Error" or not sentence.startswith("no "):
            raise
        raise UnknownIdError(sentence.splitlines()[0] + _offer(connection, kind, given)) from None
    return int(found[f"{kind}_id"][0].as_py())


def _offer(connection: Connection, kind: str, given: Id) -> str:
    """What is written most like it, or nothing where nothing is like it."""
    near = query(connection, f"from find_{kind}s($given)", {"given": str(given)}).to_pylist()
    offered = [_shown(row) for row in near if row["similarity"] >= LEAST_LIKE][:MOST_OFFERED]
    return f": did you mean {' or '.join(offered)}?" if offered else ""


def _shown(row: dict[str, Any]) -> str:
    name, original = row["name"], row["original_id"]
    return repr(original) if name in (None, original) else f"{original!r} ({name})"
