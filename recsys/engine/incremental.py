"""Update a warehouse without a build: the models' own SQL for the users and items of appended rows.

A model says in its header by which columns it can be updated (``incremental: by user_id``). Its SQL runs over
the rows of its inputs that have the changed values, and what it returns replaces the rows of these values.
Models of ``staging`` read files that hold nothing but changed rows.
"""

from __future__ import annotations

import contextlib
import importlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from recsys.backends.database import EngineError, Limits, Measure
from recsys.backends.duckdb.database import Writer
from recsys.backends.duckdb.statements import first_line
from recsys.engine import changed_rows, manifest
from recsys.engine.plan import Fingerprint, Step
from recsys.engine.publish import Workplace
from recsys.engine.rebuilding import different
from recsys.engine.runner import LearnerUnavailable, Runner
from recsys.errors import BuildError, UsageError
from recsys.identifiers import quoted
from recsys.project import Model, Project
from recsys.project.contract import Context
from recsys.project.rendered import Rendered
from recsys.sources import parquet
from recsys.sources.changing import GENERATION, LEARNED
from recsys.sources.source_file import SourceFile

SCHEMA = "appended"  # of the scratch database: what the update reads and makes
REASON = "rows were appended"
NEEDED = ("staging.ratings", "staging.appended")
RECORDED = """
update marts.build set value = changed.value, row_count = changed.row_count, digest = changed.digest
from (
    select
        unnest($names::varchar[]) as name,
        unnest($made::varchar[]) as value,
        unnest($counts::bigint[]) as row_count,
        unnest($digests::varchar[]) as digest
) as changed
where build.name = changed.name and build.kind in ('table', 'view')"""
VALUES = ("user_id", "item_id", "track_id")  # whose changed values are noted


@dataclass(frozen=True)
class Place:
    """Where an update happens."""

    data: Path
    sql: Path | None
    limits: Limits
    workplace: Workplace
    build_id: str


@dataclass(frozen=True)
class Updated:
    """What an update did: users whose lists are new, and the model that makes lists."""

    users: int
    model: str


def update(writer: Writer, place: Place, metadata: Mapping[str, Any], settings: Mapping[str, str]) -> Updated:
    """Bring an open private copy of a warehouse up to its data directory.

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

    Raises
    ------
    BuildError
        A model failed.
    UsageError
        An earlier version built the warehouse.
    """
    try:
        return _Update(writer, place, metadata, settings).run()
    except EngineError as error:
        raise BuildError(f"the warehouse could not be updated: {first_line(error)}") from None
    except LearnerUnavailable as error:
        raise BuildError(f"the lists could not be updated: {error}") from None


