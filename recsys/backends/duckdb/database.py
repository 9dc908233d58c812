"""Write relations to the private database of a build."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from recsys.backends.database import Comment, EngineError, Limits
from recsys.backends.duckdb.counting import Measuring
from recsys.backends.duckdb.statements import OFFLINE, first_line
from recsys.backends.partitions import Update
from recsys.errors import UsageError
from recsys.identifiers import literal, quoted, quoted_relation
from recsys.project.contract import Rows

STORAGE = "v1.5.0"  # file format that DuckDB 1.5 clients can open too
MEMORY = ":memory:"
DENSE_BITS = 12, 22  # bits of a key range that DuckDB groups in an array instead of a hash table
THERE = """
select schema_name || '.' || table_name, 'table' from duckdb_tables() where database_name = current_database()
union all
select schema_name || '.' || view_name, 'view' from duckdb_views()
where database_name = current_database() and not internal
union all
select schema_name || '.' || function_name, 'macro table' from duckdb_functions()
where database_name = current_database() and function_type = 'table_macro' and not internal"""


COLUMNS = """
select schema_name || '.' || table_name, column_name from duckdb_columns()
where database_name = current_database() and not internal"""


class Writer(Measuring):
    """Connect a build to its private database, with a scratch database that is discarded afterwards."""

    def __init__(self, path: Path, limits: Limits, spill: Path, rows: int = 0) -> None:
        """Open the database; ``rows``, those of all input, bounds the arrays that DuckDB groups by.

        A larger array groups more keys without a hash table, but costs time to allocate.
        """
        least, most = DENSE_BITS
        config: dict[str, Any] = {
            **OFFLINE,
            "storage_compatibility_version": STORAGE,
            "threads": str(limits.threads),
            "memory_limit": limits.memory,
            "temp_directory": str(spill),
            "python_enable_replacements": False,  # a model reads no variable of this program
            "perfect_ht_threshold": str(min(max(least, rows.bit_length()), most)),
        }
        try:
            super().__init__(duckdb.connect(str(path), config=config))
        except duckdb.Error as error:
            raise UsageError(f"DuckDB rejects these settings: {first_line(error)}") from None
        self._configure()
        self.path = path
        self.outdated: list[str] = []  # relations whose old rows are still in the file
        self.there: dict[str, str] = dict(self.run(THERE))  # kind of each relation; shared with variants
        self.run("attach ':memory:' as scratch")

    def _configure(self) -> None:
        self.run("set errors_as_json = true")
        with contextlib.suppress(EngineError):  # fails in a notebook without ipywidgets
            self.run("set enable_progress_bar = true")
            self.run("set enable_progress_bar_print = false")

    def prepare(self, layers: Iterable[str]) -> None:
        """Create the schemas of these layers, permanent and scratch."""
        for layer in layers:
            self.run(f"create schema if not exists {quoted_relation(layer)}")
            self.run(f"create schema if not exists scratch.{quoted_relation(layer)}")

    def create(
        self,
        name: str,
        kind: str,
        sql: str,
        arguments: Sequence[str] = (),
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        """Create a relation from a rendered model, replacing the one of that name."""
        place = quoted_relation(name)
        opening = {
            "macro": f"create macro {place}({', '.join(arguments)}) as table\n",
            "view": f"create view {place} as\n",
        }.get(kind, f"create table {place} as\n")
        self.drop(name)
        try:
            self.run(opening + sql, parameters)
            self.there[name] = {"macro": "macro table", "view": "view"}.get(kind, "table")
        except EngineError as error:
            if error.offset is not None:
                error.offset -= len(opening)
            raise

    def update(self, name: str, update: Update) -> bool:
        """Delete and insert the changed rows of a relation."""
        place, column = quoted_relation(name), quoted_relation(update.column)
        self.outdated.append(name)
        self.run(
            f"delete from {place} where {column} in (select unnest($gone))", {"gone": list(update.removed)}
        )
        for query_of_part in update.added:
            self.run(f"insert into {place}\n{query_of_part}")
        return True

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a query and return its rows."""
        return self.run(sql)

    def variant(self) -> Writer:
        """Open another connection to the same database."""
        other = copy.copy(self)
        other.connection = self.connection.cursor()
        other._configure()
        return other

    def store(self, name: str, table: Rows) -> None:
        """Write Arrow rows as a table."""
        self.connection.register("incoming", table)
        try:
            self.run(f"create table {quoted_relation(name)} as select * from incoming")
            self.there[name] = "table"
        finally:
            self.connection.unregister("incoming")

    def drop(self, name: str) -> None:
        """Drop a table, view or macro if it exists."""
        if name in self.there:
            is_in_file = self.there[name] == "table" and not name.startswith("scratch.")
            self.outdated += [name] if is_in_file else []
            self.run(f"drop {self.there[name]} if exists {quoted_relation(name)} cascade")
            del self.there[name]

    def comment(self, comments: Mapping[str, Comment]) -> None:
        """Write keys and comments, all in one text: a statement each would take seconds."""
        there = {name: kind for name, kind in self.there.items() if name in comments}
        kinds = {"macro table": "macro table", "view": "view"}
        self._declare({name: key for name in there if (key := comments[name].key)})
        statements = [
            f"comment on {kinds.get(kind, 'table')} {quoted_relation(name)} is {literal(comments[name].text)}"
            for name, kind in there.items()
        ]
        for relation, column in self.run(COLUMNS):
            text = comments[relation].column(column) if relation in there else None
            if text is not None:
                place = f"{quoted_relation(relation)}.{quoted(column)}"
                statements.append(f"comment on column {place} is {literal(text)}")
        if statements:
            self.run(";\n".join(["begin", *statements, "commit"]))

    def _declare(self, keys: Mapping[str, str]) -> None:
        """Declare primary keys of one column."""
        statements = [
            f"alter table {quoted_relation(name)} add primary key ({quoted(key)})"
            for name, key in keys.items()
            if self.there[name] == "table"
        ]
        if statements:
            self.run(";\n".join(statements))

    def flush(self) -> None:
        """Write a checkpoint; where rows were deleted, write the file anew, without their bytes.

        DuckDB keeps what was dropped in free blocks, and what was deleted where it was, until it needs the
        space.
        """
        self.run("checkpoint")
        if not self.outdated or str(self.path) == MEMORY:
            return
        self._anew.unlink(missing_ok=True)
        name = self.run("select current_database()")[0][0]
        self.run(f"attach '{_literal(self._anew)}' as anew (storage_version '{STORAGE}')")
        self.run(f"copy from database {quoted(name)} to anew")
        self.run("checkpoint anew")
        self.run("detach anew")

    @property
    def _anew(self) -> Path:
        """Return the path of the rewritten file."""
        return self.path.with_name(f"{self.path.name}.anew")

    def close(self) -> None:
        """Close the connection, and put the file that was written anew in the place of the old one.

        A connection that an interruption left busy ends with the process.
        """
        with contextlib.suppress(duckdb.Error):
            self.connection.execute("detach scratch")
            self.connection.close()
        if self._anew.exists():
            self._anew.replace(self.path)


def _literal(path: Path) -> str:
    """Return a path as the text between quotes of a literal."""
    return str(path).replace("'", "''")
