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
from dataclasses import dataclass
from typing import Any

from recsys.backends.database import EngineError
from recsys.backends.duckdb.database import Writer
from recsys.backends.duckdb.statements import first_line
from recsys.engine.appending import changed_rows
from recsys.engine.appending.changed_values import ChangedValues
from recsys.engine.appending.replacement import Replacement
from recsys.engine.appending.target import SCHEMA, Place, Target
from recsys.engine.runner import LearnerUnavailable
from recsys.errors import BuildError, UsageError
from recsys.project import Model

NEEDED = ("staging.ratings", "staging.appended")
UNLEARNED = "staging.appended"  # rows of it do not make their users and items changed ones


@dataclass(frozen=True)
class Updated:
    """Hold the number of users with new lists, the model of lists, and whether it scores new items."""

    users: int
    model: str
    scores_new_items: bool


def update(writer: Writer, place: Place, metadata: Mapping[str, Any], settings: Mapping[str, str]) -> Updated:
    """Bring an open private copy of a warehouse up to its data directory.

    Parameters
    ----------
    writer, place, metadata, settings
        As for `Target`.

    Raises
    ------
    BuildError
        A model failed.
    UsageError
        An earlier version built the warehouse.
    """
    try:
        target = Target(writer, place, metadata, settings)
        _refuse_earlier_version(target)
        return _run(target)
    except EngineError as error:
        raise BuildError(f"the warehouse could not be updated: {first_line(error)}") from None
    except LearnerUnavailable as error:
        raise BuildError(f"the lists could not be updated: {error}") from None


def _refuse_earlier_version(target: Target) -> None:
    if any(name not in target.records for name in NEEDED):
        data, warehouse = target.place.data, target.place.workplace.warehouse
        raise UsageError(
            f"{warehouse}: has not all relations of this version; build it again: "
            f"recsys build --data {data} --warehouse {warehouse}"
        )


def _run(target: Target) -> Updated:
    """Update model after model."""
    target.writer.prepare(target.project.layers)
    target.writer.rows(f"create schema scratch.{SCHEMA}")
    values, replacement = ChangedValues(target), Replacement(target)
    _prepare_lists(target)
    for model in _models(target):
        if model.materialized == "temp":
            target.run(target.project.render(model.name))
        elif model.layer == "staging":
            _update_staging(target, values, replacement, model)
        elif replacement.reads_changes(model):
            _update_model(target, values, replacement, model)
    replacement.record()
    chosen = target.project.models.get(f"lists.{target.list_model}")
    is_updated = chosen is not None and chosen.incremental is not None
    return Updated(values.user_count(), target.list_model, is_updated)


def _update_staging(target: Target, values: ChangedValues, replacement: Replacement, model: Model) -> None:
    """Add the rows that a relation of staging lacks, and note their values."""
    columns, _ = model.incremental or ((), False)
    made = _made(target, values, model)
    if not target.writer.count(made):
        return  # nothing new: relations that read it stay too
    if model.name != UNLEARNED:
        values.note(columns, made)
    key = ", ".join(columns)
    replacement.replace(model, made, f"({key}) in (select {key} from {made})")


def _update_model(target: Target, values: ChangedValues, replacement: Replacement, model: Model) -> None:
    """Replace the rows of the changed values."""
    columns, _ = model.incremental or ((), False)
    replacement.replace(model, _made(target, values, model), values.condition(columns))


def _made(target: Target, values: ChangedValues, model: Model) -> str:
    """Run a model over changed rows; return the relation that it makes."""
    variant = values.variant(model)
    made = target.project.location(variant.name)
    target.run(target.project.render(variant.name))
    return made


def _models(target: Target) -> list[Model]:
    """Return the models to update, and temporary ones that they read, in the order of their inputs."""
    project = target.project
    wanted = [
        model
        for model in project.models.values()
        if model.incremental and not model.original and target.has_table(model) and _may_change(target, model)
    ]
    graph = {model.name: project.render(model.name) for model in wanted}
    waiting = list(graph.values())
    while waiting:
        for parent in project.parents(waiting.pop()):
            if project.models[parent].materialized == "temp" and parent not in graph:
                graph[parent] = project.render(parent)
                waiting.append(graph[parent])
    found = [rendered.model for rendered in project.in_order(graph)]
    return sorted(found, key=lambda model: model.layer != "staging")  # all changed values first


def _may_change(target: Target, model: Model) -> bool:
    """Return whether a model is of another layer than staging, or reads a file with rows that are missing."""
    project = target.project
    rendered = project.render(model.name)
    read = {*rendered.sources, *(one for ref in rendered.refs for one in project.render(ref).sources)}
    grown = read & changed_rows.KEYS.keys()
    return model.layer != "staging" or read != grown or any(target.files[one].line_count for one in grown)


def _prepare_lists(target: Target) -> None:
    """Load the code that makes lists in a thread, while the engine updates what they are made from."""
    model = target.project.models.get(f"lists.{target.list_model}")
    if model is not None and (kind := model.list_kind):
        threading.Thread(target=_load_lists, args=(kind,), daemon=True).start()


def _load_lists(kind: str) -> None:
    with contextlib.suppress(ImportError):  # the update of the lists reports it
        importlib.import_module("recsys.learners.lists.learner").prepare(kind)
