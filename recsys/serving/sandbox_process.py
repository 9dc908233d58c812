"""Run one query as a process: open a warehouse, read a request from standard input, write the answer, exit.

The answer is JSON for a page, or a file; an error is JSON and exit status 3. A request may arrive long after
the start. Where the file has been published anew since, it is opened again.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import duckdb
import pyarrow as pa

from recsys.backends.duckdb.connection import reading, single_select
from recsys.backends.duckdb.statements import Connection
from recsys.errors import RecsysError, UsageError
from recsys.project.renamed import query_error

FAILED = 3
PAGES = ("page", "summary")
NUMBER = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|REAL|NUMBER|DECIMAL(\(.*\))?")
BATCH = 1 << 14  # rows


class Opened:
    """Keep a connection to a warehouse, and open it again once the file is another."""

    def __init__(self, warehouse: Path) -> None:
        self.warehouse = warehouse
        self._stack = contextlib.ExitStack()
        self._connection: Connection | None = None
        self._identity = self._found()
        with contextlib.suppress(duckdb.Error, RecsysError):  # a request reports it again
            self._connection = self._stack.enter_context(reading(warehouse, guarded=True))

    def _found(self) -> tuple[int, int] | None:
        with contextlib.suppress(OSError):
            found = self.warehouse.stat()
            return found.st_ino, found.st_mtime_ns
        return None

    @contextlib.contextmanager
    def connection(self) -> Iterator[Connection]:
        """Yield a connection to the file as it is now."""
        with self._stack:
            if self._connection is not None and self._identity == self._found():
                yield self._connection
                return
        with reading(self.warehouse, guarded=True) as connection:
            yield connection


def answer(opened: Opened, request: dict[str, Any]) -> bytes:
    """Run the requested query; raise RecsysError, or DuckDB's own error, if it fails."""
    limits = request["limits"]
    with opened.connection() as connection:
        _lower_limits(limits)
        statement = single_select(connection, request["sql"])
        if request["form"] == "summary":
            text = statement.query.strip().rstrip(";")
            statement = single_select(connection, f"summarize (\n{text}\n)")
        if request["form"] in PAGES:
            return json.dumps(_page(connection, statement, request)).encode()
        return _file(connection, statement, limits, request["form"])


def _page(connection: Connection, statement: duckdb.Statement, request: dict[str, Any]) -> dict[str, Any]:
    """Return columns, their kinds and types, rows as text, and whether there are more."""
    most = request["limits"]["rows"]
    if request["order"] is None:
        result = connection.execute(statement)
        described = [(column[0], column[1]) for column in result.description or ()]
        rows = result.fetchmany(most + 1)
    else:
        relation = _sorted(connection, statement, *request["order"])
        described = list(zip(relation.columns, relation.types, strict=True))
        rows = relation.limit(most + 1).fetchall()
    return {
        "columns": [name for name, _ in described],
        "kinds": ["number" if _is_number(kind) else "other" for _, kind in described],
        "types": [str(kind) for _, kind in described],
        "rows": [[_cell(value, request["limits"]["cell"]) for value in row] for row in rows[:most]],
        "is_cut": len(rows) > most,
    }


def _sorted(connection: Connection, statement: duckdb.Statement, column: int, is_descending: bool) -> Any:
    """Return the result of a statement sorted by a column, which is counted from 1."""
    relation = connection.sql(statement)
    if not 1 <= column <= len(relation.columns):
        raise UsageError(f"cannot sort by column {column}: the result has {len(relation.columns)} columns")
    return relation.order(f"#{column} {'desc' if is_descending else 'asc'} nulls last")


def _is_number(kind: Any) -> bool:
    """Return whether a column's type is numeric; a list of numbers is not."""
    return NUMBER.fullmatch(str(kind).upper()) is not None


def _file(connection: Connection, statement: duckdb.Statement, limits: dict[str, Any], form: str) -> bytes:
    """Return the whole result as a file; raise UsageError if it is too large."""
    reader = connection.sql(statement).to_arrow_reader(BATCH)
    out = io.BytesIO()
    write = _parquet if form == "parquet" else _csv
    count = 0
    for rows in write(reader, out):
        count += rows
        if count > limits["download_rows"] or out.tell() > limits["download_bytes"]:
            raise UsageError(
                f"refused: a download may have {limits['download_rows']:,} rows and "
                f"{limits['download_bytes'] >> 20} MiB: add a limit to the query"
            )
    return out.getvalue()


def _csv(reader: pa.RecordBatchReader, out: io.BytesIO) -> Iterator[int]:
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(reader.schema.names)
    for batch in reader:
        writer.writerows(zip(*(column.to_pylist() for column in batch.columns), strict=True))
        yield batch.num_rows
    text.detach()


def _parquet(reader: pa.RecordBatchReader, out: io.BytesIO) -> Iterator[int]:
    from pyarrow import parquet

    with parquet.ParquetWriter(out, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)
            yield batch.num_rows


def _lower_limits(limits: dict[str, Any]) -> None:
    """Forbid writing files and core dumps, and bound memory and processor time, from here on."""
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_AS, limits["memory"])
    _lower(resource.RLIMIT_CPU, int(limits["seconds"]) * 8 + 1)  # of all threads together


def _lower(kind: int, limit: int) -> None:
    _, highest = resource.getrlimit(kind)
    bound = limit if highest == resource.RLIM_INFINITY else min(limit, highest)
    resource.setrlimit(kind, (bound, bound))


def _cell(value: Any, most: int) -> str | None:
    if value is None:
        return None
    text = str(value)
    return text if len(text) <= most else f"{text[:most]}…"


def main() -> int:
    """Answer the request on standard input and return the exit status."""
    opened = Opened(Path(sys.argv[1]))
    text = sys.stdin.buffer.read()
    if not text:
        return 0  # no query came before the explorer stopped
    try:
        content = answer(opened, json.loads(text))
    except (duckdb.Error, RecsysError, MemoryError, UnicodeDecodeError, pa.ArrowException) as error:
        message = query_error(str(error).strip()) or "stopped: the query took too much memory"
        return _leave(json.dumps({"error": message}).encode(), FAILED)
    return _leave(content, 0)


def _leave(content: bytes, status: int) -> NoReturn:
    """Write the answer and exit at once; closing the engine would take longer than most queries."""
    sys.stdout.buffer.write(content)
    sys.stdout.flush()
    os._exit(status)


if __name__ == "__main__":
    sys.exit(main())
