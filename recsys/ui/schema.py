"""Relations by layer with their headers, and macros, for the SQL page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from recsys.project.files import shipped
from recsys.project.model import LAYERS, read_models
from recsys.project.parameters import Parameters
from recsys.ui.request_context import RequestContext

COLUMNS = (
    "select table_schema as layer, table_name as name, column_name as column, data_type as type "
    "from information_schema.columns where table_schema <> 'main' "
    "order by table_schema, table_name, ordinal_position"
)
MACROS = (
    "select distinct function_name as name, parameters from duckdb_functions() "
    "where function_type = 'table_macro' and schema_name = 'main' and not internal order by name"
)
HEADER_KEYS = ("grain", "units", "nulls", "formula")


@dataclass(frozen=True)
class Relation:
    """Describe a table, a view or a macro; ``call`` is its form in a query."""

    name: str
    call: str
    columns: Sequence[tuple[str, str]]
    rows: int | None
    header: Mapping[str, str]


def relations(context: RequestContext) -> Mapping[str, Sequence[Relation]]:
    """Return the relations of each layer, in order, macros last."""
    return context.snapshot.fact("schema", lambda: _relations(context))


def _relations(context: RequestContext) -> Mapping[str, Sequence[Relation]]:
    counts = {row["name"]: row["row_count"] for row in context.rows("from marts.build")}
    columns: dict[str, list[tuple[str, str]]] = {}
    for row in context.rows(COLUMNS):
        columns.setdefault(f"{row['layer']}.{row['name']}", []).append((row["column"], row["type"]))
    found: dict[str, list[Relation]] = {layer: [] for layer in LAYERS if layer != "main"}
    for name, listed in columns.items():
        one = Relation(name, name, listed, counts.get(name), header_of(name))
        found.setdefault(name.split(".")[0], []).append(one)
    found["macros"] = [
        Relation(
            row["name"],
            f"{row['name']}({', '.join(row['parameters'])})",
            (),
            None,
            header_of(f"main.{row['name']}"),
        )
        for row in context.rows(MACROS)
    ]
    return {layer: listed for layer, listed in found.items() if listed}


def words(context: RequestContext) -> Mapping[str, Any]:
    """Return the completions of the editor: columns of each relation, and macro calls."""
    found = relations(context)
    tables = {
        one.name: [column for column, _ in one.columns]
        for layer, listed in found.items()
        for one in listed
        if layer != "macros"
    }
    macros = [
        {"name": one.name, "call": one.call, "grain": one.header.get("grain", "")} for one in found["macros"]
    ]
    return {"tables": tables, "macros": macros}


def header_of(relation: str) -> Mapping[str, str]:
    """Return the header of a relation's model, empty for an unknown one."""
    own = headers().get(relation)
    if own is None and relation.startswith("validation."):  # a scenario has the header of its original
        own = headers().get(relation.removeprefix("validation.").replace("_", ".", 1))
    return own or {}


@cache
def headers() -> Mapping[str, Mapping[str, str]]:
    """Return the headers of all relations that have a file, by name."""
    root = shipped()
    kept_as = Parameters.load(root / "parameters.toml").values["materialized"]
    return {name: model.header for model in read_models(root, kept_as) for name in model.relations}
