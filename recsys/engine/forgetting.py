"""Remove users and items from a data directory and a warehouse, with their ids and names."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from recsys.backends.database import EngineError, Limits
from recsys.backends.duckdb.connection import reading
from recsys.backends.duckdb.database import Writer
from recsys.backends.duckdb.forgetting import Removed, remove
from recsys.backends.duckdb.statements import Connection, first_line
from recsys.engine import manifest
from recsys.engine.publish import Workplace, refuse_unfinished
from recsys.errors import BuildError, UnknownIdError, UsageError
from recsys.sources.changing import FORGOTTEN, GENERATION, ORIGIN, Change, changing, origin
from recsys.sources.forgetting.directory import Rest
from recsys.sources.importing.engine import Engine

KINDS = ("user", "item")
IDS = {
    "user": "select original_id as text, user_id as id from staging.users",
    "item": "select original_id as text, min_by(item_id, item_type <> 'track') as id from staging.items "
    "left join hierarchy.items as kinds using (item_id)",
}


@dataclass(frozen=True)
class Request:
    """Hold the original ids to forget, the data and the warehouse."""

    users: Sequence[str]
    items: Sequence[str]
    data: Path
    warehouse: Path | None = None
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Forgotten:
    """Hold the numbers of what was removed.

    Attributes
    ----------
    users, items : int
        Numbers of users and items.
    ratings : int
        Ratings that the data directory lost.
    noun : str
        What the data call an item.
    relations, rows : int
        Relations of the warehouse that lost rows or references, and the rows that they lost.
    """

    users: int
    items: int
    ratings: int
    noun: str
    relations: int = 0
    rows: int = 0


def forget(request: Request) -> Forgotten:
    """Remove users and items from a data directory and a warehouse, each in one atomic step.

    All new files are written before the first step. After a crash between the two steps the same call
    completes the second one. UnknownIdError for an id that neither has, UsageError where they cannot be
    changed or are in use; nothing changes then.
    """
    if not request.users and not request.items:
        raise UsageError("give users to forget, or items with --items")
    with contextlib.ExitStack() as stack:
        change = stack.enter_context(changing(request.data, alone=True))
        engine = Engine(change.scratch, request.limits.threads, request.limits.memory, lambda done: None)
        stack.callback(engine.close)
        workplace = _held(request, change, stack)
        return _Forgetting(request, change, Rest(change, engine), workplace).run()


def _held(request: Request, change: Change, stack: contextlib.ExitStack) -> Workplace | None:
    """Lock a warehouse and check that its rows can be removed."""
    warehouse = request.warehouse
    if warehouse is None:
        return None
    with reading(warehouse) as connection:
        settings = manifest.settings_from(connection)
    if settings.get(ORIGIN, origin(change.metadata)) != origin(change.metadata):
        raise UsageError(f"{warehouse}: was not built from {request.data}; give the warehouse of these data")
    if settings.get("engine", "duckdb") != "duckdb":
        raise UsageError(
            f"{warehouse}: its rows are in {settings.get('store')}, which a cluster wrote; forget without "
            "--warehouse, then rebuild it: recsys build --engine spark --full-refresh"
        )
    refuse_unfinished(warehouse)
    return stack.enter_context(Workplace(warehouse.absolute()).held())


class _Forgetting:
    """Run one removal."""

    def __init__(self, request: Request, change: Change, rest: Rest, workplace: Workplace | None) -> None:
        self.request, self.change, self.rest, self.workplace = request, change, rest, workplace

    def run(self) -> Forgotten:
        texts = {
            kind: list(dict.fromkeys(given))
            for kind, given in zip(KINDS, (self.request.users, self.request.items), strict=True)
        }
        of_data = {kind: self.rest.ids(kind, texts[kind]) for kind in KINDS}
        of_warehouse = self._of_warehouse(texts)
        self._refuse_unknown(texts, of_data, of_warehouse)
        described = None
        if any(of_data.values()):
            described = self.rest.write(*(list(of_data[kind].values()) for kind in KINDS))
            described[FORGOTTEN] = self.change.generation
        removed = self._write_warehouse(of_warehouse)
        ratings = 0
        if described is not None:
            ratings = self.change.metadata["counts"]["ratings"] - described["counts"]["ratings"]
            self.change.commit(described)
        if removed.relations and self.workplace is not None:
            self.workplace.publish()
        return Forgotten(
            users=len(texts["user"]),
            items=len(texts["item"]),
            ratings=ratings,
            noun=self.change.metadata["noun"],
            relations=removed.relations,
            rows=removed.rows,
        )

    def _of_warehouse(self, texts: dict[str, list[str]]) -> dict[str, dict[str, int]]:
        """Return the integer ids that the warehouse has for original ids; those of the data may differ."""
        if self.workplace is None:
            return {kind: {} for kind in KINDS}
        with reading(self.workplace.warehouse) as connection:
            return {kind: _ids(connection, kind, texts[kind]) for kind in KINDS}

    def _refuse_unknown(
        self,
        texts: dict[str, list[str]],
        of_data: dict[str, dict[str, int]],
        of_warehouse: dict[str, dict[str, int]],
    ) -> None:
        for kind in KINDS:
            for text in texts[kind]:
                if text not in of_data[kind] and text not in of_warehouse[kind]:
                    near = " or ".join(map(repr, self.rest.nearest(kind, text)))
                    hint = f"; did you mean {near}?" if near else ""
                    raise UnknownIdError(f"no {kind} {text!r} in {self.request.data}{hint}")

    def _write_warehouse(self, ids: dict[str, dict[str, int]]) -> Removed:
        """Write a copy of the warehouse without the rows; it is not published yet."""
        if self.workplace is None or not any(ids.values()):
            return Removed(0, 0)
        self.workplace.start_from_published()
        writer = Writer(self.workplace.database, self.request.limits, self.workplace.spill)
        try:
            removed = remove(writer, *(list(ids[kind].values()) for kind in KINDS))
            _follow(writer, self.change)
            writer.flush()
            return removed
        except EngineError as error:
            raise BuildError(f"the warehouse could not be written: {first_line(error)}") from None
        finally:
            writer.close()


def _follow(writer: Writer, change: Change) -> None:
    """Record that a warehouse that had all rows of the data directory has all of them after the change."""
    writer.run(
        "update marts.build set value = $new where kind = 'setting' and name = $name and value = $old",
        {"name": GENERATION, "old": str(change.generation - 1), "new": str(change.generation)},
    )


def _ids(connection: Connection, kind: str, texts: Sequence[str]) -> dict[str, int]:
    rows = connection.execute(
        f"{IDS[kind]} where original_id in (select unnest($texts::varchar[]))"
        f"{' group by original_id' if kind == 'item' else ''}",
        {"texts": list(texts)},
    ).fetchall()
    return dict(rows)
