"""``recsys sql``: one query to a table, CSV or JSON, or a prompt with history."""

from __future__ import annotations

import os
import shutil
import sys
from enum import Enum
from pathlib import Path
from typing import Any

import duckdb

from recsys.cli.console import WIDE, print_csv, print_json
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
    """Run statements and print the rows of each; UsageError with the engine's message if one is wrong."""
    try:
        for statement in connection.extract_statements(text):
            result = connection.sql(statement)
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
    elif len(set(result.columns)) < len(result.columns):
        raise UsageError(f"two columns of one name, of which JSON can keep one: {', '.join(result.columns)}")
    else:
        print_json(result.to_arrow_table().to_pylist())


def prompt(connection: duckdb.DuckDBPyConnection, warehouse: Path, shape: Format) -> None:
    """Read queries until the end of input: with line editing and history where a person types them."""
    if not sys.stdin.isatty():
        answer(connection, sys.stdin.read(), shape)
        return
    from prompt_toolkit import PromptSession

    session: PromptSession[str] = PromptSession(history=_history())
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
        text = pending.strip()
        if text.rstrip("; ") == ".quit":
            return
        if text.startswith(".") or text.endswith(";") or not text:
            pending = ""
            try:
                answer(connection, text, shape, MOST_ROWS)
            except RecsysError as error:
                print(error, file=sys.stderr)


def answer(connection: duckdb.DuckDBPyConnection, text: str, shape: Format, limit: int | None = None) -> None:
    """Do what a text asks for: a command that starts with a dot, or SQL; UsageError for neither."""
    command, _, argument = text.strip().rstrip("; ").partition(" ")
    queries = {".tables": TABLES, ".schema": f"describe {argument.strip()}"}
    if command == ".help":
        print(HELP)
    elif command.startswith(".") and command not in queries:
        raise UsageError(f"no command {command}: .help lists them")
    else:
        run_query(connection, queries.get(command, text), shape, limit)


def _history() -> Any:
    """What was typed before, from a file where there is a place for one."""
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    folder = state / "recsys"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(folder / "sql_history"))
