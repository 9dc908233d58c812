"""Relations beside an open warehouse, in memory, for SQL that is made on request."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from recsys.backends.database import Limits
from recsys.backends.duckdb.statements import Connection, Ordered, Statements, quoted


class Scratch(Statements):
    """Relations beside an open warehouse, in memory: read-only as it is, SQL made on request may use them."""

    def __init__(self, connection: Connection, limits: Limits, schemas: Iterable[str]) -> None:
        super().__init__(connection)
        for name, setting in (("threads", str(limits.threads)), ("memory_limit", limits.memory)):
            self.run(f"set {name} = $setting", {"setting": setting})
        self.run("attach if not exists ':memory:' as scratch (read_write)")
        for schema in schemas:
            self.run(f"create schema if not exists scratch.{quoted(schema)}")

    def put(self, relation: str, content: pa.Table | str) -> None:
        """Make ``scratch.<relation>`` from an Arrow table or from SQL, whether or not it is there."""
        opening = f"create or replace table scratch.{quoted(relation)} as "
        if isinstance(content, str):
            self.run(opening + content)
            return
        self.connection.register("incoming", content)
        try:
            self.run(f"{opening}from incoming")
        finally:
            self.connection.unregister("incoming")

    def table(self, relation: str) -> pa.Table:
        """The rows of a relation that was put here."""
        return Ordered(self, f"from scratch.{quoted(relation)} order by all").arrow()
