"""Given/expect tests of single SQL models: the rows it reads and the rows it must give, as small text tables.

A table's first line names the columns that matter; the others are NULL. A dash stands for NULL.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from recsys.backends.database import Limits
from recsys.engine.build import Options, build
from recsys.engine.manifest import Record
from recsys.engine.plan import Step
from recsys.project import Project
from recsys.sources.directory import OPTIONAL
from recsys.sources.remote import Remote

EMPTY_DIRECTORY = {
    "trackData2.txt": "",
    "albumData2.txt": "",
    "artistData2.txt": "",
    "genreData2.txt": "",
    "trainItem2.txt": "1|0\n",  # a file of nothing at all is refused
    "testItem2.txt": "1|0\n",
}


class Silent:
    """A reporter that keeps what it gets and prints nothing."""

    def __init__(self) -> None:
        self.finished_models: dict[str, Record] = {}
        self.missing: dict[str, str] = {}
        self.reasons: list[str] = []  # a line that a build prints for each

    def planned(self, steps: list[Step], dropped: list[str], seconds: Mapping[str, float]) -> None: ...
    def started(self, step: Step) -> None: ...
    def advanced(self, fraction: float, message: str = "") -> None: ...

    def finished(self, step: Step, record: Record) -> None:
        self.finished_models[step.name] = record

    def left_out(self, models: Sequence[str], reason: str) -> None:
        self.missing |= dict.fromkeys(models, reason)
        self.reasons.append(reason)


def headed(text: str, **promises: str) -> str:
    """A model with those lines of a header before it that it has not itself; its key is ``x``."""
    lines = {"grain": "one", "key": "x", "units": "none", "nulls": "none", **promises}
    return "".join(f"-- {key}: {line}\n" for key, line in lines.items() if f"-- {key}:" not in text) + text


def write_directory(directory: Path, files: Mapping[str, str | bytes]) -> Path:
    """A data directory with these files; the required ones that are not given are empty."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in {**EMPTY_DIRECTORY, **files}.items():
        data = content.encode() if isinstance(content, str) else content
        (directory / name).parent.mkdir(exist_ok=True)
        (directory / name).write_bytes(data)
    return directory


def build_sql(data: Path | Remote, warehouse: Path, **options: Any) -> Silent:
    """Build the SQL half of a data directory."""
    reporter = Silent()
    options = {"sql_only": True, "limits": Limits(threads=2, memory="1GB"), **options}
    build(Options(data=data, warehouse=warehouse, **options), reporter)
    return reporter


@contextlib.contextmanager
def relations(schemas: duckdb.DuckDBPyConnection, given: Mapping[str, str]) -> Iterator[Any]:
    """A database in memory that has the given rows in relations shaped like those of a built warehouse."""
    connection = duckdb.connect()
    for relation, text in given.items():
        schema = relation.split(".")[0]
        connection.execute(f"create schema if not exists {schema}")
        shape = schemas.execute(f"describe {_described(relation)}").fetchall()
        columns = ", ".join(f'"{name}" {kind}' for name, kind, *_ in shape)
        connection.execute(f"create table {relation} ({columns})")
        names, *rows = (line.split() for line in text.strip().splitlines())
        for row in rows:
            marks = ", ".join("?" for _ in row)
            listed = ", ".join(f'"{name}"' for name in names)
            values = [None if value == "-" else value for value in row]
            connection.execute(f"insert into {relation} ({listed}) values ({marks})", values)
    try:
        yield connection
    finally:
        connection.close()


def _described(relation: str) -> str:
    """The relation, or the query of one that does not outlive the build, with what it reads of such in it."""
    project = Project.load(present=OPTIONAL)
    if project.writers[relation].materialized != "temp":
        return relation
    return re.sub(
        r"scratch\.(\w+\.\w+)", lambda found: f"({_described(found[1])})", project.render(relation).sql
    )


def result(
    schemas: duckdb.DuckDBPyConnection,
    model: str,
    given: Mapping[str, str],
    sources: Mapping[str, Path] | None = None,
    overrides: tuple[str, ...] = (),
    also: tuple[str, ...] = (),
) -> list[dict[str, Any]]:
    """The rows that a model gives for the given rows of what it reads, in a project of these models alone.

    ``also`` names further models of the project, for a model that lists what is there without reading it.
    """
    project = Project.load(overrides=overrides, present=sources or OPTIONAL)
    project.enabled = {model, *also, *(project.writers[relation].name for relation in given)}
    rendered = project.render(model)
    sql = rendered.sql.replace("scratch.", "")
    with relations(schemas, given) as connection:
        paths = {name: str(path) for name, path in (sources or {}).items() if name in rendered.sources}
        relation = connection.sql(sql, params=paths or None)
        return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def as_text(rows: list[dict[str, Any]]) -> str:
    """Rows that a model gave, as the text table of another model's input."""
    lines = [" ".join(str(value).lower() for value in row.values()) for row in rows]
    return "\n".join([" ".join(rows[0]), *lines])


def expect(rows: list[dict[str, Any]], text: str) -> None:
    """Compare rows with a text table, in any order, on the columns that it names; reals to 1e-9."""
    names, *expected = (line.split() for line in text.strip().splitlines())
    found = sorted(([_shown(row[name]) for name in names] for row in rows), key=str)
    wanted = sorted(([_shown(_value(cell)) for cell in row] for row in expected), key=str)
    assert len(found) == len(wanted), f"expected {wanted}, found {found}"
    for found_row, wanted_row in zip(found, wanted, strict=True):
        assert found_row == pytest.approx(wanted_row, abs=1e-9)


def _value(cell: str) -> Any:
    if cell == "-":
        return None
    with contextlib.suppress(ValueError):
        return float(cell)
    return {"true": True, "false": False}.get(cell, cell)


def _shown(value: Any) -> Any:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
