"""A warehouse of one machine as a cluster would have left it, without the minutes that a cluster takes."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from recsys.backends.spark.store import Store

BUILT = "select name, build_id from marts.build where kind in ('table', 'view')"


def stored(warehouse: Path, into: Path) -> Path:
    """A copy of a warehouse whose relations are files of a store too; the store is ``into.store``."""
    shutil.copyfile(warehouse, into)
    with duckdb.connect(str(into)) as connection:
        store = Store.of(None, into, "none")
        for name, build_id in connection.execute(BUILT).fetchall():
            folder = store.place(name, build_id)
            folder.mkdir(parents=True)
            connection.execute(f"copy (from {name}) to '{folder}/part-0.parquet'")
        connection.execute("delete from marts.build where kind = 'setting' and name = 'engine'")
        for setting in (("engine", "spark"), ("store", str(store.folder))):
            connection.execute(
                "insert into marts.build (kind, name, value) values ('setting', ?, ?)", setting
            )
    return into
