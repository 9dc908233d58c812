"""Refuse rows that cannot be used: the first of them, with its line and what was expected there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from recsys.sources.importing.options import Options, Scale
from recsys.sources.importing.state import Job, State
from recsys.sources.importing.tables import Table


def refuse_first(job: Job, table: Table, found: Mapping[str, Any], expected: Mapping[str, str]) -> None:
    """Raise InputError for the first row that cannot be used, if there is one.

    ``found`` has the number of the first row that fails a check, None where all pass; ``expected`` has the
    sentence of each check.
    """
    wrong = [(found[name], sentence) for name, sentence in expected.items() if found[name] is not None]
    if wrong:
        raise table.refused(job.engine, *min(wrong))


def refuse_outside(job: Job, state: State, scale: Scale, expected: Callable[[float, float], str]) -> None:
    """Raise InputError for the first value off a scale; ``expected`` makes a sentence of the bounds found."""
    found = job.engine.run("outside", {"lowest": scale[0], "highest": scale[1]})[0]
    if found["place"] is not None:
        sentence = f"{expected(found['least'], found['greatest'])} in the column {state.columns['rating']}"
        raise state.ratings.refused(job.engine, found["place"], sentence)


def refuse_blank_ids(job: Job, state: State) -> None:
    """Raise InputError for the first row whose user or item is nothing but blanks."""
    refuse_first(job, state.ratings, job.engine.run("blank_ids")[0], expected_ids(state))


def expected_ids(state: State) -> dict[str, str]:
    """Return the sentences of the checks of ids."""
    columns = state.columns
    return {
        "without_user": f"a user in the column {columns['user']}",
        "without_item": f"an item in the column {columns['item']}",
    }


def way_out(options: Options, role: str) -> str:
    """Return the option that ignores a column, as the end of an error; empty if it was named."""
    named = role in options.columns or role in options.item_columns
    return "" if named else f"; --no-{role} ignores the column"
