"""Record what a build made: the rows of ``marts.build``."""

from __future__ import annotations

import contextlib
import platform
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pyarrow as pa

from recsys.backends.database import Limits
from recsys.backends.duckdb.connection import FORMAT_VERSION, query, reading
from recsys.backends.duckdb.statements import Connection
from recsys.engine.plan import Fingerprint
from recsys.engine.publish import has_write_ahead_log
from recsys.errors import DamagedFileError, ForeignFileError, UsageError
from recsys.project.parameters import Parameters
from recsys.sources.directory import SourceFile
from recsys.sources.remote import Remote
from recsys.version import __version__

LEARNER_PACKAGES = ("numpy", "scipy", "torch", "scikit-learn", "pyspark")
RELATION_KINDS = ("table", "view", "temp", "macro", "check")

SCHEMA = pa.schema(
    [
        ("build_id", pa.string()),
        ("kind", pa.string()),
        ("name", pa.string()),
        ("value", pa.string()),
        ("digest", pa.string()),
        ("row_count", pa.int64()),
        ("seconds", pa.float64()),
        ("peak_bytes", pa.int64()),
        ("reason", pa.string()),
    ]
)


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
        raise ForeignFileError(f"{warehouse}: expected a file name for the warehouse, found a device")
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
    rows = query(connection, "select * from marts.build").to_pylist()
    return {row["name"]: _record(row) for row in rows if row["kind"] in RELATION_KINDS}


def _record(row: dict[str, Any]) -> Record:
    return Record(fingerprint=Fingerprint.from_json(row.pop("value")), **row)


def table(
    build_id: str,
    data: Path | Remote,
    limits: Limits,
    engine: Mapping[str, str],
    parameters: Parameters,
    files: Mapping[str, SourceFile],
    records: Mapping[str, Record],
) -> pa.Table:
    """Return ``marts.build``: one row per setting, parameter, input file and relation.

    Parameters are as the content was made, see `_parameters`.
    """
    rows = [
        *_values(build_id, "setting", {**_settings(data, limits), **engine}),
        *_parameters(build_id, parameters, records.values()),
        *({"build_id": build_id, **_input(file)} for file in files.values()),
        *(_relation(record) for record in records.values()),
    ]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _parameters(
    build_id: str, parameters: Parameters, records: Collection[Record]
) -> Iterable[dict[str, Any]]:
    """Return a row for each parameter, with the value that the content was made with.

    After builds with ``--select`` relations may have been made with different values. The row of the
    parameter has the most frequent one, and a row of the kind ``override`` names each relation with another.
    """
    for name, current in parameters.flat().items():
        made = {record.name: record.fingerprint.parameters.get(name) for record in records}
        values = Counter(value for value in made.values() if value is not None)
        most = max(values.values(), default=0)
        candidates = [value for value in values if values[value] == most] or [str(current)]
        value = str(current) if str(current) in candidates else min(candidates)
        yield {"build_id": build_id, "kind": "parameter", "name": name, "value": value}
        for relation, other in made.items():
            if other not in (None, value):
                yield {
                    "build_id": build_id,
                    "kind": "override",
                    "name": f"{name} in {relation}",
                    "value": other,
                }


def _settings(data: Path | Remote, limits: Limits) -> dict[str, Any]:
    return {
        "format_version": FORMAT_VERSION,
        "recsys": __version__,
        "duckdb": version("duckdb"),
        "python": platform.python_version(),
        **_versions_of_learners(),
        "threads": limits.threads,
        "memory": limits.memory,
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "data": data.resolve() if isinstance(data, Path) else data,
    }


def _versions_of_learners() -> dict[str, str]:
    """Return the versions of the installed packages that learners compute with."""
    installed = {}
    for package in LEARNER_PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            installed[package] = version(package)
    return installed


def _values(build_id: str, kind: str, values: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    for name, value in values.items():
        yield {"build_id": build_id, "kind": kind, "name": name, "value": str(value)}


def _input(file: SourceFile) -> dict[str, Any]:
    return {
        "kind": "input",
        "name": file.name,
        "value": file.path.name,
        "digest": file.digest,
        "row_count": file.line_count,
    }


def _relation(record: Record) -> dict[str, Any]:
    row = {**vars(record), "value": record.fingerprint.as_json()}
    del row["fingerprint"]
    return row
