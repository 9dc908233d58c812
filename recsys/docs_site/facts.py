"""Read what a warehouse records of itself: build settings, parameters, inputs and columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from recsys.backends.duckdb.connection import query
from recsys.backends.duckdb.statements import Connection
from recsys.engine.availability import exclude
from recsys.engine.manifest import Record, read_from
from recsys.project import Project
from recsys.serving.relations import settings

COLUMNS = (
    "select schema_name || '.' || table_name as relation, column_name, data_type from duckdb_columns() "
    "where not internal order by relation, column_index"
)


@dataclass(frozen=True)
class Facts:
    """Hold a warehouse's records; ``columns`` maps each table and view to its columns and types, in order."""

    settings: Mapping[str, str]
    parameters: Mapping[str, str]
    inputs: frozenset[str]
    records: Mapping[str, Record]
    columns: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, connection: Connection) -> Facts:
        """Read the facts of an open warehouse."""
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
        """Load the models as this build rendered them: with its parameters, input files and exclusions."""
        plain = Project.load(sql).parameters.flat()
        changed = {
            name: value
            for name, value in self.parameters.items()
            if name in plain and str(plain[name]) != value
        }
        project = Project.load(sql, [f"{name}={value}" for name, value in changed.items()], self.inputs)
        exclude(project, dict.fromkeys(project.models.keys() - self.records.keys(), "not part of this build"))
        return project
