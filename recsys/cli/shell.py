"""Run queries and print a table, CSV or JSON, or open a prompt with history and completion."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

from recsys.cli.console import console, print_csv, print_documents
from recsys.cli.layout import UNICODE_TO_ASCII, WIDE, columns, is_ascii
from recsys.cli.progress import ProgressLine
from recsys.cli.stopping import interrupts_kept
from recsys.errors import RecsysError, UsageError, unknown
from recsys.serving import interactive

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession

    from recsys.backends.duckdb.statements import Connection

MOST_ROWS = 1000  # rows shown at the prompt
MOST_DRAWN = 10_000  # rows of a table; --csv and --json have all
PATIENCE = 0.5  # seconds before a query shows its progress
LEAVING = ("exit", "quit", ".exit", ".quit")
COMMANDS = (".help", ".tables", ".schema", ".quit")
MOST_INDENTED = 30  # columns below which the help is not broken further
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*$|^\.[a-z]*$")
HELP = """\
End a query with a semicolon; it may span several lines.
Tab         complete a keyword, relation, column or macro
Up          recall an earlier query
.tables     list all relations and macros, with numbers of rows
.schema X   list the columns of a relation, or the relations of a schema
Ctrl-C      stop the running query
.quit       leave (also: exit, quit, Ctrl-D)"""


def wrapped(line: str) -> str:
    """Return a line of the help for the width of the terminal, broken between words."""
    key, gap, _ = re.match(r"(\S+)?(  +)?(.*)", line).groups()  # type: ignore[union-attr]
    indent = " " * len(f"{key}{gap}") if gap else ""
    return fill(line, max(columns(), MOST_INDENTED), subsequent_indent=indent, break_long_words=False)


CALLED = f"from ({interactive.RELATIONS}) where relation not like 'internal.%'"  # without helpers


class Format(Enum):
    """Name a format of query results."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


class _Watch:
    """Show a progress line for a slow query on a terminal."""

    def __init__(self) -> None:
        self.line = ProgressLine(console(stderr=True))
        self.begun, self.is_shown = time.monotonic(), False

    def __call__(self, share: float) -> None:
        if not self.is_shown and time.monotonic() - self.begun > PATIENCE:
            self.is_shown = True
            self.line.show("query")
        if self.is_shown:
            self.line.advance(share)

    def stop(self) -> None:
        self.line.stop()
        self.begun, self.is_shown = time.monotonic(), False


def run_query(connection: Connection, text: str, shape: Format, most_rows: int = MOST_DRAWN) -> None:
    """Run statements and print the rows of each; raise UsageError with DuckDB's message if one is wrong."""
    watch = _Watch()
    held = MOST_DRAWN + 1 if shape is Format.TABLE else None  # one more shows that rows are missing
    try:
        for answer in interactive.run(connection, text, watch, held):
            watch.stop()
            _print(answer, shape, most_rows)
    finally:
        watch.stop()


def _print(answer: interactive.Answer, shape: Format, most_rows: int) -> None:
    if shape is Format.TABLE:
        picture = answer.drawn(columns() if sys.stdout.isatty() else max(columns(), WIDE), most_rows)
        print(picture.translate(UNICODE_TO_ASCII) if is_ascii() else picture, end="")
    elif shape is Format.CSV:
        print_csv(answer.columns, answer.texts())
    elif len(set(answer.columns)) < len(answer.columns):
        raise UsageError(f"JSON needs unique column names; rename one: {', '.join(answer.columns)}")
    else:
        print_documents(answer.documents())


def prompt(connection: Connection, warehouse: Path, shape: Format) -> None:
    """Read and run queries until the end of input; on a terminal with line editing and history."""
    if not sys.stdin.isatty():
        answer(connection, sys.stdin.read(), shape)
        return
    interactive.watch(connection)
    session = _session(interactive.words(connection))
    print(f"{warehouse}, read-only. .help for help.")
    with interrupts_kept():
        for text in _typed(session):
            begun = time.monotonic()
            try:
                answer(connection, text, shape, MOST_ROWS)
            except RecsysError as error:
                print(f"Error: {error}", file=sys.stderr)
            except KeyboardInterrupt:
                print("\nInterrupted", file=sys.stderr)
            else:
                print(f"{time.monotonic() - begun:.3f} s")


def _typed(session: PromptSession[str]) -> Iterator[str]:
    """Yield complete queries and commands until the user leaves; Ctrl-C discards what was typed."""
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
        if text.rstrip("; ").lower() in LEAVING:
            return
        if text.startswith(".") or text.endswith(";") or not text:
            pending = ""
            if text:
                yield text


def answer(connection: Connection, text: str, shape: Format, most_rows: int = MOST_DRAWN) -> None:
    """Run a dot command or SQL; raise UsageError for an unknown command or a wrong query."""
    command, _, argument = text.strip().rstrip("; ").partition(" ")
    if command == ".help":
        print("\n".join(wrapped(line) for line in HELP.splitlines()))
    elif command == ".tables":
        run_query(connection, f"{CALLED} order by relation", shape, most_rows)
    elif command == ".schema":
        run_query(connection, _described(connection, argument.strip()), shape, most_rows)
    elif command.startswith("."):
        raise UsageError(f"{command}: {unknown('command', command, COMMANDS, 'see .help')}")
    else:
        run_query(connection, text, shape, most_rows)


def _described(connection: Connection, name: str) -> str:
    """Return the query that describes a relation, or that lists the relations of a schema."""
    if not name:
        raise UsageError(".schema: give a relation or a schema")
    if name in interactive.schemas(connection):
        return f"from ({interactive.RELATIONS}) where relation like '{name}.%' order by relation"
    return f"describe {name}"


def _session(words: Sequence[str]) -> PromptSession[str]:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import Completer, Completion

    class Words(Completer):
        """Complete the word before the cursor; a keyword keeps the case of its first letters."""

        def get_completions(self, document: Any, complete_event: Any) -> Iterable[Completion]:
            found = WORD.search(document.text_before_cursor)
            for word in completions(found[0], words) if found else ():
                yield Completion(word, -len(found[0]))  # type: ignore[index]

    return PromptSession(history=_history(), completer=Words(), complete_while_typing=False)


def completions(begun: str, words: Sequence[str]) -> list[str]:
    """Return the keywords, columns, relations, macros or dot commands that start with ``begun``.

    A relation is found with and without its schema.
    """
    if begun.startswith("."):
        return [command for command in COMMANDS if command.startswith(begun)]
    lower = begun.lower()
    fitting = [w for w in words if w.startswith(lower) or w.partition(".")[2].startswith(lower)]
    return [word.upper() if begun.isupper() and word.isalpha() else word for word in fitting]


def _history() -> Any:
    """Return the history of queries, kept in a file if its folder can be made."""
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    folder = state / "recsys"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(folder / "sql_history"))
