"""The process that runs one query: reads a request from standard input, writes the answer, and ends."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

import duckdb

from recsys.engine.duckdb import reading, single_select
from recsys.errors import RecsysError


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Columns, rows as text, and whether there are more; or ``error``."""
    limits = request["limits"]
    try:
        with reading(Path(request["warehouse"]), guarded=True) as connection:
            _lower_limits(limits)
            result = connection.execute(single_select(connection, request["sql"]))
            columns = [column[0] for column in result.description or ()]
            rows = result.fetchmany(limits["rows"] + 1)
    except (duckdb.Error, RecsysError, MemoryError, UnicodeDecodeError) as error:
        return {"error": str(error).strip() or "stopped: the query took too much memory"}
    shown = [[_cell(value, limits["cell"]) for value in row] for row in rows[: limits["rows"]]]
    return {"columns": columns, "rows": shown, "is_cut": len(rows) > limits["rows"]}


def _lower_limits(limits: dict[str, Any]) -> None:
    """From here on: no file can be written, memory and processor time are bounded, no core is dumped."""
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


if __name__ == "__main__":
    json.dump(answer(json.load(sys.stdin)), sys.stdout)