class _Update:
    """One update under way."""

    def __init__(
        self, writer: Writer, place: Place, metadata: Mapping[str, Any], settings: Mapping[str, str]
    ) -> None:
        self.writer, self.place, self.metadata, self.settings = writer, place, metadata, settings
        rows = writer.rows("from marts.build")
        names = [column for column, *_ in writer.rows("describe from marts.build")]
        self.build = [dict(zip(names, row, strict=True)) for row in rows]
        self.records = manifest.records_of(self.build)
        self.inputs: set[str] = set()
        self.changed: dict[str, Measure] = {}
        self.columns: dict[str, frozenset[str]] = {}  # of relations that inputs are parts of

    def run(self) -> Updated:
        if any(name not in self.records for name in NEEDED):
            raise UsageError(
                f"{self.place.workplace.warehouse}: has not all relations of this version; build it again: "
                f"recsys build --data {self.place.data} --warehouse {self.place.workplace.warehouse}"
            )
        self.writer.prepare(self.project.layers)
        self.writer.rows(f"create schema scratch.{SCHEMA}")
        for column in VALUES:
            self.writer.rows(f"create table scratch.{SCHEMA}.values_{column} ({column} integer)")
        self._prepare_lists()
        for model in self._models():
            if model.materialized == "temp":
                self._make(self.project.render(model.name))
            else:
                self._update(model)
        self._record()
        users = self.writer.rows(f"select count(*) from scratch.{SCHEMA}.values_user_id")[0][0]
        return Updated(int(users), self.chosen)

    @cached_property
    def chosen(self) -> str:
        """The list model of the warehouse; empty without one."""
        chosen = self.writer.rows("select model from lists.chosen") if "lists.chosen" in self.records else []
        return str(chosen[0][0]) if chosen else ""

    def _prepare_lists(self) -> None:
        """Load what makes lists in a thread, while the engine updates what they are made from."""
        model = self.project.models.get(f"lists.{self.chosen}")
        if model is not None and (kind := model.list_kind):
            threading.Thread(target=_load_lists, args=(kind,), daemon=True).start()

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
    def runner(self) -> Runner:
        workplace, limits = self.place.workplace, self.place.limits
        context = Context(scratch=workplace.scratch, threads=limits.threads, memory_bytes=limits.memory_bytes)
        return Runner(self.project, self.files, workplace, context, self.place.build_id)

    def _models(self) -> list[Model]:
        """Return the models to update, and temporary ones that they read, in the order of their inputs."""
        wanted = [
            model
            for model in self.project.models.values()
            if model.incremental and not model.original and self._is_there(model) and self._may_change(model)
        ]
        graph = {model.name: self.project.render(model.name) for model in wanted}
        waiting = list(graph.values())
        while waiting:
            for parent in self.project.parents(waiting.pop()):
                if self.project.models[parent].materialized == "temp" and parent not in graph:
                    graph[parent] = self.project.render(parent)
                    waiting.append(graph[parent])
        found = [rendered.model for rendered in self.project.in_order(graph)]
        return sorted(found, key=lambda model: model.layer != "staging")  # all changed values first

    def _may_change(self, model: Model) -> bool:
        """Return whether a model of another layer, or one that reads a file with rows that are missing."""
        rendered = self.project.render(model.name)
        read = {
            *rendered.sources,
            *(one for ref in rendered.refs for one in self.project.render(ref).sources),
        }
        grown = read & changed_rows.KEYS.keys()
        return model.layer != "staging" or read != grown or any(self.files[one].line_count for one in grown)

    def _is_there(self, model: Model) -> bool:
        return model.name in self.project.enabled and self.records[model.name].kind == "table"

    def _update(self, model: Model) -> None:
        """Make the rows of the changed values anew."""
        columns, _ = model.incremental or ((), False)
        is_staging = model.layer == "staging"
        if not is_staging and not self._reads_changes(model):
            return
        variant = self._variant(model, columns)
        made = self.project.location(variant.name)
        self._make(self.project.render(variant.name))
        key = ", ".join(columns)
        values = made if is_staging else f"scratch.{SCHEMA}.{_values_of(columns)}"
        if is_staging:
            if not self.writer.count(made):
                return  # nothing new: what reads it stays too
            self._collect(model, columns, made)
        self._replace(model, made, f"({key}) in (select {key} from {values})")

    def _replace(self, model: Model, made: str, condition: str) -> None:
        """Replace the rows of a condition by those that were made; keep count and digest of the relation."""
        gone, new = f"{_flat(model.name)}_gone", f"{_flat(model.name)}_new"
        self.writer.rows(
            f"create table scratch.{gone} as select rowid as place, * from {model.name} where {condition}"
        )
        self.writer.rows(
            f"create table scratch.{new} as select null::bigint as place, * from {model.name} limit 0"
        )
        self.writer.rows(f"insert into scratch.{new} by name select * from {made} where {condition}")
        self.writer.rows(f"delete from {model.name} where rowid in (select place from scratch.{gone})")
        self.writer.rows(f"insert into {model.name} by name select * exclude (place) from scratch.{new}")
        for relation in (gone, new):
            self._add_part(model, relation)
        for one in (model, *self._projections(model)):
            self.changed[one.name] = self._measure_after(one, model, gone, new)

    def _projections(self, model: Model) -> list[Model]:
        """Return the views that have a row for each row of a relation, and nothing else."""
        return [
            view
            for name, record in self.records.items()
            if record.kind == "view"
            and (view := self.project.models[name]).key == model.key
            and self.project.render(name).refs == (model.name,)
        ]

    def _measure_after(self, model: Model, changed: Model, gone: str, new: str) -> Measure:
        """Return count and digest of a relation after rows of an input changed: both are sums over rows."""
        record = self.records[model.name]
        count, digest = record.row_count, int(record.digest or "0", 16)
        for sign, part in ((-1, gone), (1, new)):
            sql = f"select * exclude (place) from scratch.{part}"
            if model is not changed:
                name, substitutes = f"{part}_of_{model.stem}", {changed.name: part}
                self.project.add(replace(model, name=name, substitutes=substitutes))
                sql = self.project.render(name).sql
            rows, hashes = self.writer.rows(
                f"select count(*), coalesce(sum(hash(content)::hugeint), 0) from ({sql}) as content"
            )[0]
            count, digest = count + sign * int(rows), digest + sign * int(hashes)
        return Measure(count, f"{digest:x}" if record.digest else "")

    def _reads_changes(self, model: Model) -> bool:
        refs = self.project.render(model.name).refs
        above = {one for ref in refs for one in (ref, *self._behind(ref))}
        return not above.isdisjoint(self.changed.keys())

    def _views_above(self) -> dict[str, Measure]:
        """Return count and digest of the other views that read relations that changed."""
        views = (name for name, record in self.records.items() if record.kind == "view")
        above = [name for name in views if self._reads_changes(self.project.models[name])]
        return {name: self.writer.measure(name) for name in above if name not in self.changed}

    def _behind(self, relation: str) -> tuple[str, ...]:
        """Return what a view reads."""
        model = self.project.writers[relation]
        return self.project.render(model.name).refs if model.materialized == "view" else ()

    def _collect(self, model: Model, columns: tuple[str, ...], made: str) -> None:
        """Note the users, items and tracks of a model of staging as changed values."""
        for column in columns:
            if model.name == "staging.appended" or column not in VALUES:
                continue
            self.writer.rows(
                f"insert into scratch.{SCHEMA}.{_values_of((column,))} select distinct {column} from {made} "
                f"where {column} not in (from scratch.{SCHEMA}.{_values_of((column,))})"
            )

    def _variant(self, model: Model, columns: tuple[str, ...]) -> Model:
        """Add the model over the changed rows of its inputs to the project."""
        _, is_whole = model.incremental or ((), False)
        substitutes = dict(model.substitutes)
        if model.layer != "staging" and not is_whole:
            for relation in self.project.render(model.name).refs:
                if (part := self._part(relation, columns)) is not None:
                    substitutes[relation] = part
        header = {key: text for key, text in model.header.items() if key not in ("rows", "incremental")}
        variant = replace(
            model,
            name=_flat(model.name),
            header=header,
            materialized="temp",
            substitutes=substitutes,
            original=model.name,
        )
        self.project.add(variant)
        return variant

    def _part(self, relation: str, columns: tuple[str, ...]) -> str | None:
        """Return the relation of an input's rows with changed values; None where it has no such column."""
        model = self.project.writers[relation]
        place = self.project.location(relation)
        if place not in self.columns:
            self.columns[place] = frozenset(self.writer.columns(place))
        if columns == ("user_id",) and model.list_kind == "item_weights":
            return self._weights(model, place)
        if model.materialized == "temp" or not self.columns[place].issuperset(columns):
            return None
        key = ", ".join(columns)
        condition = f"({key}) in (select {key} from scratch.{SCHEMA}.{_values_of(columns)})"
        kind = "table" if columns == ("user_id",) else "view"  # several models read the rows of changed users
        return self._rows(kind, model, place, f"{_flat(relation)}_by_{'_'.join(columns)}", condition)

    def _weights(self, model: Model, place: str) -> str:
        """Return the relation of the weights of a list model that the histories of changed users read."""
        history = self._part("staging.ratings", ("user_id",))
        condition = f"item_j in (select item_id from scratch.{history})"
        return self._rows("view", model, place, f"{_flat(model.name)}_of_histories", condition)

    def _rows(self, kind: str, model: Model, place: str, name: str, condition: str) -> str:
        """Add the relation of some rows of a model to the scratch database and to the project."""
        if name not in self.inputs:
            source = f"{self.database}.{place}"
            self.writer.rows(f"create {kind} scratch.{name} as select * from {source} where {condition}")
            self._add_part(model, name)
            self.inputs.add(name)
        return name

    def _add_part(self, model: Model, name: str) -> None:
        """Add the relation of some rows of a model, in the scratch database, to the project."""
        self.project.add(replace(model, name=name, header={"key": model.header["key"]}, materialized="temp"))

    @cached_property
    def database(self) -> str:
        """The name of the warehouse's database, which views of another one have to name."""
        return quoted(str(self.writer.rows("select current_database()")[0][0]))

    def _make(self, rendered: Rendered) -> None:
        """Run a model, and check its rows against its header."""
        nothing = Fingerprint("", "", {}, {})
        self.runner.run(Step(rendered, nothing, REASON), self.writer)

    def _record(self) -> None:
        """Write into the warehouse what was updated, so that the next build makes it anew."""
        found = self._views_above() | self.changed
        made = [replace(self.records[name].fingerprint, appended=True).as_json() for name in found]
        self.writer.run(
            RECORDED,
            {
                "names": list(found),
                "made": made,
                "counts": [one.row_count for one in found.values()],
                "digests": [one.digest for one in found.values()],
            },
        )
        self.writer.run(
            "update marts.build set value = $value where kind = 'setting' and name = $name",
            {"value": str(self.metadata[GENERATION]), "name": GENERATION},
        )


def _load_lists(kind: str) -> None:
    """Load the code that makes lists by a kind of model."""
    with contextlib.suppress(ImportError):  # the update of the lists reports it
        importlib.import_module("recsys.learners.lists.learner").prepare(kind)


def _flat(relation: str) -> str:
    """Return the name in the schema of the update that stands for a relation."""
    return f"{SCHEMA}.{relation.replace('.', '_')}"


def _values_of(columns: tuple[str, ...]) -> str:
    return f"values_{'_'.join(columns)}"
