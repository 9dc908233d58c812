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


class Things:
    """Looks up users and items of an open warehouse."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def items(self, ids: Iterable[int | None]) -> dict[int, Thing]:
        """The items of these ids, by id; None among them is passed over."""
        wanted = sorted({one for one in ids if one is not None})
        rows = query(self.connection, "from named_items($ids)", {"ids": wanted}).to_pylist() if wanted else []
        return {
            row["item_id"]: Thing(
                row["item_type"] or UNLISTED, row["item_id"], row["original_id"], _unlike(row)
            )
            for row in rows
        }

    def users(self, ids: Iterable[int]) -> dict[int, Thing]:
        """The users of these ids, by id."""
        wanted = sorted(set(ids))
        rows = query(self.connection, "from named_users($ids)", {"ids": wanted}).to_pylist() if wanted else []
        return {
            row["user_id"]: Thing("user", row["user_id"], row["original_id"], _unlike(row)) for row in rows
        }

    def user(self, text: str) -> Thing:
        """The user that an id or a name means; UnknownIdError, with the nearest, if there is none."""
        found = names.user_id(self.connection, text)
        return self.users([found])[found]

    def item(self, kind: str, text: str) -> Thing:
        """The item of a kind that an id or a name means, or of any kind; UnknownIdError as above."""
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
