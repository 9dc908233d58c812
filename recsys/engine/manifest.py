"""Read what earlier builds made: the rows of ``marts.build``."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recsys.backends.duckdb.connection import query, reading
from recsys.backends.duckdb.statements import Connection
from recsys.engine.fingerprint import Fingerprint
from recsys.engine.publish import has_write_ahead_log
from recsys.errors import DamagedFileError, ForeignFileError, UsageError

RELATION = "marts.build"
RELATION_KINDS = ("table", "view", "temp", "macro", "check")


@dataclass(frozen=True)
class Record:
    """Describe one relation of a warehouse.

    Parameters
    ----------
    name, kind : str
        The relation, and how it is materialized.
    fingerprint : Fingerprint
        What it was made from.
    row_count : int
        Number of rows.
    digest : str
        Digest of the content, independent of row order.
    seconds : float
        Time to build it.
    peak_bytes : int
        Largest resident memory of the process and its children meanwhile.
    build_id : str
        The build that made it.
    reason : str
        Why it was built.
    """

    name: str
    kind: str
    fingerprint: Fingerprint
    row_count: int
    digest: str
    seconds: float
    peak_bytes: int
    build_id: str
    reason: str


def read(warehouse: Path) -> dict[str, Record]:
    """Return the records of the published warehouse; empty if it is missing or cannot be reused."""
    return published(warehouse)[1]


def published(warehouse: Path) -> tuple[dict[str, str], dict[str, Record]]:
    """Return the settings and records of the published warehouse from one snapshot."""
    if not warehouse.exists() or has_write_ahead_log(warehouse):
        return {}, {}
    try:
        with reading(warehouse) as connection:
            return settings_from(connection), read_from(connection)
    except UsageError:
        return {}, {}


def settings(warehouse: Path) -> dict[str, str]:
    """Return the settings of the published warehouse; empty if it is missing or cannot be reused."""
    if warehouse.exists() and not has_write_ahead_log(warehouse):
        with contextlib.suppress(UsageError), reading(warehouse) as connection:
            return settings_from(connection)
    return {}


def parameters(warehouse: Path) -> dict[str, str]:
    """Return the parameters of the published warehouse, as text; empty if there is no readable warehouse."""
    with contextlib.suppress(UsageError), reading(warehouse) as connection:
        rows = query(connection, "select name, value from marts.build where kind = 'parameter'").to_pylist()
        return {row["name"]: row["value"] for row in rows}
    return {}


def refuse_foreign(warehouse: Path, full_refresh: bool) -> None:
    """Check that a build may replace the file at the warehouse path.

    An empty or truncated warehouse, or one of another format, may be replaced. A damaged file that may be a
    warehouse is replaced only with ``full_refresh``.

    Raises
    ------
    UsageError
        The file must not be replaced.
    """
    if not warehouse.exists() or warehouse.is_dir():
        return
    if not warehouse.is_file():
        raise ForeignFileError(f"{warehouse}: is a device; give a file with --warehouse")
    try:
        with reading(warehouse):
            pass
    except ForeignFileError:
        raise
    except DamagedFileError:
        if not full_refresh:
            raise
    except UsageError:
        pass


def settings_from(connection: Connection) -> dict[str, str]:
    """Return the settings of an open warehouse."""
    rows = query(connection, "select name, value from marts.build where kind = 'setting'").to_pylist()
    return {row["name"]: row["value"] for row in rows}


def read_from(connection: Connection) -> dict[str, Record]:
    """Return the records of an open warehouse by relation."""
    return records_of(query(connection, "select * from marts.build").to_pylist())


def seconds_of(name: str, records: Mapping[str, Record]) -> float:
    """Return the seconds of a relation and of the learners that it depends on."""
    made_from, waiting = set[str](), [name]
    while waiting:
        current = waiting.pop()
        if current in records and current not in made_from:
            made_from.add(current)
            waiting += records[current].fingerprint.parents
    return sum(
        records[other].seconds for other in made_from if other == name or records[other].fingerprint.code
    )


def records_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, Record]:
    """Return the records among the rows of ``marts.build``."""
    return {row["name"]: _record(row) for row in rows if row["kind"] in RELATION_KINDS}


def _record(row: Mapping[str, Any]) -> Record:
    fields = {name: value for name, value in row.items() if name != "value"}
    return Record(fingerprint=Fingerprint.from_json(row["value"]), **fields)
