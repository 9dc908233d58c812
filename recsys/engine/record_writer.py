"""Write the record of a build into the warehouse: ``marts.build`` and ``marts.left_out``."""

from __future__ import annotations

import contextlib
import platform
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pyarrow as pa

from recsys.backends.database import Database
from recsys.backends.duckdb.connection import FORMAT_VERSION
from recsys.engine import manifest
from recsys.engine.availability import is_consequence, of_models
from recsys.engine.comments import comments
from recsys.engine.job import Job
from recsys.engine.manifest import Record
from recsys.project.parameters import Parameters
from recsys.sources import changing, parquet
from recsys.sources.source_file import SourceFile
from recsys.version import __version__

LEFT_OUT = "marts.left_out"
LIMITS = "lists.limits"  # what a list model does not cover, and why
LIST_LEADERBOARD = "marts.list_leaderboard"
LEARNER_PACKAGES = ("numpy", "scipy", "torch", "scikit-learn", "lightgbm", "pyspark")

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


def write_records(
    database: Database, job: Job, records: Mapping[str, Record], reasons: Mapping[str, str]
) -> None:
    """Write the record and the settings, and the seconds of list models; drop those of an earlier state."""
    reasons = {**reasons, **of_models(job.project, reasons)}
    if LIMITS in records:
        reasons |= limits(database)
    tables = {
        manifest.RELATION: table(job, records),
        LEFT_OUT: left_out(reasons),
    }
    if LIST_LEADERBOARD in records:
        tables[LIST_LEADERBOARD] = timed(database.relation(LIST_LEADERBOARD, ()).arrow(), records)
    for relation in tables:
        database.drop(relation)
    for relation, rows in tables.items():
        database.store(relation, rows)
    written = {name for name, one in records.items() if one.build_id == job.build_id or name in tables}
    database.comment(comments(job.project, [records[name] for name in written]))


def limits(database: Database) -> dict[str, str]:
    """Return the list models that cover a part of the items, with reasons."""
    return dict(database.rows(f"select model, reason from {LIMITS}"))


def timed(board: pa.Table, records: Mapping[str, Record]) -> pa.Table:
    """Return the list leaderboard with the seconds of each model.

    Seconds are those of its relation and of the learners that it depends on; where only the models of the
    validation split were fitted, those of that fit.
    """
    relations = {model: f"lists.{model}" for model in board["model"].to_pylist()}
    fitted = {
        model: relation if relation in records else f"list_validation.lists_{model}"
        for model, relation in relations.items()
    }
    seconds = pa.array([manifest.seconds_of(fitted[model], records) for model in fitted], pa.float64())
    return board.set_column(board.schema.get_field_index("seconds"), "seconds", seconds)


def left_out(reasons: Mapping[str, str]) -> pa.Table:
    """Return ``marts.left_out``: the models that a build leaves out or limits, with reasons."""
    rows = sorted(item for item in reasons.items() if not is_consequence(item[1]))
    columns = list(zip(*rows, strict=True)) or [(), ()]
    return pa.table([pa.array(column, pa.string()) for column in columns], names=["model", "reason"])


def table(job: Job, records: Mapping[str, Record]) -> pa.Table:
    """Return ``marts.build``: one row per setting, parameter, input file and relation.

    Parameters are as the content was made, see `_parameters`.
    """
    rows = [
        *_values(job.build_id, "setting", {**_settings(job), **_appends(job, records)}),
        *_parameters(job.build_id, job.project.parameters, records.values()),
        *({"build_id": job.build_id, **_input(file)} for file in job.files.values()),
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


def _settings(job: Job) -> dict[str, Any]:
    data, limits = job.options.data, job.options.limits
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
        **job.engine.settings,
    }


def _appends(job: Job, records: Mapping[str, Record]) -> dict[str, Any]:
    """Return which imported data these are, and up to which append the ratings have and models learned them.

    A build with ``--select`` may leave the ratings as they were.
    """
    metadata = parquet.metadata(job.options.data) if isinstance(job.options.data, Path) else {}
    if not changing.origin(metadata):
        return {}
    generation = metadata.get(changing.GENERATION, 0)
    current = {
        changing.ORIGIN: changing.origin(metadata),
        changing.GENERATION: generation,
        changing.LEARNED: generation,
    }
    if _has_all_rows(job, records):
        return current
    before = manifest.published(job.options.warehouse)[0]
    return {name: before[name] for name in current if name in before}


def _has_all_rows(job: Job, records: Mapping[str, Record]) -> bool:
    """Return whether the ratings of the warehouse were built from the files of this build."""
    if (ratings := records.get("staging.ratings")) is None or ratings.fingerprint.appended:
        return False
    inputs = ratings.fingerprint.inputs
    files = {name: job.files[name].digest for name in ("ratings", "appended") if name in job.files}
    return files == {name: inputs.get(name) for name in files}


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
