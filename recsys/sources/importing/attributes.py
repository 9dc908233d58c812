"""Keep the further columns of the items file, with their types."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from recsys.sources.importing.engine import Engine
from recsys.sources.importing.tables import Table

RECBOLE = ("token", "token_seq", "float", "float_seq")
PLAIN = (
    *("BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "FLOAT"),
    *("DOUBLE", "DATE", "TIMESTAMP", "VARCHAR"),
)
KEY = "item_id"  # of the relation
TAKEN = (KEY, "item", "name", "album", "artist", "genres", "interactions")  # columns of marts.filter_items


@dataclass(frozen=True)
class Attribute:
    """A further column of items: its name in the relation, and its type."""

    name: str
    type: str


def of(engine: Engine, table: Table, columns: Collection[str]) -> list[Attribute]:
    """Return the attributes in the order of the columns, as they are in the relation ``listed``."""
    types = dict(enumerate(table.types[column] for column in columns))
    texts = [place for place, kind in types.items() if kind == "VARCHAR"]
    if texts and table.kind == "csv":
        found = engine.run("attribute_types", places=texts)[0]
        types |= {place: found[f"attribute_{place}"] for place in texts}
    return [Attribute(name, _kept(types[place])) for place, name in enumerate(named([*columns]))]


def _kept(kind: str) -> str:
    """Return the type that a warehouse keeps: a plain one, a list of such, else text."""
    if kind.removesuffix("[]") in PLAIN or kind.startswith("DECIMAL"):
        return kind
    return "TIMESTAMP" if kind.startswith("TIMESTAMP") else "VARCHAR"


def named(columns: list[str]) -> list[str]:
    """Return names without RecBole's types, each once; one that filters have already gets an underscore."""
    taken, names = {*TAKEN}, []
    for column in columns:
        stem, _, kind = column.rpartition(":")
        name = stem if stem and kind in RECBOLE else column
        while name.casefold() in taken:
            name = f"{name}_"
        taken.add(name.casefold())
        names.append(name)
    return names
