"""Add in-memory relations to an open warehouse, for SQL that runs on request."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from recsys.backends.database import Limits
from recsys.backends.duckdb.statements import Connection, Ordered, Statements
from recsys.identifiers import quoted_relation


class Scratch(Statements):
    """Hold relations in memory next to a read-only warehouse; SQL that runs on request may read both."""

    def __init__(self, connection: Connection, limits: Limits, schemas: Iterable[str]) -> None:
        super().__init__(connection)
        for name, setting in (("threads", str(limits.threads)), ("memory_limit", limits.memory)):
            self.run(f"set {name} = $setting", {"setting": setting})
        self.run("attach if not exists ':memory:' as scratch (read_write)")
        for schema in schemas:
            self.run(f"create schema if not exists scratch.{quoted_relation(schema)}")

    def put(self, relation: str, content: pa.Table | str) -> None:
        """Create or replace ``scratch.<relation>`` from an Arrow table or a query."""
        opening = f"create or replace table scratch.{quoted_relation(relation)} as "
        if isinstance(content, str):
            self.run(opening + content)
            return
        self.connection.register("incoming", content)
        try:
            self.run(f"{opening}from incoming")
        finally:
            self.connection.unregister("incoming")

    def table(self, relation: str) -> pa.Table:
        """Return the rows of a scratch relation."""
        return Ordered(self, f"from scratch.{quoted_relation(relation)} order by all").arrow()
