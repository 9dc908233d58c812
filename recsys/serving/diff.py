"""Compare two warehouses by the records that their builds left in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from recsys.backends.duckdb.connection import query, reading
from recsys.engine.fingerprint import Fingerprint
from recsys.engine.manifest import RELATION_KINDS

UNREMARKABLE = ("finished_at", "data")  # settings that differ between equal builds
ORDER = {kind: place for place, kind in enumerate(("setting", "parameter", "override", "input", "relation"))}


@dataclass(frozen=True)
class Difference:
    """Describe one difference; ``before`` or ``after`` is None if only one warehouse has the thing.

    ``kind`` is ``setting``, ``parameter``, ``override``, ``input`` or ``relation``; ``reason`` says why a
    relation differs.
    """

    kind: str
    name: str
    before: str | None
    after: str | None
    reason: str

    def as_dict(self) -> dict[str, str | None]:
        """Return the fields as a dictionary."""
        return asdict(self)


def differences(before: Path, after: Path) -> list[Difference]:
    """List the differences of two warehouses: settings, parameters, inputs, relations.

    Content is compared by digest. Relations without a digest (macros, checks, temporary relations) differ if
    what they are made from differs.

    Parameters
    ----------
    before, after : Path
        The warehouse files.

    Raises
    ------
    UsageError
        A file is missing or is not a warehouse.
    """
    old, new = _records(before), _records(after)
    names = sorted(old.keys() | new.keys(), key=lambda key: (ORDER[key[0]], key[1]))
    found = (_compare(kind, name, old.get((kind, name)), new.get((kind, name))) for kind, name in names)
    return [difference for difference in found if difference is not None]


def _records(warehouse: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the rows of ``marts.build`` by kind and name, with one kind for all relations."""
    with reading(warehouse) as connection:
        rows = query(connection, "from marts.build").to_pylist()
    return {(_kind(row), row["name"]): row for row in rows if row["name"] not in UNREMARKABLE}


def _kind(row: Mapping[str, Any]) -> str:
    return "relation" if row["kind"] in RELATION_KINDS else str(row["kind"])


def _compare(
    kind: str, name: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None
) -> Difference | None:
    if old is not None and new is not None and _essence(kind, old) == _essence(kind, new):
        return None
    reason = _reason(old, new) if kind == "relation" else ""
    return Difference(kind, name, _shown(kind, old), _shown(kind, new), reason)


def _essence(kind: str, row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the parts of a record that must be equal for two records to count as the same."""
    if kind == "relation":
        made_from = None if row["digest"] else Fingerprint.from_json(row["value"]).sql
        return row["kind"], row["row_count"], row["digest"], made_from
    return row["value"], row["digest"]


def _shown(kind: str, row: Mapping[str, Any] | None) -> str | None:
    if row is None:
        return None
    if kind == "input":
        return f"{row['value']}, {row['row_count']:,} lines"
    if kind == "relation" and row["digest"]:
        return f"{row['row_count']:,} rows, {row['digest'][-8:]}"
    return str(row["kind"] if kind == "relation" else row["value"])


def _reason(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> str:
    if old is None or new is None:
        return "only in one of them"
    made, before = Fingerprint.from_json(new["value"]), Fingerprint.from_json(old["value"])
    return made.difference(before) or "made from the same, with another result"
