"""Restrict lists to some items: an allow-list, a block-list, or a condition on attributes.

A condition is SQL that somebody types, so it runs in the sandbox of the explorer's SQL box: a process of its
own, read-only, with limits on time and memory.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from recsys.backends.duckdb.connection import fetch, query
from recsys.backends.duckdb.statements import Connection
from recsys.errors import UsageError
from recsys.serving.ids import Id, item_ids
from recsys.serving.relations import has
from recsys.serving.sandbox import Limits, QueryRefusedError, download
from recsys.serving.scalars import many_ids

ITEMS = "marts.filter_items"
ATTRIBUTES = "staging.item_attributes"
KIND = re.compile(r"^([A-Z]\w+ )+Error: ")  # of DuckDB's errors
MISSING = re.compile(r'Referenced column "([^"]+)" not found')
LIMITS = Limits(download_rows=1 << 26, download_bytes=1 << 30)


@dataclass(frozen=True)
class ItemFilter:
    """Hold the conditions on the items of a list.

    Parameters
    ----------
    only : sequence of int, optional
        The only item ids that are allowed. Default: all.
    excluding : sequence of int
        Item ids that are not allowed.
    where : str, optional
        A condition on the columns of ``marts.filter_items`` and ``staging.item_attributes``, as SQL.
    """

    only: Sequence[int] | None = None
    excluding: Sequence[int] = ()
    where: str | None = None

    @classmethod
    def of(
        cls,
        connection: Connection,
        only: Iterable[Id] | None = None,
        excluding: Iterable[Id] | None = None,
        where: str | None = None,
    ) -> ItemFilter:
        """Return the filter of items by original ids or unique names; UnknownIdError for one that is none."""
        return cls(
            None if only is None else item_ids(connection, many_ids(only)),
            item_ids(connection, many_ids(() if excluding is None else excluding)),
            where,
        )

    @property
    def is_empty(self) -> bool:
        """Return whether every item is allowed."""
        return self.only is None and not self.excluding and self.where is None


def allowed(connection: Connection, warehouse: Path, chosen: ItemFilter) -> np.ndarray | None:
    """Return the ids of the items that a filter allows.

    Parameters
    ----------
    connection : DuckDB connection
        Of the open warehouse.
    warehouse : Path
        The file of the warehouse, which the sandbox opens for a condition.
    chosen : ItemFilter
        The filter.

    Returns
    -------
    int64 array (items), ascending; None where every item is allowed

    Raises
    ------
    UsageError
        The condition is no condition, names an unknown column, or takes too long.
    """
    if chosen.is_empty:
        return None
    items = query(connection, "select track_id from staging.tracks order by track_id")["track_id"].to_numpy()
    if chosen.only is not None:
        items = np.intersect1d(items, np.asarray(chosen.only, np.int64))
    if chosen.excluding:
        items = np.setdiff1d(items, np.asarray(chosen.excluding, np.int64))
    if chosen.where is not None:
        items = np.intersect1d(items, _matching(connection, warehouse, chosen.where))
    found: np.ndarray = items.astype(np.int64)
    return found


def _matching(connection: Connection, warehouse: Path, condition: str) -> np.ndarray:
    """Return the ids of the items for which a condition holds."""
    refuse_other_than_condition(connection, condition)
    source = f"{ITEMS} left join {ATTRIBUTES} using (item_id)" if has(connection, ATTRIBUTES) else ITEMS
    sql = f"select item_id from (from {source}) where (\n{condition}\n)"
    try:
        content = download(warehouse, sql, LIMITS, "parquet")
    except QueryRefusedError as error:
        raise UsageError(f"--where {condition!r}: {_plain(error)}{_columns(connection)}") from None
    table: pa.Table = parquet.read_table(io.BytesIO(content))
    return table["item_id"].to_numpy()


def refuse_other_than_condition(connection: Connection, condition: str) -> None:
    """Refuse a text that is not exactly one SQL condition.

    DuckDB parses a SELECT around the text. The text is a condition where that gives one SELECT whose FROM is
    the one written here and which has a WHERE and nothing after it.

    Raises
    ------
    UsageError
        The text closes the parenthesis around it, holds several statements, or is no SQL.
    """
    expected = 'give one SQL condition, such as "year >= 2000 and in_stock"'
    if not condition.strip():
        raise UsageError(f"--where: {expected}")
    node, plain = _parsed(connection, condition), _parsed(connection, "true")
    if node is None or plain is None or {**node, "where_clause": None} != {**plain, "where_clause": None}:
        raise UsageError(f"--where {condition!r}: {expected}")


def _parsed(connection: Connection, condition: str) -> dict[str, object] | None:
    """Return the parse tree of a SELECT with this condition; None where it is not one SELECT."""
    sql = f"select 1 from items where (\n{condition}\n)"
    rows = fetch(connection, "select json_serialize_sql($sql) as tree", {"sql": sql})
    tree = json.loads(rows[0]["tree"])
    statements = tree.get("statements") or []
    if tree.get("error") or len(statements) != 1:
        return None
    node: dict[str, object] = _without_places(statements[0]["node"])
    return node


def _without_places(tree: Any) -> Any:
    """Return a parse tree without the offsets of its words."""
    if isinstance(tree, dict):
        return {key: _without_places(value) for key, value in tree.items() if key != "query_location"}
    return [_without_places(one) for one in tree] if isinstance(tree, list) else tree


def _columns(connection: Connection) -> str:
    """Return the names that a condition may use, as the end of an error."""
    names = [
        column
        for relation in (ITEMS, ATTRIBUTES)
        if has(connection, relation)
        for column in _names(connection, relation)
    ]
    return f"; columns: {', '.join(name for name in dict.fromkeys(names) if name != 'item_id')}"


def _names(connection: Connection, relation: str) -> list[str]:
    found: list[str] = query(connection, f"from {relation} limit 0").column_names
    return found


def _plain(error: Exception) -> str:
    """Return the engine's message about a condition in one line, without the name of the error."""
    line = KIND.sub("", str(error).strip().splitlines()[0])
    missing = MISSING.search(line)
    return f"there is no column {missing.group(1)}" if missing else line
