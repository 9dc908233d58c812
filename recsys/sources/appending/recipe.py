"""Read later rows as the import read the first ones: its choices, from ``dataset.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from recsys.errors import UsageError
from recsys.sources.importing.feedback import Kind
from recsys.sources.importing.options import Options
from recsys.sources.importing.times import Style

RATINGS = ("rating", "time")
ROLES = (*RATINGS, "name", "genres", "album", "artist", "kind")
RULES = {
    "likes": "one",
    "events": "sum",
    "counts": "sum",
}  # repeated rows, unless --duplicates of the import says


def options(
    directory: Path, metadata: Mapping[str, Any], files: Sequence[Any], items: Any, threads: int, memory: str
) -> Options:
    """Return the options of an import that reads rows as the import of a data directory did.

    Parameters
    ----------
    directory : Path
        The data directory.
    metadata : mapping
        Content of ``dataset.json``.
    files : sequence
        Names, patterns or data frames of the new rows.
    items : str, path or data frame, optional
        New items, in the columns of the items of the import.
    threads : int
        Threads to use.
    memory : str
        Memory of DuckDB before it spills to disk.

    Raises
    ------
    UsageError
        An earlier version imported the data and did not keep its recipe.
    """
    if "layout" not in metadata:
        raise UsageError(f"{directory}: imported by an earlier version; import again")
    layout = metadata["layout"]
    columns = {role: column for role, column in metadata["columns"].items() if column is not None}
    item_columns = {} if items is None else metadata.get("item_columns") or {}
    roles = ROLES if item_columns else RATINGS  # without an items file then, columns of items are guessed
    named = {role: column for role, column in item_columns.items() if column is not None}
    scale = metadata.get("scale")
    has_names = layout["kind"] == "csv" and not layout.get("header")
    return Options(
        files=files,
        out=directory,
        columns=columns,
        items=items,
        item_columns=named,
        refused=frozenset(role for role in roles if role not in columns and role not in named),
        feedback=metadata["feedback"],
        scale=tuple(scale) if scale else None,
        liked=metadata.get("liked"),
        duplicates=metadata.get("duplicates"),
        separator=metadata.get("separator"),
        noun=metadata["noun"],
        delimiter=layout.get("delimiter"),
        header=not has_names,
        names=tuple(layout.get("names", ())) if has_names else (),
        encoding=layout.get("encoding"),
        threads=threads,
        memory=memory,
    )


def kind(metadata: Mapping[str, Any]) -> Kind:
    """Return the kind of feedback of the data."""
    scale = metadata.get("scale")
    return Kind(metadata["feedback"], "as imported", tuple(scale) if scale else None)


def style(metadata: Mapping[str, Any], found: Style | None, column_type: str) -> Style | None:
    """Return the format of times: texts as in the import, so that 3/4/2020 means the same day."""
    known = metadata.get("time")
    if found is None or known is None or column_type != "VARCHAR" or known["style"] == "instant":
        return found
    return Style(known["style"], known["format"])


def unit(metadata: Mapping[str, Any]) -> float | None:
    """Return the microseconds in 1 of Unix times of the import; None where that had no numbers."""
    known = metadata.get("time")
    return float(known["unit"]) if known is not None and known["style"] == "number" else None


def rule(metadata: Mapping[str, Any]) -> str:
    """Return the rule that merges a row with the existing row of the same user and item."""
    given = metadata.get("duplicates")
    if given in ("first", "max", "mean", "sum", "last"):
        return str(given)
    return RULES.get(metadata["feedback"], "last")
