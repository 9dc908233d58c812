"""``recsys sql``: one query to a table, CSV or JSON, or a prompt with history and completion."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsys.cli.console import console, print_csv, print_documents
from recsys.cli.layout import UNICODE_TO_ASCII, WIDE, columns, is_ascii
from recsys.cli.progress import ProgressLine
from recsys.cli.stopping import interrupts_kept
from recsys.errors import RecsysError, UsageError
from recsys.serving import interactive

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession

    from recsys.backends.duckdb.statements import Connection

MOST_ROWS = 1000  # rows that the prompt shows
MOST_DRAWN = 10_000  # rows that the engine draws; --csv and --json have all
PATIENCE = 0.5  # seconds that a query takes without a word of how far it is
LEAVING = ("exit", "quit", ".exit", ".quit")
COMMANDS = (".help", ".tables", ".schema", ".quit")
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*$|^\.[a-z]*$")
HELP = """\
End a query with a semicolon; it may run over several lines. Tab completes, the up key recalls.
.tables          every relation of the warehouse, with its rows
.schema NAME     the columns of a relation, such as marts.leaderboard, or the relations of a schema
Ctrl-C           ends the running query
.quit            leaves, as do exit, quit and Ctrl-D"""


class Format(Enum):
    TABLE = "table"
    CSV = "csv"
    JSON = "json"


class _Watch:
    """A progress line for a query that takes its time, where a person looks."""

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
    """Run statements and print the rows of each; UsageError with the engine's message if one is wrong."""
    watch = _Watch()
    held = MOST_DRAWN + 1 if shape is Format.TABLE else None  # one more, so that the picture says so
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
        raise UsageError(f"two columns of one name, of which JSON can keep one: {', '.join(answer.columns)}")
    else:
        print_documents(answer.documents())


def prompt(connection: Connection, warehouse: Path, shape: Format) -> None:
    """Read queries until the end of input: with line editing and history where a person types them."""
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
                print(error, file=sys.stderr)
            except KeyboardInterrupt:
                print("\ninterrupted", file=sys.stderr)
            else:
                print(f"{time.monotonic() - begun:.3f} s")


def _typed(session: PromptSession[str]) -> Iterator[str]:
    """Whole queries and commands, until the person leaves; Ctrl-C begins anew."""
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
    """Do what a text asks for: a command that starts with a dot, or SQL; UsageError for neither."""
    command, _, argument = text.strip().rstrip("; ").partition(" ")
    if command == ".help":
        print(HELP)
    elif command == ".tables":
        run_query(connection, f"{interactive.RELATIONS} order by relation", shape, most_rows)
    elif command == ".schema":
        run_query(connection, _described(connection, argument.strip()), shape, most_rows)
    elif command.startswith("."):
        raise UsageError(f"no command {command}: .help lists them")
    else:
        run_query(connection, text, shape, most_rows)


def _described(connection: Connection, name: str) -> str:
    """The query that describes a relation, or lists those of a schema."""
    if not name:
        raise UsageError(".schema: expected the name of a relation or of a schema")
    if name in interactive.schemas(connection):
        return f"from ({interactive.RELATIONS}) where relation like '{name}.%' order by relation"
    return f"describe {name}"


def _session(words: Sequence[str]) -> PromptSession[str]:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import Completer, Completion

    class Words(Completer):
        """Completes the word before the cursor; a keyword in the case that it was begun in."""

        def get_completions(self, document: Any, complete_event: Any) -> Iterable[Completion]:
            found = WORD.search(document.text_before_cursor)
            for word in completions(found[0], words) if found else ():
                yield Completion(word, -len(found[0]))  # type: ignore[index]

    return PromptSession(history=_history(), completer=Words(), complete_while_typing=False)


def completions(begun: str, words: Sequence[str]) -> list[str]:
    """The words that begin so: keywords, columns, relations, macros, or the commands that begin with a dot.

    A relation is found by its own name too, without its schema.
    """
    if begun.startswith("."):
        return [command for command in COMMANDS if command.startswith(begun)]
    lower = begun.lower()
    fitting = [w for w in words if w.startswith(lower) or w.partition(".")[2].startswith(lower)]
    return [word.upper() if begun.isupper() and word.isalpha() else word for word in fitting]


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
