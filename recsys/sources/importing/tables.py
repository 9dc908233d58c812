"""The files that a person gives: CSV, TSV, Parquet, JSON, compressed or not, several as one table."""

from __future__ import annotations

import csv
import glob
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from recsys.errors import InputError, UsageError
from recsys.sources.importing.engine import Engine
from recsys.sources.importing.texts import PACKED, dialect, records, refuse_damaged, refuse_other_than_text

SAMPLE = 20480  # rows that the layout and the types of a text file are taken from
KINDS = {"parquet": ("parquet", "pq"), "json": ("json", "jsonl", "ndjson")}
TIMES = ("BIGINT", "DOUBLE", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")
DELIMITERS = ",\t;|"
ABSENT = "(empty)"  # the engine's word for no quote, no escape


@dataclass(frozen=True)
class Table:
    """Files of one layout, read as one table; ``types`` are those of its columns as the engine found them."""

    paths: Sequence[Path]
    kind: str
    types: Mapping[str, str]
    layout: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What messages call it."""
        return (
            str(self.paths[0]) if len(self.paths) == 1 else f"{self.paths[0]} and {len(self.paths) - 1} more"
        )

    @property
    def columns(self) -> list[str]:
        return list(self.types)

    def arguments(self, types: Mapping[str, str] | None = None) -> dict[str, Any]:
        """What ``scan.sql`` binds: of a text file, all columns are text but for these."""
        paths = {"paths": [str(path) for path in self.paths]}
        if self.kind != "csv":
            return paths
        columns = dict.fromkeys(self.types, "VARCHAR") | dict(types or {})
        layout = {name: value for name, value in self.layout.items() if value is not None}
        return {**paths, **layout, "columns": columns}

    @property
    def names(self) -> dict[str, Any]:
        """What the template ``scan.sql`` asks for."""
        formats = {name: self.layout.get(name) for name in ("date_format", "timestamp_format")}
        return {"kind": self.kind, **formats}

    def time_type(self, engine: Engine, column: str) -> str:
        """The type of a column of times: as the engine found it, else that of the first row's."""
        if self.types[column] in TIMES or self.kind != "csv":
            return self.types[column]
        rows = engine.run("row", {**self.arguments(), "place": 0}, **self.names)
        text = str(rows[0][column]) if rows else ""
        return next(
            (kind for kind, parse in (("BIGINT", int), ("DOUBLE", float)) if _is(text, parse)), "TIMESTAMP"
        )

    def refused(self, engine: Engine, place: int, expected: str) -> InputError:
        """An error that names the file, the line and the text of a row, counted from 0 over all files."""
        for path in self.paths:
            one = replace(self, paths=[path])
            count = engine.run("count", one.arguments(), **one.names)[0]["row_count"]
            if place < count:
                return InputError(path, *one._located(engine, place), expected)
            place -= count
        raise AssertionError(f"{self.name}: no row {place}")

    def _located(self, engine: Engine, place: int) -> tuple[int, str]:
        """Line and text of a row of the only file; of a file without lines, the number of the row."""
        path = self.paths[0]
        if self.kind == "csv":
            rows = records(path, self.layout)
            for _ in range(place + bool(self.layout["header"])):
                next(rows)
            return next(rows)
        row = engine.run("row", {**self.arguments(), "place": place}, **self.names)[0]
        return place + 1, ", ".join(f"{name} = {value}" for name, value in row.items())


def _is(text: str, parse: Callable[[str], Any]) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def inspect(
    engine: Engine, patterns: Sequence[str], is_header: Callable[[Sequence[str]], bool], sample: int = SAMPLE
) -> Table:
    """The files that names or patterns mean, as one table.

    ``is_header`` tells whether texts are the names of columns, for a file of nothing but text. UsageError for
    a pattern that means no file and for files of different columns, InputError for one that is empty.
    """
    paths = [path for pattern in patterns for path in _meant(pattern)]
    tables = [_inspected(engine, path, is_header, sample) for path in paths]
    first = tables[0]
    for path, other in zip(paths, tables, strict=True):
        if (other.kind, other.columns) != (first.kind, first.columns):
            raise UsageError(f"{path}: expected the columns of {paths[0]}: {', '.join(first.columns)}")
    return replace(first, paths=paths)


def _meant(pattern: str) -> list[Path]:
    """The files of a name or a pattern, in the order of their names."""
    matching = sorted(glob.glob(pattern))  # noqa: PTH207  of any folder
    named = bool(pattern) and Path(pattern).exists()
    found = [Path(pattern)] if named else [Path(name) for name in matching if Path(name).exists()]
    if not found:
        raise UsageError(f"{pattern or repr(pattern)}: no such file")
    for path in found:
        if path.is_dir():
            raise UsageError(f"{path}: expected a file, found a folder; '{path}/*' means the files in it")
        if not path.is_file():
            raise UsageError(f"{path}: expected a file, found a device or a pipe")
        if path.stat().st_size == 0:
            raise InputError(path, None, None, "rows, found an empty file")
        refuse_damaged(path)
    return found


def _kind(path: Path) -> str:
    suffixes = [suffix[1:].lower() for suffix in path.suffixes if suffix.lower() not in PACKED]
    return next((kind for kind, names in KINDS.items() if suffixes[-1:] and suffixes[-1] in names), "csv")


def _inspected(engine: Engine, path: Path, is_header: Callable[[Sequence[str]], bool], sample: int) -> Table:
    kind = _kind(path)
    if kind == "csv":
        return _inspected_text(engine, path, is_header, sample)
    rows = engine.run("columns", {"paths": [str(path)]}, kind=kind)
    return Table([path], kind, {row["column_name"]: row["column_type"] for row in rows})


def _inspected_text(
    engine: Engine, path: Path, is_header: Callable[[Sequence[str]], bool], sample: int
) -> Table:
    refuse_other_than_text(path)
    layout = engine.run("layout", {"file": str(path), "sample": sample})[0]
    types = {column["name"]: column["type"] for column in layout.pop("columns")}
    if layout.pop("skipped") or len(types) == 1:
        layout = _layout_of_first_line(path, layout)
        types = dict.fromkeys(types, "VARCHAR")
    for name in ("quote", "escape"):
        # a comma between quotes may come later than the sample; tabs are seldom quoted
        usual = "" if layout["delimiter"] == "\t" else '"'
        layout[name] = usual if layout[name] == ABSENT else layout[name]
    if not layout["header"] and (first := _first(path, layout)) and is_header(first):
        layout["header"] = True
        types = dict(zip(first, [*types.values(), *["VARCHAR"] * len(first)], strict=False))
    return Table([path], "csv", types, layout)


def _layout_of_first_line(path: Path, layout: Mapping[str, Any]) -> dict[str, Any]:
    """The delimiter that the first line has most of, where the engine made one column of damaged rows."""
    line = "".join(text for _, text in itertools.islice(records(path, {"delimiter": ",", "quote": ""}), 1))
    delimiter = max(DELIMITERS, key=line.count)
    quoting = {"quote": ABSENT, "escape": ABSENT, "date_format": None, "timestamp_format": None}
    return {**layout, **quoting, "delimiter": delimiter, "header": False}


def _first(path: Path, layout: Mapping[str, Any]) -> list[str]:
    """The fields of the first line."""
    _, line = next(records(path, layout), (0, ""))
    return next(csv.reader([line], **dialect(layout)), [])
