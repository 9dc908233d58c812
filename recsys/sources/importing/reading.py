"""Read the files: their layout and columns, then their rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recsys.errors import InputError, UsageError
from recsys.sources.importing import attributes, frames, guesses, times
from recsys.sources.importing.checks import expected_ids, refuse_first, way_out
from recsys.sources.importing.layouts import Hints, names_of_items, names_of_ratings
from recsys.sources.importing.state import Job, State
from recsys.sources.importing.tables import Inspector, Table


def describe(job: Job) -> State:
    """Find the files, their layout and their columns."""
    options = job.options
    hints = Hints(options.delimiter, options.header, options.names, options.encoding)
    inspector = Inspector(job.engine, job.folder / "scratch", hints)
    is_header = lambda texts: guesses.is_header_of_ratings(options, texts)  # noqa: E731
    ratings = inspector.table(options.files, is_header, names_of_ratings)
    chosen = guesses.of_ratings(job.engine, ratings, options)
    state = State(ratings, chosen.columns, chosen.style)
    job.notes.extend(chosen.notes)
    if options.items is not None:
        inspector.hints = Hints(encoding=options.encoding)
        is_header = lambda texts: guesses.is_header_of_items(options, texts)  # noqa: E731
        state.items = inspector.table(_listed(options.items), is_header, names_of_items)
        chosen = guesses.of_items(job.engine, state.items, options, str(state.columns["item"]))
        state.item_columns = chosen.columns
        job.notes.extend(chosen.notes)
    job.notes.extend(inspector.notes)
    _refuse_contradictions(job, state)
    if options.feedback in ("likes", "events"):
        state.columns["rating"] = None
    return state


def _refuse_contradictions(job: Job, state: State) -> None:
    """Refuse options that the columns of the files contradict."""
    options, column = job.options, state.columns["rating"]
    if column is None and options.feedback in ("ratings", "counts"):
        raise UsageError(
            f"--feedback {options.feedback}: {state.ratings.name} has no column of {options.feedback}; "
            "use --rating COLUMN"
        )
    if column is None and options.scale is not None:
        raise UsageError(f"--scale: {state.ratings.name} has no column of ratings; use --rating COLUMN")
    if options.scale is not None and options.feedback not in ("auto", "ratings"):
        raise UsageError(f"--scale: only ratings have a scale, not {options.feedback}")


def read_ratings(job: Job, state: State, unit: float | None = None) -> None:
    """Load the ratings; InputError for the first row without a user, an item, a value or a time.

    ``unit`` is the microseconds in 1 of a numeric time, where it is known already.
    """
    job.tell("reading ratings")
    columns, table = state.columns, state.ratings
    job.engine.run("read_ratings", table.arguments(), **{**columns, "style": state.style, **table.names})
    is_number = state.has_numeric_times
    limit = {"limit": times.LATEST / (unit or times.SHORTEST)} if is_number else {}
    found = job.engine.run("check_ratings", limit, is_number=is_number)[0]
    if not found["rating_count"]:
        raise InputError(table.name, None, None, "ratings, found a file without any")
    state.latest = float(found["latest"] or 0)
    expected = {
        **expected_ids(state),
        "without_rating": f"a number in the column {columns['rating']}{way_out(job.options, 'rating')}",
        "without_time": f"a time in the column {columns['time']}{way_out(job.options, 'time')}",
    }
    refuse_first(job, table, found, expected)


def read_items(job: Job, state: State) -> None:
    """Load the items; InputError for the first without an id, of an unknown kind, or listed twice."""
    job.tell("reading items")
    table, columns = state.items, state.item_columns
    if table is None:
        job.engine.run("no_items")
        return
    genres = columns["genres"]
    is_list = genres is not None and table.types[genres].endswith("[]")
    flags = guesses.genre_flags(table, columns)
    used = {*columns.values(), *flags, *(["unknown"] if flags else [])}
    further = [column for column in table.columns if column not in used]
    names = {**columns, "kind_column": columns["kind"], "genres_are_list": is_list, **table.names}
    arguments = table.arguments()
    if genres and not is_list:
        arguments["separator"] = _separator(job, genres)
    job.engine.run("read_items", arguments, flags=flags, attributes=further, **(names | {"kind": table.kind}))
    _check_items(job, table, columns)
    state.attributes = attributes.of(job.engine, table, further) if further else []


def _separator(job: Job, genres: str) -> str:
    """Return the text between genres: as given, else a space where RecBole says so, else a bar."""
    if job.options.separator is not None:
        return job.options.separator
    return " " if genres.endswith(":token_seq") else "|"


def _check_items(job: Job, table: Table, columns: dict[str, str | None]) -> None:
    job.engine.run("item_ids")
    found = job.engine.run("check_items")[0]
    if not found["item_count"]:
        raise InputError(table.name, None, None, "items, found a file without any")
    end = way_out(job.options, "kind")
    expected = {
        "without_item": f"an item in the column {columns['item']}",
        "of_no_kind": f"track, album, artist or genre in the column {columns['kind']}{end}",
        "repeated": "each item once",
    }
    refuse_first(job, table, found, expected)


def _listed(items: Any) -> Sequence[Any]:
    return [items] if frames.is_path(items) or not isinstance(items, (list, tuple)) else items
