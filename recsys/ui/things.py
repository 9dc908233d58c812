"""Users and items as pages name them: a kind, an id as the data's owner writes it, a name, and an address."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from recsys.engine import names
from recsys.engine.duckdb import query
from recsys.engine.statements import Connection
from recsys.errors import UnknownIdError

KINDS = ("track", "album", "artist", "genre")
MOST_KNOWN = 100_000
UNLISTED = "item"  # the kind of what is rated and that no file lists


@dataclass(frozen=True)
class Thing:
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


def pair_url(user: Thing, track: Thing) -> str:
    """The address of what the models make of a user and a track."""
    return f"{user.url}/tracks/{quote(track.original, safe='')}"


class Known:
    """The things that were looked up in one published file, up to a number; then it begins anew."""

    def __init__(self, most: int = MOST_KNOWN) -> None:
        self.most = most
        self.things: dict[tuple[str, int | str], Thing] = {}

    def get(self, kind: str, key: int | str) -> Thing | None:
        return self.things.get((kind, key))

    def put(self, kind: str, key: int | str, thing: Thing) -> Thing:
        if len(self.things) >= self.most:
            self.things = {}
        self.things[kind, key] = thing
        return thing


class Things:
    """Looks up users and items of an open warehouse: by the warehouse's ids, or by what a person writes."""

    def __init__(self, connection: Connection, known: Known | None = None) -> None:
        self.connection, self.known = connection, known or Known()

    def items(self, ids: Iterable[int | None]) -> dict[int, Thing]:
        """The items of these ids, by id; None among them is passed over."""
        return self._named("item", ids)

    def users(self, ids: Iterable[int]) -> dict[int, Thing]:
        """The users of these ids, by id."""
        return self._named("user", ids)

    def _named(self, what: str, ids: Iterable[int | None]) -> dict[int, Thing]:
        wanted = sorted({one for one in ids if one is not None})
        found = {one: thing for one in wanted if (thing := self.known.get(what, one))}
        if unknown := [one for one in wanted if one not in found]:
            rows = query(self.connection, f"from named_{what}s($ids)", {"ids": unknown}).to_pylist()
            for row in rows:
                kind = "user" if what == "user" else row["item_type"] or UNLISTED
                thing = Thing(kind, row[f"{what}_id"], row["original_id"], _unlike(row))
                found[thing.id] = self.known.put(what, thing.id, thing)
        return {one: found[one] for one in wanted if one in found}

    def user(self, text: str) -> Thing:
        """The user that an id or a name means; UnknownIdError, with the nearest, if there is none."""
        return self.known.get("user", text) or self.known.put("user", text, self._user(text))

    def _user(self, text: str) -> Thing:
        found = names.user_id(self.connection, text)
        return self.users([found])[found]

    def item(self, kind: str, text: str) -> Thing:
        """The item of a kind that an id or a name means, or of any kind; UnknownIdError as above."""
        return self.known.get(kind, text) or self.known.put(kind, text, self._item(kind, text))

    def _item(self, kind: str, text: str) -> Thing:
        if kind != UNLISTED:
            arguments = {"kind": kind, "text": text}
            rows = query(self.connection, "from called($kind, $text)", arguments).to_pylist()
            if len(rows) == 1:
                return Thing(kind, rows[0]["item_id"], rows[0]["original_id"], _unlike(rows[0]))
        found = names.item_id(self.connection, text)
        thing = self.items([found])[found]
        if UNLISTED not in (kind, thing.kind) and kind != thing.kind:
            raise UnknownIdError(f"no {kind} {text}: {text} is the {thing.kind} {thing.short}")
        return thing


def _unlike(row: dict[str, str | None]) -> str | None:
    """A name that says more than the id does."""
    return None if row["name"] == row["original_id"] else row["name"]
