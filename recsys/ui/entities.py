"""Users and items as pages show them: kind, original id, name and URL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from recsys.backends.duckdb.connection import fetch, query
from recsys.backends.duckdb.statements import Connection
from recsys.errors import UnknownIdError
from recsys.serving import ids
from recsys.ui.cache import Cache
from recsys.ui.entity_index import EntityIndex, index_of
from recsys.ui.words import TRACK

KINDS = (TRACK, "album", "artist", "genre")
MOST_KNOWN = 100_000
UNLISTED = "item"  # the kind of a rated item that no file lists, and a page of any item
INDEXED = {what: f"select {what}_id as id, * from marts.{what}_facts" for what in ("user", "item")}
FACTS = "select item_id as id, * from marts.item_facts where item_id in (select unnest($ids::integer[]))"

EntityIndexes = Mapping[str, EntityIndex | None]
Row = dict[str, Any]


@dataclass(frozen=True)
class Entity:
    """Describe a user or an item; ``id`` is the warehouse's, ``original`` the data owner's.

    ``noun`` is what the owner calls an item that lists recommend.
    """

    kind: str
    id: int
    original: str
    name: str | None = None
    noun: str = TRACK

    @property
    def word(self) -> str:
        """Return the owner's noun for a user or an item of this kind."""
        return self.noun if self.kind == TRACK else self.kind

    @property
    def place(self) -> str:
        """Return the kind as it is in the URL: an item that is no track for its owner is an item."""
        return UNLISTED if self.kind == TRACK and self.noun != TRACK else self.kind

    @property
    def title(self) -> str:
        """Return the name, else kind and original id."""
        return self.name or f"{self.word.capitalize()} {self.original}"

    @property
    def short(self) -> str:
        """Return the name, else the original id."""
        return self.name or self.original

    @property
    def url(self) -> str:
        """Return the URL of the entity's page."""
        return f"/{self.place}s/{quote(self.original, safe='')}"


KnownEntities = Cache[tuple[str, int | str], Entity]  # by kind, and id or name


def pair_url(user: Entity, track: Entity) -> str:
    """Return the URL of the page on a user and a track."""
    return f"{user.url}/{track.place}s/{quote(track.original, safe='')}"


def entity_indexes(connection: Connection) -> EntityIndexes:
    """Return indexes of all users and items of a warehouse; None for one too large for memory."""
    return {what: index_of(query(connection, sql)) for what, sql in INDEXED.items()}


class EntityCache:
    """Look up users and items of a warehouse, by the warehouse's ids or by original ids and names.

    Indexed entities are found in memory, all others are queried and cached.
    """

    def __init__(
        self, connection: Connection, known: KnownEntities, indexes: EntityIndexes, noun: str = TRACK
    ) -> None:
        self.connection, self.known, self.indexes, self.noun = connection, known, indexes, noun

    def items(self, ids: Iterable[int | None]) -> dict[int, Entity]:
        """Return the items of these ids, by id; None is ignored."""
        return self._named("item", ids)

    def users(self, ids: Iterable[int]) -> dict[int, Entity]:
        """Return the users of these ids, by id."""
        return self._named("user", ids)

    def facts(self, ids: Iterable[int]) -> dict[int, Row]:
        """Return the rows of ``marts.item_facts`` of these items, by id."""
        if index := self.indexes["item"]:
            return index.of_ids(ids)
        return {row["id"]: row for row in fetch(self.connection, FACTS, {"ids": list(ids)})}

    def _named(self, what: str, ids: Iterable[int | None]) -> dict[int, Entity]:
        wanted = sorted({one for one in ids if one is not None})
        index = self.indexes[what]
        rows = index.of_ids(wanted) if index else {}
        found = {one: self.entity(what, row) for one, row in rows.items()}
        unknown = []
        for one in wanted:
            if entity := found.get(one) or self.known.get((what, one)):
                found[one] = entity
            else:
                unknown.append(one)
        if unknown:
            for row in fetch(self.connection, f"from internal.{what}_names($ids)", {"ids": unknown}):
                entity = self.entity(what, row)
                found[entity.id] = self.known.put((what, entity.id), entity)
        return found

    def entity(self, what: str, row: Row) -> Entity:
        """Return the entity of a row, without a name that equals the id."""
        kind = "user" if what == "user" else row["item_type"] or UNLISTED
        name = None if row["name"] == row["original_id"] else row["name"]
        return Entity(kind, row[f"{what}_id"], row["original_id"], name, self.noun)

    def _indexed(self, what: str, kind: str, text: str) -> Entity | None:
        """Return the only indexed entity of a kind with this original id, None without one."""
        index = self.indexes[what]
        rows = index.of_original(text).values() if index else ()
        found = [entity for row in rows if (entity := self.entity(what, row)).kind == kind]
        return found[0] if len(found) == 1 else None

    def user(self, text: str) -> Entity:
        """Return the user with an id or a name; raise UnknownIdError with suggestions."""
        return self.known.get(("user", text)) or self.known.put(("user", text), self._user(text))

    def _user(self, text: str) -> Entity:
        if indexed := self._indexed("user", "user", text):
            return indexed
        found = ids.user_id(self.connection, text)
        return self.users([found])[found]

    def item(self, kind: str, text: str) -> Entity:
        """Return the item with an id or a name, of a kind or any; raise UnknownIdError with suggestions."""
        return self.known.get((kind, text)) or self.known.put((kind, text), self._item(kind, text))

    def _item(self, kind: str, text: str) -> Entity:
        if kind != UNLISTED:
            if indexed := self._indexed("item", kind, text):
                return indexed
            call = "from internal.item_by_original_id($kind, $text)"
            called = fetch(self.connection, call, {"kind": kind, "text": text})
            if len(called) == 1:
                return self.entity("item", called[0])
        found = ids.item_id(self.connection, text)
        entity = self.items([found])[found]
        if UNLISTED not in (kind, entity.kind) and kind != entity.kind:
            raise UnknownIdError(f"no {kind} {text}: {text} is the {entity.kind} {entity.short}")
        return entity
