"""Append rows to a data directory, in one step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from recsys.sources.appending import recipe
from recsys.sources.appending.steps import Append
from recsys.sources.changing import Change, changing
from recsys.sources.importing.engine import Engine
from recsys.sources.importing.state import Job

Report = Callable[[float, str], None]


@dataclass(frozen=True)
class Appended:
    """Hold the numbers of an append, which count once its change is committed.

    Attributes
    ----------
    added, repeated, unchanged : int
        Rows of pairs that are new, that replaced or added to a row, and that an existing later row outweighs.
    users, new_users, new_items, known_items : int
        Users with rows, users and items that are new, and listed items that are there already.
    held_out : int
        Rows left out because they are test items of their users.
    merged : int
        Rows merged with others of the same user and item in the same files.
    feedback, noun : str
        Kind of feedback, and what an item is called.
    generation : int
        Number of the change of the data directory.
    """

    added: int
    repeated: int
    unchanged: int
    users: int
    new_users: int
    new_items: int
    known_items: int
    held_out: int
    merged: int
    feedback: str
    noun: str
    generation: int


@contextmanager
def prepared(
    directory: Path,
    files: Sequence[Any],
    threads: int,
    memory: str,
    report: Report = lambda fraction, message: None,
    items: Any = None,
) -> Iterator[tuple[Appended, Change, dict[str, Any]]]:
    """Write the files of an append, which count once the caller commits the change.

    Parameters
    ----------
    directory : Path
        A data directory that an import wrote.
    files : sequence
        Names, patterns or data frames of rows in the columns of the import.
    threads : int
        Threads to use.
    memory : str
        Memory of DuckDB before it spills to disk.
    report : callable
        ``report(fraction, message)`` draws the progress line.
    items : str, path or data frame, optional
        New items.

    Yields
    ------
    Appended, Change, dict
        What was found; the change; and what to commit it with.

    Raises
    ------
    UsageError
        No import wrote the directory, another process changes it, or a file cannot be read so.
    InputError
        A row cannot be used; the message names file, line and text.
    """
    with changing(directory) as change:
        options = recipe.options(directory, change.metadata, files, items, threads, memory)
        step = [""]
        engine = Engine(change.scratch, threads, memory, lambda done: report(done, step[0]))
        try:
            now = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
            job = Job(options, engine, change.scratch, lambda name: step.__setitem__(0, name))
            (change.scratch / "scratch").mkdir()
            work = Append(job, change, now)
            counts = work.append()
        finally:
            engine.close()
        names = Appended.__dataclass_fields__.keys() & counts.keys()
        found = Appended(
            **{name: int(counts[name]) for name in names},
            feedback=change.metadata["feedback"],
            noun=change.metadata["noun"],
            generation=change.generation,
        )
        yield found, change, work.updates
