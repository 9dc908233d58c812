"""Remove the rows of users and items from every relation of a database."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recsys.backends.duckdb.database import Writer
from recsys.identifiers import quoted, quoted_relation

BUILD = "marts.build"
USER = "user_id"
OWN = ("item_id", "track_id", "item_i", "item_j")  # columns of items that a row is about
PARENTS = ("album_id", "artist_id", "genre_id", "group_id", "parent_id")  # groups of such an item
CHILDREN = ("album_id", "artist_id", "parent_id")  # where they are a fact about the item, and can be missing
REASON, REASON_VALUE = "reason_item_id", "reason_value"
EXAMPLE = "example"  # of a data quality check: ids as text
KEPT_INPUTS = ("size", "renewed")  # of a fingerprint: no digests
FORGOTTEN = "forgotten"
COLUMNS = """
select
    columns.schema_name || '.' || columns.table_name,
    list(columns.column_name order by columns.column_index)
from duckdb_columns() as columns
inner join duckdb_tables() as tables using (database_name, schema_name, table_name)
where columns.database_name = current_database()
group by all order by 1"""


@dataclass(frozen=True)
class Removed:
    """Hold the number of relations that lost rows or references, and of the rows they lost."""

    relations: int
    rows: int


def remove(writer: Writer, users: Sequence[int], items: Sequence[int]) -> Removed:
    """Remove the rows of users and items from all tables, and make the next build run their models again.

    Ranks are numbered anew where a list lost an item. Rows about other items lose their reference to an item
    that is gone. The caller flushes the writer, which writes the file without the bytes of these rows.

    Parameters
    ----------
    writer : Writer
        The private copy of a warehouse.
    users, items : sequence of int
        Integer ids of the warehouse.

    Returns
    -------
    Removed
    """
    gone = {"users": list(users), "items": list(items)}
    rows, changed = 0, []
    for relation, columns in writer.run(COLUMNS):
        if relation != BUILD:
            lost, is_changed = _remove_from(writer, relation, columns, gone)
            rows += lost
            changed += [relation] if is_changed else []
    writer.outdated += changed
    if changed:
        _renew_records(writer, changed)
    return Removed(len(changed), rows)


def _remove_from(
    writer: Writer, relation: str, columns: Sequence[str], gone: Mapping[str, list[int]]
) -> tuple[int, bool]:
    """Return the number of rows that a table lost, and whether it changed."""
    place = quoted_relation(relation)
    dropped = [_within(USER, "users")] if USER in columns and gone["users"] else []
    references = []
    if gone["items"]:
        own = [one for one in OWN if one in columns]
        groups = [one for one in PARENTS if one in columns]
        is_fact = bool(own) or USER in columns or groups[:2] == ["album_id", "artist_id"]
        references = [one for one in groups if is_fact and one in CHILDREN and one != (own or groups)[0]]
        dropped += [_within(one, "items") for one in [*own, *groups] if one not in references]
    count = _run(writer, f"delete from {place} where {' or '.join(dropped)}", gone) if dropped else 0
    updates = 0
    for column in references:
        updates += _run(writer, f"update {place} set {column} = null where {_within(column, 'items')}", gone)
    if gone["items"] and REASON in columns:
        cleared = f"{REASON} = null, {REASON_VALUE} = null" if REASON_VALUE in columns else f"{REASON} = null"
        updates += _run(writer, f"update {place} set {cleared} where {_within(REASON, 'items')}", gone)
    if EXAMPLE in columns:
        updates += _clear_examples(writer, place, gone)
    if gone["items"] and count and "rank" in columns:
        _number_ranks(writer, place, columns)
    return count, bool(count or updates)


def _within(column: str, ids: str) -> str:
    return f"{quoted(column)} in (select unnest(${ids}::bigint[]))"


def _run(writer: Writer, statement: str, gone: Mapping[str, list[int]]) -> int:
    """Run a statement with the ids that it names, and return the number of rows that it changed."""
    used = {name: ids for name, ids in gone.items() if f"${name}" in statement}
    return int(writer.run(statement, used)[0][0])


def _clear_examples(writer: Writer, place: str, gone: Mapping[str, list[int]]) -> int:
    """Remove examples that name an id; users and items may have the same numbers."""
    ids = "|".join(map(str, [*gone["users"], *gone["items"]]))
    found = f"regexp_matches({EXAMPLE}, '(^|[^0-9])({ids})($|[^0-9])')"
    return _run(writer, f"update {place} set {EXAMPLE} = null where {found}", gone)


def _number_ranks(writer: Writer, place: str, columns: Sequence[str]) -> None:
    """Close the gaps in the ranks of lists."""
    groups = [one for one in ("model", USER) if one in columns]
    partition = f"partition by {', '.join(groups)} " if groups else ""
    writer.run(
        f"update {place} as lists set rank = numbered.place from ("
        f"select rowid as row, row_number() over ({partition}order by rank) as place from {place}"
        ") as numbered where lists.rowid = numbered.row and lists.rank <> numbered.place"
    )


def _renew_records(writer: Writer, changed: Sequence[str]) -> None:
    """Record the new content, under a new build id, so that a build makes the changed relations again."""
    records = writer.run(
        f"select name, kind, value, digest from {BUILD} where digest <> '' and kind <> 'input'"
    )
    values = set()
    for name, kind, value, digest in records:
        if name not in changed and kind != "view":
            continue
        measure = writer.measure(name)
        if name in changed or measure.digest != digest:
            values.add(value)
            writer.run(
                f"update {BUILD} set row_count = $rows, digest = $digest where name = $name and kind = $kind",
                {"name": name, "kind": kind, "rows": measure.row_count, "digest": measure.digest},
            )
    for value in values:  # the relations of one learner have the same
        writer.run(
            f"update {BUILD} set value = $new where value = $old", {"old": value, "new": _outdated(value)}
        )
    writer.run(
        f"update {BUILD} set build_id = $id where kind in ('setting', 'parameter', 'override')",
        {"id": uuid.uuid4().hex},
    )


def _outdated(value: str) -> str:
    """Return a fingerprint that no model has."""
    fields = json.loads(value)
    for name in ("inputs", "parents", "partitions"):
        kept = {key: one for key, one in fields.get(name, {}).items() if key in KEPT_INPUTS}
        fields[name] = {key: kept.get(key, FORGOTTEN) for key in fields.get(name, {})}
    return json.dumps({key: one for key, one in fields.items() if one or key != "partitions"}, sort_keys=True)
