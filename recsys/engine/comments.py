"""Describe relations and columns to other tools, from the headers of models: comments and primary keys.

SQL shells, BI tools and ``duckdb_columns()`` show comments. They say what the build checks (the grain, the
key, and where a value may be missing) and the units as the header has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from recsys.backends.database import Comment
from recsys.engine.manifest import Record
from recsys.project import Model, Project
from recsys.project.header import ENTRY, NONE

ID = re.compile(r"(\w+)_id")
COMMENTED = ("table", "view", "macro")
MOST_KEYED = 100_000  # rows of a relation with a primary key, at most: an index of millions is large and slow
KEYED = ("staging", "hierarchy", "priors", "marts")  # layers that other tools join; each key takes 256 KiB
RECORDS = {
    "marts.build": Comment(
        "One row per setting, parameter, input file and relation of the last build",
        {
            "build_id": "The build that made it",
            "kind": "setting, parameter, override, input, or how a relation is stored, such as table",
            "name": "Name of the setting, parameter, file or relation",
            "value": "Value; of a relation the digests of all that it is made from, as JSON",
            "digest": "Digest of the content, whatever the order of rows; NULL for settings and parameters",
            "row_count": "Rows, or lines of an input file; NULL for settings and parameters",
            "seconds": "Seconds that it took to make the relation; NULL for anything else",
            "peak_bytes": "Largest resident memory in bytes while it was made; NULL for anything else",
            "reason": "Why the build made the relation; NULL for anything else",
        },
    ),
    "marts.left_out": Comment(
        "One row per model that the last build left out, or that covers a part of the items",
        {"model": "Name of the model", "reason": "Why, and what changes it"},
    ),
}


def comments(project: Project, records: Iterable[Record]) -> Mapping[str, Comment]:
    """Return the comments of relations of models, and of what a build writes about itself.

    Parameters
    ----------
    project : Project
        The models.
    records : iterable of Record
        What was made; only tables, views and macros get a comment.
    """
    made = [record for record in records if record.kind in COMMENTED and record.name in project.writers]
    described = {
        record.name: comment(project.writers[record.name], record.name, _is_keyed(record)) for record in made
    }
    return {**RECORDS, **described}


def _is_keyed(record: Record) -> bool:
    return record.kind == "table" and record.row_count <= MOST_KEYED


def comment(model: Model, relation: str, is_keyed: bool = False) -> Comment:
    """Return the comment of a relation that a model writes, and its primary key if ``is_keyed``.

    Only the id of a user, an item or a group is declared, in layers that other tools read: they join by it. A
    relation whose rows are replaced in part has none.
    """
    is_whole = relation == model.name and not model.header.get("partition_by")
    is_joined = model.layer in KEYED and len(model.key) == 1 and bool(ID.fullmatch(model.key[0]))
    key = model.key[0] if is_keyed and is_whole and is_joined else None
    return Comment(_text(model, relation), {}, lambda column: of_column(model, column), key)


def _text(model: Model, relation: str) -> str:
    header = model.header
    opening = "" if relation == model.name else f"Written by {model.name}. "
    parts = [f"One row: {header['grain']}"] if "grain" in header else []
    parts += [f"{key.capitalize()}: {header[key]}" for key in ("key", "rows", "units") if header.get(key)]
    parts += [f"NULL: {header['nulls']}"] if header.get("nulls") else []
    parts += [f"Formula: {header['formula']}"] if header.get("formula") else []
    return opening + ". ".join(parts)


def of_column(model: Model, column: str) -> str:
    """Return the comment of a column: what it is, its place in the key, and its NULLs."""
    units = model.header.get("units", "")
    entity = ID.fullmatch(column)
    described = model.described.get(column)
    if described:
        meaning = f"{described[:1].upper()}{described[1:]}"
    elif entity:
        meaning = f"Id of the {entity[1].replace('_', ' ')}"
    else:
        meaning = f"Units of the row: {units}"
    key = ["Part of the key"] if column in model.key else []
    return ". ".join([*key, meaning, _nulls(model, column)])


def _nulls(model: Model, column: str) -> str:
    text = model.header.get("nulls", "none")
    for entry in () if NONE.match(text) else text.split(";"):
        found = ENTRY.fullmatch(entry.strip())
        names = re.split(", *", found["columns"]) if found else []
        if found and any(fnmatchcase(column, name) for name in names):
            reason = entry.strip()[found.end("columns") :].strip()
            return f"NULL {reason}" if reason else "May be NULL"
    return "Never NULL"
