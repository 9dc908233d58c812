"""What a warehouse says of itself: when it was built, from what, and which columns it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from recsys.backends.duckdb.connection import query
from recsys.backends.duckdb.statements import Connection
from recsys.engine.availability import exclude
from recsys.engine.manifest import Record, read_from
from recsys.project import Project
from recsys.serving.queries import settings

COLUMNS = (
    "select schema_name || '.' || table_name as relation, column_name, data_type from duckdb_columns() "
    "where not internal order by relation, column_index"
)


@dataclass(frozen=True)
class Facts:
    """``columns`` maps each table and view to its columns and their types, in order."""

    settings: Mapping[str, str]
    parameters: Mapping[str, str]
    inputs: frozenset[str]
    records: Mapping[str, Record]
    columns: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, connection: Connection) -> Facts:
        columns: dict[str, dict[str, str]] = {}
        for row in query(connection, COLUMNS).to_pylist():
            columns.setdefault(row["relation"], {})[row["column_name"]] = row["data_type"]
        rows = query(connection, "from marts.build where kind in ('parameter', 'input')").to_pylist()
        return cls(
            settings(connection),
            {row["name"]: row["value"] for row in rows if row["kind"] == "parameter"},
            frozenset(row["name"] for row in rows if row["kind"] == "input"),
            read_from(connection),
            columns,
        )

    def project(self, sql: Path | None = None) -> Project:
        """The models as this build rendered them: its parameters, its input files, what it left out."""
        plain = Project.load(sql).parameters.flat()
        changed = {
            name: value
            for name, value in self.parameters.items()
            if name in plain and str(plain[name]) != value
        }
        project = Project.load(sql, [f"{name}={value}" for name, value in changed.items()], self.inputs)
        exclude(project, dict.fromkeys(project.models.keys() - self.records.keys(), "not of this build"))
        return project
