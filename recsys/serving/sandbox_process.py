"""Run one query as a process: read a request from standard input, write the answer, exit.

The answer is JSON for a page, or a file; an error is JSON and exit status 3.
"""

from __future__ import annotations

import csv
import io
import json
import re
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from recsys.backends.duckdb.connection import reading, single_select
from recsys.backends.duckdb.statements import Connection
from recsys.errors import RecsysError, UsageError
from recsys.project.renamed import query_error

FAILED = 3
NUMBER = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|REAL|NUMBER|DECIMAL(\(.*\))?")
BATCH = 1 << 14  # rows


def answer(request: dict[str, Any]) -> bytes:
    """Run the requested query; raise RecsysError, or DuckDB's own error, if it fails."""
    limits = request["limits"]
    with reading(Path(request["warehouse"]), guarded=True) as connection:
        _lower_limits(limits)
        statement = single_select(connection, request["sql"])
        if request["form"] == "page":
            return json.dumps(_page(connection, statement, limits)).encode()
        return _file(connection, statement, limits, request["form"])


def _page(connection: Connection, statement: duckdb.Statement, limits: dict[str, Any]) -> dict[str, Any]:
    """Return columns, their kinds, rows as text, and whether there are more."""
    result = connection.execute(statement)
    described = result.description or ()
    rows = result.fetchmany(limits["rows"] + 1)
    return {
        "columns": [column[0] for column in described],
        "kinds": ["number" if _is_number(column[1]) else "other" for column in described],
        "rows": [[_cell(value, limits["cell"]) for value in row] for row in rows[: limits["rows"]]],
        "is_cut": len(rows) > limits["rows"],
    }


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
    try:
        content = answer(json.load(sys.stdin))
    except (duckdb.Error, RecsysError, MemoryError, UnicodeDecodeError, pa.ArrowException) as error:
        message = query_error(str(error).strip()) or "stopped: the query took too much memory"
        json.dump({"error": message}, sys.stdout)
        return FAILED
    sys.stdout.buffer.write(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
