"""Find and describe the files of ratings and items: text, Parquet, JSON, data frames."""

from __future__ import annotations

import glob
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from recsys.errors import InputError, UsageError
from recsys.sources.importing import frames
from recsys.sources.importing.engine import Engine
from recsys.sources.importing.layouts import (
    Hints,
    IsHeader,
    Layout,
    Names,
    is_movielens_items,
    laid_out,
)
from recsys.sources.importing.texts import (
    LONGEST_DELIMITER,
    PACKED,
    STAND_IN,
    is_utf_8,
    records,
    refuse_damaged,
    refuse_other_than_text,
    rewritten,
)

KINDS = {"parquet": ("parquet", "pq"), "json": ("json", "jsonl", "ndjson")}


@dataclass(frozen=True)
class Table:
    """Files of one layout, read as one table.

    Attributes
    ----------
    paths
        The files by the names that messages use.
    copies
        What the engine reads: the files, or copies in another encoding.
    types
        The engine's type of each column; all columns of a text file are texts.
    """

    paths: Sequence[Path]
    copies: Sequence[Path]
    kind: str
    types: Mapping[str, str]
    layout: Layout | None = None
    encoding: str | None = None

    @property
    def name(self) -> str:
        """Return the name for messages."""
        more = f" and {len(self.paths) - 1} more" if len(self.paths) > 1 else ""
        return f"{self.paths[0]}{more}"

    @property
    def columns(self) -> list[str]:
        """Return the names of the columns."""
        return list(self.types)

    @property
    def names(self) -> dict[str, Any]:
        """Return the variables of the template ``scan.sql``."""
        return {
            "kind": self.kind,
            "types": self.types,
            "decimal": self.layout.decimal if self.layout else ".",
        }

    def arguments(self) -> dict[str, Any]:
        """Return the bound parameters of ``scan.sql``."""
        paths = {"paths": [str(path) for path in self.copies]}
        if self.layout is None:
            return paths
        layout = self.layout
        delimiter = STAND_IN if len(layout.delimiter.encode()) > LONGEST_DELIMITER else layout.delimiter
        return {
            **paths,
            "columns": dict.fromkeys(self.types, "VARCHAR"),
            "delimiter": delimiter,
            "quote": layout.quote,
            "escape": layout.escape,
            "header": layout.header,
            "skip": layout.skip,
        }

    def described(self) -> dict[str, Any]:
        """Return the layout as ``dataset.json`` keeps it, to read later files the same way."""
        if self.layout is None:
            return {"kind": self.kind}
        layout = self.layout
        return {
            "kind": self.kind,
            "delimiter": layout.delimiter,
            "header": layout.header,
            "names": list(layout.columns),
            "encoding": self.encoding,
        }

    def refused(self, engine: Engine, place: int, expected: str) -> InputError:
        """Return an error with the file, line and text of a row, counted from 0 over all files."""
        for path, copy in zip(self.paths, self.copies, strict=True):
            one = replace(self, paths=[path], copies=[copy])
            count = engine.run("count", one.arguments(), **one.names)[0]["row_count"]
            if place < count:
                return InputError(path, *one._located(engine, place), expected)
            place -= count
        raise AssertionError(f"{self.name}: no row {place}")

    def _located(self, engine: Engine, place: int) -> tuple[int, str]:
        """Return line and text of a row of the only file; of a file without lines, the number of the row."""
        if self.layout is not None:
            is_copied = self.copies[0] != self.paths[0]
            delimiter = self.arguments()["delimiter"] if is_copied else self.layout.delimiter
            dialect = replace(self.layout, delimiter=delimiter)
            rows = records(self.copies[0], dialect, self.layout.skip)
            line, text = next(itertools.islice(rows, place + bool(self.layout.header), None))
            return line, text.replace(STAND_IN, self.layout.delimiter) if is_copied else text
        row = engine.run("row", {**self.arguments(), "place": place}, **self.names)[0]
        return place + 1, ", ".join(f"{name} = {value}" for name, value in row.items())


class Inspector:
    """Describe files and data frames; copies in UTF-8, and data frames as Parquet, go to ``scratch``."""

    def __init__(self, engine: Engine, scratch: Path, hints: Hints) -> None:
        self.engine, self.hints, self.scratch = engine, hints, scratch / "copies"
        self.scratch.mkdir()
        self.notes: list[str] = []

    def table(self, given: Sequence[Any], is_header: IsHeader, names: Names) -> Table:
        """Return the files that names or patterns mean, or a frame, as one table.

        UsageError for a pattern that means no file and for files of different columns, InputError for a file
        that is empty.
        """
        tables = [table for one in given for table in self._described(one, is_header, names)]
        first = tables[0]
        for other in tables[1:]:
            if (other.kind, other.columns, other.layout) != (first.kind, first.columns, first.layout):
                raise UsageError(
                    f"{other.name}: expected the columns and the layout of {first.name}: "
                    f"{', '.join(first.columns)}"
                )
        paths = [path for table in tables for path in table.paths]
        return replace(first, paths=paths, copies=[path for table in tables for path in table.copies])

    def _described(self, given: Any, is_header: IsHeader, names: Names) -> list[Table]:
        if frames.is_path(given):
            return [self._inspected(path, is_header, names) for path in files_of(str(given))]
        copy = self.scratch / f"{len(list(self.scratch.iterdir()))}.parquet"
        frames.written(given, copy)
        return [self._typed(Path(frames.name_of(given)), copy, "parquet")]

    def _inspected(self, path: Path, is_header: IsHeader, names: Names) -> Table:
        kind = _kind(path)
        return self._text(path, is_header, names) if kind == "csv" else self._typed(path, path, kind)

    def _typed(self, path: Path, copy: Path, kind: str) -> Table:
        rows = self.engine.run("columns", {"paths": [str(copy)]}, kind=kind)
        return Table([path], [copy], kind, {row["column_name"]: row["column_type"] for row in rows})

    def _text(self, path: Path, is_header: IsHeader, names: Names) -> Table:
        hints, copy, encoding = self.hints, path, self.hints.encoding
        is_long = hints.delimiter is not None and len(hints.delimiter.encode()) > LONGEST_DELIMITER
        if encoding or is_long:
            copy = rewritten(
                path, self.scratch, encoding or "utf-8-sig", hints.delimiter if is_long else None
            )
            hints = replace(hints, delimiter=STAND_IN) if is_long else hints
        refuse_other_than_text(copy)
        layout = laid_out(copy, hints, is_header, names)
        if copy == path and is_movielens_items(layout) and not is_utf_8(path):
            encoding, copy = "latin-1", rewritten(path, self.scratch, "latin-1")
            layout = laid_out(copy, hints, is_header, names)
            self.notes.append(f"{path}: read as latin-1")
        layout = replace(layout, delimiter=self.hints.delimiter or layout.delimiter)
        if layout.skip:
            lines = "the first line" if layout.skip == 1 else f"the first {layout.skip} lines"
            self.notes.append(f"{path}: skipped {lines}, above the table")
        types = dict.fromkeys(layout.columns, "VARCHAR")
        return Table([path], [copy], "csv", types, layout, encoding)


def files_of(pattern: str) -> list[Path]:
    """Return the files of a name or a pattern, in the order of their names."""
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
