"""Users and items as pages name them: a kind, an id as the data's owner writes it, a name, and an address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from recsys.backends.duckdb.connection import fetch, query
from recsys.backends.duckdb.statements import Connection
from recsys.errors import UnknownIdError
from recsys.serving import ids
from recsys.ui.entity_index import EntityIndex, register

KINDS = ("track", "album", "artist", "genre")
MOST_KNOWN = 100_000
UNLISTED = "item"  # the kind of what is rated and that no file lists
REGISTERED = {
    what: f"select {what}_id as id, * from marts.{what}_facts order by id" for what in ("user", "item")
}
ASKED = "select item_id as id, * from marts.item_facts where item_id in (select unnest($ids::integer[]))"

Registers = Mapping[str, EntityIndex | None]
Row = dict[str, Any]


@dataclass(frozen=True)
class Entity:
    """A user or an item; ``id`` is the warehouse's, ``original`` the data owner's."""

    kind: str
    id: int
    original: str
    name: str | None = None

    @property
    def title(self) -> str:
        return self.name or f"{self.kind.capitalize()} {self.original}"

    @property
    def short(self) -> str:
        """For a place that says the kind already."""
        return self.name or self.original

    @property
    def url(self) -> str:
        return f"/{self.kind}s/{quote(self.original, safe='')}"


def pair_url(user: Entity, track: Entity) -> str:
    """The address of what the models make of a user and a track."""
    return f"{user.url}/tracks/{quote(track.original, safe='')}"


class KnownEntities:
    """The things that were looked up in one published file, up to a number; then it begins anew."""

    def __init__(self, most: int = MOST_KNOWN) -> None:
        self.most = most
        self.things: dict[tuple[str, int | str], Entity] = {}

    def get(self, kind: str, key: int | str) -> Entity | None:
        return self.things.get((kind, key))

    def put(self, kind: str, key: int | str, thing: Entity) -> Entity:
        if len(self.things) >= self.most:
            self.things = {}
        self.things[kind, key] = thing
        return thing


def registers(connection: Connection) -> Registers:
    """All users and all items of a warehouse by ``user`` and ``item``; None for more than memory is for."""
    return {what: register(query(connection, sql)) for what, sql in REGISTERED.items()}


class EntityCache:
    """Looks up users and items of an open warehouse: by the warehouse's ids, or by what a person writes.

    What is registered is found there; all else is asked of the warehouse.
    """

    def __init__(self, connection: Connection, known: KnownEntities, registers: Registers) -> None:
        self.connection, self.known, self.registers = connection, known, registers

    def items(self, ids: Iterable[int | None]) -> dict[int, Entity]:
        """The items of these ids, by id; None among them is passed over."""
        return self._named("item", ids)

    def users(self, ids: Iterable[int]) -> dict[int, Entity]:
        """The users of these ids, by id."""
        return self._named("user", ids)

    def facts(self, ids: Iterable[int]) -> dict[int, Row]:
        """The rows of ``marts.item_facts`` of these items, by id."""
        if registered := self.registers["item"]:
            return registered.of_ids(ids)
        return {row["id"]: row for row in fetch(self.connection, ASKED, {"ids": list(ids)})}

    def _named(self, what: str, ids: Iterable[int | None]) -> dict[int, Entity]:
        wanted = sorted({one for one in ids if one is not None})
        registered = self.registers[what]
        rows = registered.of_ids(wanted) if registered else {}
        found = {one: _thing(what, row) for one, row in rows.items()}
        unknown = []
        for one in wanted:
            if thing := found.get(one) or self.known.get(what, one):
                found[one] = thing
            else:
                unknown.append(one)
        if unknown:
            for row in fetch(self.connection, f"from named_{what}s($ids)", {"ids": unknown}):
                thing = _thing(what, row)
                found[thing.id] = self.known.put(what, thing.id, thing)
        return found

    def _registered(self, what: str, kind: str, text: str) -> Entity | None:
        """The only thing of a kind with this original id, if there is one and it is registered."""
        registered = self.registers[what]
        rows = registered.of_original(text).values() if registered else ()
        found = [thing for row in rows if (thing := _thing(what, row)).kind == kind]
        return found[0] if len(found) == 1 else None

    def user(self, text: str) -> Entity:
        """The user that an id or a name means; UnknownIdError, with the nearest, if there is none."""
        return self.known.get("user", text) or self.known.put("user", text, self._user(text))

    def _user(self, text: str) -> Entity:
        if registered := self._registered("user", "user", text):
            return registered
        found = ids.user_id(self.connection, text)
        return self.users([found])[found]

    def item(self, kind: str, text: str) -> Entity:
        """The item of a kind that an id or a name means, or of any kind; UnknownIdError as above."""
        return self.known.get(kind, text) or self.known.put(kind, text, self._item(kind, text))

    def _item(self, kind: str, text: str) -> Entity:
        if kind != UNLISTED:
            if registered := self._registered("item", kind, text):
                return registered
            called = fetch(self.connection, "from called($kind, $text)", {"kind": kind, "text": text})
            if len(called) == 1:
                return _thing("item", called[0])
        found = ids.item_id(self.connection, text)
        thing = self.items([found])[found]
        if UNLISTED not in (kind, thing.kind) and kind != thing.kind:
            raise UnknownIdError(f"no {kind} {text}: {text} is the {thing.kind} {thing.short}")
        return thing


def _thing(what: str, row: Row) -> Entity:
    """A thing with a name only where that says more than the id does."""
    kind = "user" if what == "user" else row["item_type"] or UNLISTED
    name = None if row["name"] == row["original_id"] else row["name"]
    return Entity(kind, row[f"{what}_id"], row["original_id"], name)
