"""Resolve ids as people write them to internal ids.

Imported data keep original ids and names in ``staging.users`` and ``staging.items``. A user or item is given
by its original id, as text or number, or by a unique name. Data in the Cup's format have numbers only.
Macros such as ``recommend`` and ``explain`` follow the same rules in SQL.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recsys.backends.duckdb.connection import query
from recsys.backends.duckdb.statements import Connection
from recsys.errors import RecsysError, UnknownIdError, least_similarity

Id = int | str
MOST_OFFERED = 3


def user_id(connection: Connection, given: Id) -> int:
    """Return the internal id of a user; raise UnknownIdError if there is none."""
    return _resolved(connection, "user", given)


def item_id(connection: Connection, given: Id) -> int:
    """Return the internal id of an item, tracks first; raise UnknownIdError if there is none."""
    return _resolved(connection, "item", given)


def user_ids(connection: Connection, given: Sequence[Id]) -> list[int]:
    """Return the internal ids of any number of users, in their order."""
    return _all_resolved(connection, "user", given)


def item_ids(connection: Connection, given: Sequence[Id]) -> list[int]:
    """Return the internal ids of any number of items, in their order."""
    return _all_resolved(connection, "item", given)


def _all_resolved(connection: Connection, kind: str, given: Sequence[Id]) -> list[int]:
    """Resolve exact original ids in one query; resolve names and ambiguous ids one by one."""
    written = [str(one) for one in given]
    if not written:
        return []
    found = query(
        connection,
        f"select original_id, any_value({kind}_id) as id from staging.{kind}s "
        "where original_id in (select unnest($written::varchar[])) group by original_id having count(*) = 1",
        {"written": written},
    )
    known = dict(zip(found["original_id"].to_pylist(), found["id"].to_pylist(), strict=True))
    return [known[text] if text in known else _resolved(connection, kind, text) for text in written]


def _resolved(connection: Connection, kind: str, given: Id) -> int:
    """Resolve one id in two queries; the second names a number, so DuckDB reads only its blocks."""
    try:
        meant = query(connection, f"from internal.{kind}_id_of($given)", {"given": str(given)})
        the_id = {"id": meant[f"{kind}_id"][0].as_py()}
        found = query(connection, f"from internal.require_{kind}($id)", the_id)
    except RecsysError as error:
        engine, _, sentence = str(error).partition(": ")
        if engine != "Invalid Input Error" or not sentence.startswith("no "):
            raise
        raise UnknownIdError(sentence.splitlines()[0] + _offer(connection, kind, given)) from None
    return int(found[f"{kind}_id"][0].as_py())


def _offer(connection: Connection, kind: str, given: Id) -> str:
    """Return a hint with the most similar ids, or an empty string if none is similar."""
    near = query(connection, f"from internal.find_{kind}s($given)", {"given": str(given)}).to_pylist()
    least = least_similarity(str(given))
    offered = [_shown(row) for row in near if row["similarity"] >= least][:MOST_OFFERED]
    return f"; did you mean {' or '.join(offered)}?" if offered else ""


def _shown(row: dict[str, Any]) -> str:
    name, original = row["name"], row["original_id"]
    return repr(original) if name in (None, original) else f"{original!r} ({name})"
