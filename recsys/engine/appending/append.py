"""Append interactions to a data directory and to the warehouse that was built from it."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from recsys.backends.database import Limits
from recsys.backends.duckdb.connection import reading
from recsys.backends.duckdb.database import Writer
from recsys.backends.duckdb.forgetting import remove
from recsys.engine import manifest
from recsys.engine.appending.target import Place
from recsys.engine.appending.update import Updated, update
from recsys.engine.publish import Workplace, refuse_unfinished
from recsys.errors import UsageError
from recsys.identifiers import literal
from recsys.sources import parquet
from recsys.sources.appending.append import Appended, Report, prepared
from recsys.sources.changing import FORGOTTEN, GENERATION, ORIGIN, TAKEN, changing, origin


@dataclass(frozen=True)
class Options:
    """Hold the options of an append; `recsys.library.append` describes them."""

    files: Sequence[Any]
    data: Path
    warehouse: Path | None = None
    sql: Path | None = None
    limits: Limits = field(default_factory=Limits)
    items: Any = None
    taken: Sequence[str] = ()  # digests of the files, for dataset.json


@dataclass(frozen=True)
class Result:
    """Hold the effects of an append on the data directory and the warehouse.

    Attributes
    ----------
    found : Appended
        Counts of rows, users and items.
    updated : int, optional
        Users with new rows, whose lists were made anew; None without a warehouse.
    model : str
        List model of the warehouse; empty for one without lists.
    scores_new_items : bool
        Whether this model scores new items before the next build.
    build : str
        Command that brings the rows into a warehouse that an append cannot update.
    """

    found: Appended
    updated: int | None = None
    model: str = ""
    scores_new_items: bool = False
    build: str = ""


def append(options: Options, report: Report = lambda fraction, message: None) -> Result:
    """Add interactions to a data directory, and to a warehouse without learning.

    Both are written next to the old ones first. Then the data directory changes in one step, and the
    warehouse in another; after a crash between them the next append brings the warehouse up to date.

    Parameters
    ----------
    options : Options
        Rows, data directory and warehouse.
    report : callable
        ``report(fraction, message)`` draws the progress line.

    Raises
    ------
    InputError, UsageError
        The input or the arguments are wrong; nothing changed.
    BuildError
        The warehouse cannot be updated; nothing changed.
    """
    limits = options.limits
    with _held(options.warehouse) as workplace:
        settings = _settings(options)
        given = options.files, limits.threads, limits.memory, report
        with prepared(options.data, *given, options.items) as made:
            found, change, updates = made
            if options.taken:
                updates[TAKEN] = [*change.metadata.get(TAKEN, []), *options.taken]
            result = Result(found)
            if workplace is not None and settings.get("engine") == "spark":
                result = replace(result, build=_command(options, settings))
            elif workplace is not None:
                report(0.0, "updating the warehouse")
                done = _update(options, workplace, settings, change.described(updates))
                result = replace(
                    result, updated=done.users, model=done.model, scores_new_items=done.scores_new_items
                )
            change.commit(updates)
            if result.updated is not None and workplace is not None:
                workplace.publish()
    return result


def catch_up(options: Options) -> None:
    """Bring a warehouse up to a data directory that changed without it, as after a crash between the two.

    Parameters
    ----------
    options : Options
        Data directory and warehouse; no rows are read.
    """
    with _held(options.warehouse) as workplace:
        settings = _settings(options)
        if workplace is None or settings.get("engine") == "spark":
            return
        with changing(options.data) as change:
            if int(settings.get(GENERATION, 0)) < int(change.metadata.get(GENERATION, 0)):
                _update(options, workplace, settings, change.metadata)
                workplace.publish()


@contextlib.contextmanager
def _held(warehouse: Path | None) -> Iterator[Workplace | None]:
    if warehouse is None:
        yield None
        return
    with Workplace(warehouse.absolute()).held() as workplace:
        yield workplace


def _settings(options: Options) -> dict[str, str]:
    """Return the settings of the warehouse; raise UsageError for one that is not of these data."""
    if options.warehouse is None:
        return {}
    settings = manifest.settings(options.warehouse)
    build = f"recsys build --data {options.data} --warehouse {options.warehouse}"
    if not settings:
        if options.warehouse.exists():
            refuse_unfinished(options.warehouse)
            with reading(options.warehouse):  # refuses other files, and those of an earlier version
                pass
        raise UsageError(f"no warehouse at {options.warehouse}. Create it: {build}")
    if ORIGIN not in settings:
        raise UsageError(
            f"{options.warehouse}: built by an earlier version, or not from imported data; build it again: "
            f"{build}"
        )
    return settings


def _command(options: Options, settings: dict[str, str]) -> str:
    """Return the build that brings appended rows into a warehouse of a cluster."""
    store = f" --store {settings['store']}" if "store" in settings else ""
    return f"recsys build --engine spark --data {options.data} --warehouse {options.warehouse}{store}"


def _update(
    options: Options, workplace: Workplace, settings: dict[str, str], metadata: dict[str, Any]
) -> Updated:
    """Bring the private copy of the warehouse up to the data directory after the change."""
    applied = int(settings.get(GENERATION, 0))
    build = f"recsys build --data {options.data} --warehouse {options.warehouse}"
    if settings[ORIGIN] != origin(metadata):
        raise UsageError(f"{options.warehouse}: not built from {options.data}; build it: {build}")
    if applied < int(metadata.get("folded", 0)):
        raise UsageError(
            f"{options.warehouse}: lacks rows that were appended without --warehouse; build it: {build}"
        )
    workplace.start_from_published()
    writer = Writer(workplace.database, options.limits, workplace.spill)
    try:
        if applied < int(metadata.get(FORGOTTEN, 0)):
            remove(writer, *_forgotten(writer, options.data, metadata))
        place = Place(options.data, options.sql, options.limits, workplace, uuid.uuid4().hex)
        done = update(writer, place, metadata, settings)
        writer.flush()
        return done
    finally:
        writer.close()


def _forgotten(writer: Writer, data: Path, metadata: dict[str, Any]) -> list[list[int]]:
    """Return the ids of users and of items that a warehouse has and its data directory has no more.

    Their integer ids may be those of others there by now.
    """
    found = []
    for name, key in (("users", "user_id"), ("items", "item_id")):
        path = literal(str(data / parquet.file_of(metadata, name)))
        rows = writer.rows(
            f"select {key} from staging.{name} anti join read_parquet({path}) using ({key}, original_id)"
        )
        found.append([number for (number,) in rows])
    return found
