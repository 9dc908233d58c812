"""``recsys sql``: one query to a table, CSV or JSON, or a prompt with history."""

from __future__ import annotations

import os
import shutil
import sys
from enum import Enum
from pathlib import Path

import duckdb

from recsys.console import WIDE, print_csv, print_json
from recsys.errors import RecsysError, UsageError

MOST_ROWS = 1000  # rows that the prompt shows; one query shows all of them
HELP = """\
End a query with a semicolon; it may run over several lines.
.tables          every relation of the warehouse, with its rows
.schema NAME     the columns of a relation, such as marts.leaderboard
.quit            leave (so does Ctrl-D)"""
TABLES = """
    select schema_name || '.' || table_name as relation, 'table' as kind, estimated_size as rows
    from duckdb_tables()
    union all
    select schema_name || '.' || view_name, 'view', null from duckdb_views() where not internal
    union all
    select function_name || '(' || array_to_string(parameters, ', ') || ')', 'macro', null
    from duckdb_functions() where function_type = 'table_macro' and not internal
    order by relation"""


class Format(Enum):
    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def run_query(
    connection: duckdb.DuckDBPyConnection, text: str, shape: Format, limit: int | None = None
) -> None:
    """Run one statement and print its rows; UsageError with the engine's message if it is wrong."""
    try:
        result = connection.sql(text)
        if result is not None:
            _print(result, shape, limit)
    except duckdb.IOException as error:
        raise RecsysError(str(error).strip()) from None
    except duckdb.Error as error:
        raise UsageError(str(error).strip()) from None


def _print(result: duckdb.DuckDBPyRelation, shape: Format, limit: int | None) -> None:
    if shape is Format.TABLE:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDE
        result.show(max_width=width, max_rows=limit or 1_000_000)
    elif shape is Format.CSV:
        print_csv(result.columns, result.fetchall())
    else:
        print_json(result.to_arrow_table().to_pylist())


def prompt(connection: duckdb.DuckDBPyConnection, warehouse: Path, shape: Format) -> None:
    """Read queries until the end of input: with line editing and history where a person types them."""
    if not sys.stdin.isatty():
        run_query(connection, sys.stdin.read(), shape)
        return
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import FileHistory

    session: PromptSession[str] = PromptSession(history=FileHistory(str(_history_file())))
    print(f"{warehouse}, read-only. .help for help.")
    pending = ""
    while True:
        try:
            pending += session.prompt("   ...> " if pending else "recsys> ") + "\n"
        except KeyboardInterrupt:
            pending = ""
            continue
        except EOFError:
            return
        if pending.strip() == ".quit":
            return
        if pending.lstrip().startswith(".") or pending.rstrip().endswith(";") or not pending.strip():
            _answer(connection, pending.strip(), shape)
            pending = ""


def _answer(connection: duckdb.DuckDBPyConnection, text: str, shape: Format) -> None:
    command, _, argument = text.partition(" ")
    queries = {".tables": TABLES, ".schema": f"describe {argument.strip()}"}
    try:
        if command == ".help":
            print(HELP)
        elif command.startswith(".") and command not in queries:
            print(f"no command {command}: .help lists them")
        elif text:
            run_query(connection, queries.get(command, text), shape, MOST_ROWS)
    except RecsysError as error:
        print(error, file=sys.stderr)


def _history_file() -> Path:
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    folder = state / "recsys"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "sql_history"
