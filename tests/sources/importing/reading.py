"""Import a few lines, and read back what was written, in the words of the owner."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

from recsys.sources.importing.options import Options, Result
from recsys.sources.importing.recipe import run


def imported(folder: Path, text: str | bytes, name: str = "ratings.csv", **options: Any) -> Result:
    """The result of an import of one file."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    given = {"files": [str(folder / name)], "out": folder / "data", "memory": "500MB", **options}
    return run(Options(**given))


def with_items(folder: Path, items: str | bytes, name: str, text: str | bytes, **options: Any) -> Result:
    """The same with an items file."""
    (folder / name).write_bytes(items if isinstance(items, bytes) else items.encode())
    return imported(folder, text, items=str(folder / name), **options)


def table(data: Path, name: str, query: str = "from it order by all") -> list[tuple]:
    with duckdb.connect() as connection:
        connection.execute(f"create view it as from read_parquet('{data / name}.parquet')")
        return connection.sql(query).fetchall()


def values(data: Path) -> list[tuple[str, str, float]]:
    """Original user, original item and value, in the order of seq."""
    users, items = ids(data)
    found = table(data, "ratings", "select user_id, item_id, value from it order by seq")
    return [(users[user], items[item], value) for user, item, value in found]


def ids(data: Path) -> tuple[dict[int, str], dict[int, str]]:
    """Original ids of users and items by the numbers of the warehouse."""
    users = dict(table(data, "users", "select user_id, original_id from it"))
    return users, dict(table(data, "items", "select item_id, original_id from it"))


def recipe(data: Path) -> dict[str, Any]:
    return json.loads((data / "dataset.json").read_text())
