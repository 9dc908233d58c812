"""Give users and items integer ids, and put the ratings in order."""

from __future__ import annotations

from recsys.sources.importing import times
from recsys.sources.importing.checks import refuse_blank_ids
from recsys.sources.importing.state import Job, State
from recsys.sources.importing.writing import write

ROLES = ("user", "item")
FILES = ("tracks", "albums", "artists", "genres", "items")  # of items


def number(job: Job, state: State) -> None:
    """Give users and items integer ids, write their files, and put the ratings in order."""
    job.tell("numbering users and items")
    for role in ROLES:
        job.engine.run("original_ids", role=role, is_append=False)
    refuse_blank_ids(job, state)
    for step in ("users", "genres", "entities", "keys"):
        job.engine.run(step)
    job.engine.run("parents", made="entities")
    write(job, "users", made="users", has_old_rows=False)
    for name in FILES:
        write(job, name, made="entities", has_old_rows=False)
    if state.attributes:
        columns = [
            (one.name, f"listed.attribute_{place}::{one.type}") for place, one in enumerate(state.attributes)
        ]
        write(job, "item_attributes", made="entities", has_old_rows=False, attributes=columns)
    job.tell("sorting ratings")
    order_ratings(job, state, times.unit(state.latest))


def order_ratings(job: Job, state: State, unit: float) -> None:
    """Make the relation ``coded``: ratings with integer ids, by user in the order of time.

    ``unit`` is the microseconds in 1 of a numeric time.
    """
    is_number = state.has_numeric_times
    job.engine.run("coded", {"unit": unit} if is_number else {}, is_number=is_number)
    job.engine.run("drop_events")
