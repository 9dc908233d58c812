"""Write recommendations to a file or folder atomically: completely or not at all."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from recsys.errors import UsageError, unwritable
from recsys.outputs import check_output, keep_owner, replacing

FORMATS = (".parquet", ".csv", ".csv.gz")


def check(out: Path, inputs: Iterable[Path] = ()) -> None:
    """Raise UsageError for a file that cannot or must not be written, before the work begins."""
    if not out.name.endswith(FORMATS):
        raise UsageError(f"{out}: give a file name that ends in {', '.join(FORMATS[:-1])} or {FORMATS[-1]}")
    check_output(out, inputs)


def check_folder(out: Path) -> None:
    """Raise UsageError for a folder that must not be written into, before the work begins."""
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: is a file; give a folder for the workers' files")
    if out.is_dir() and any(out.iterdir()):
        raise UsageError(f"{out}: has files in it; give a new or empty folder")
    if not out.absolute().parent.is_dir():
        raise UsageError(f"{out}: its folder does not exist; create it")


@contextlib.contextmanager
def folder(out: Path) -> Iterator[Path]:
    """Yield a hidden sibling folder that replaces ``out`` when the block succeeds."""
    place = out.resolve()
    unfinished = place.with_name(f".{place.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        yield unfinished
        keep_owner(place, unfinished)
        _replace(unfinished, place)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _replace(unfinished: Path, out: Path) -> None:
    try:
        unfinished.replace(out)
    except OSError as error:
        raise unwritable(out, error) from None


def write(blocks: Iterable[pa.Table], out: Path) -> int:
    """Write Arrow tables of one schema, one at a time, and return the number of rows.

    An interruption leaves the previous file in place.
    """
    with replacing(out) as unfinished:
        return _write(blocks, unfinished, out)


def _write(blocks: Iterable[pa.Table], path: Path, out: Path) -> int:
    from pyarrow import csv, parquet

    waiting = iter(blocks)
    table = next(waiting, None)
    if table is None:
        raise UsageError(f"{out}: not written; the warehouse has no users")
    compression = "gzip" if out.name.endswith(".gz") else None
    with pa.output_stream(str(path), compression=compression) as stream:
        kind = parquet.ParquetWriter if out.suffix == ".parquet" else csv.CSVWriter
        with kind(stream, table.schema) as writer:
            rows = 0
            while table is not None:
                writer.write_table(table)
                rows += table.num_rows
                table = next(waiting, None)
    return rows
