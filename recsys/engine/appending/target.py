"""The copy of a warehouse that an update changes: its record, its models, and the rows that it lacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from recsys.backends.database import Limits
from recsys.backends.duckdb.database import Writer
from recsys.engine import manifest
from recsys.engine.appending import changed_rows
from recsys.engine.fingerprint import Fingerprint
from recsys.engine.plan import Step
from recsys.engine.publish import Workplace
from recsys.engine.rebuilding import different
from recsys.engine.runner import Runner
from recsys.identifiers import quoted
from recsys.project import Model, Project
from recsys.project.contract import Context
from recsys.project.rendered import Rendered
from recsys.sources import parquet
from recsys.sources.changing import GENERATION, LEARNED
from recsys.sources.source_file import SourceFile

SCHEMA = "appended"  # of the scratch database: what the update reads and makes
REASON = "rows were appended"
LISTS = "marts.recommendations"


@dataclass(frozen=True)
class Place:
    """Hold where an update happens."""

    data: Path
    sql: Path | None
    limits: Limits
    workplace: Workplace
    build_id: str


class Target:
    """Hold the copy of a warehouse that one update changes.

    Parameters
    ----------
    writer : Writer
        Of the copy.
    place : Place
        Data directory, models and folders.
    metadata : mapping
        Content of ``dataset.json`` after the append.
    settings : mapping
        Settings of the warehouse: which appends it has, and which of them it has learned.
    """

    def __init__(
        self, writer: Writer, place: Place, metadata: Mapping[str, Any], settings: Mapping[str, str]
    ) -> None:
        self.writer, self.place, self.metadata, self.settings = writer, place, metadata, settings
        rows = writer.rows("from marts.build")
        names = [column for column, *_ in writer.rows("describe from marts.build")]
        self.build = [dict(zip(names, row, strict=True)) for row in rows]
        self.records = manifest.records_of(self.build)

    @cached_property
    def list_model(self) -> str:
        """The list model of the warehouse; empty without lists."""
        if not {"lists.chosen", LISTS} <= self.records.keys():
            return ""
        chosen = self.writer.rows("select model from lists.chosen")
        return str(chosen[0][0]) if chosen else ""

    @cached_property
    def files(self) -> dict[str, SourceFile]:
        """The rows that the warehouse lacks, as files by source name."""
        folder = self.place.workplace.scratch
        applied, learned = (int(self.settings.get(name, 0)) for name in (GENERATION, LEARNED))
        return changed_rows.written(self.writer, self.place.data, self.metadata, folder, applied, learned)

    @cached_property
    def project(self) -> Project:
        """The models of the warehouse, with the parameters that it was built with."""
        of_data = parquet.parameters(self.metadata)
        found = Project.load(self.place.sql, (), self.files, of_data)
        built = {row["name"]: row["value"] for row in self.build if row["kind"] == "parameter"}
        if overrides := different(found.parameters.flat(), built):
            found = Project.load(self.place.sql, overrides, self.files, of_data)
        found.disable(name for name in found.models if name not in self.records)
        return found

    @cached_property
    def database(self) -> str:
        """The name of the warehouse's database, which views of another one have to name."""
        return quoted(str(self.writer.rows("select current_database()")[0][0]))

    def has_table(self, model: Model) -> bool:
        """Return whether the warehouse has the rows of a model."""
        return model.name in self.project.enabled and self.records[model.name].kind == "table"

    def run(self, rendered: Rendered) -> None:
        """Run a model, and check its rows against its header."""
        self._runner.run(Step(rendered, Fingerprint("", "", {}, {}), REASON), self.writer)

    def add_rows_of(self, model: Model, name: str) -> None:
        """Add a relation of the scratch database, with some rows of a model, to the project."""
        self.project.add(replace(model, name=name, header={"key": model.header["key"]}, materialized="temp"))

    @cached_property
    def _runner(self) -> Runner:
        workplace, limits = self.place.workplace, self.place.limits
        context = Context(scratch=workplace.scratch, threads=limits.threads, memory_bytes=limits.memory_bytes)
        return Runner(self.project, self.files, workplace, context, self.place.build_id)


def flat(relation: str) -> str:
    """Return the name in the schema of the update that stands for a relation."""
    return f"{SCHEMA}.{relation.replace('.', '_')}"
