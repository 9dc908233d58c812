"""Say what an append did, a sentence a line."""

from __future__ import annotations

from recsys.engine.append import Options, Result
from recsys.serving.freshness import INTERACTION, counted

ROWS = {"ratings": ("rating", "ratings"), "likes": ("like", "likes"), "counts": ("count", "counts")}


def sentences(options: Options, result: Result) -> list[str]:
    """Return what an append did.

    Parameters
    ----------
    options : Options
        What was asked.
    result : Result
        What was done.

    Returns
    -------
    list of str
    """
    return [*_data(options, result), *_warehouse(options, result)]


def _data(options: Options, result: Result) -> list[str]:
    found = result.found
    noun, item = ROWS.get(found.feedback, INTERACTION), found.noun
    new = [
        *([counted(found.new_users, ("new user", "new users"))] if found.new_users else []),
        *([counted(found.new_items, (f"new {item}", f"new {item}s"))] if found.new_items else []),
    ]
    users = counted(found.users, ("user", "users"))
    said = [f"{options.data}: {counted(found.added, noun)} added, of {', '.join([users, *new])}"]
    if found.merged:
        said.append(f"{found.merged:,} repeated rows of the same user and {item} merged")
    if found.known_items:
        said.append(f"{found.known_items:,} listed {item}s are there already and stay as they are")
    if found.repeated:
        what = "added to the counts" if found.feedback in ("counts", "events") else "replaced earlier ones"
        said.append(f"{counted(found.repeated, noun)} {what}")
    if found.unchanged:
        said.append(
            f"{counted(found.unchanged, noun)} changed nothing: the {noun[1]} that are there are later"
        )
    if found.held_out:
        said.append(
            f"{counted(found.held_out, noun)} left out: test {item}s, which --holdout keeps from the models"
        )
    return said


def _warehouse(options: Options, result: Result) -> list[str]:
    if result.build:
        return [f"{options.warehouse}: built by a cluster, which updates it: {result.build}"]
    if result.updated is None:
        return []
    said = [f"{options.warehouse}: new lists for {counted(result.updated, ('user', 'users'))}"]
    if result.found.new_items:
        item = result.found.noun
        said.append(
            f"the list model {result.model} knows no new {item} before the next build: until then it comes "
            "after all others in a list"
        )
    return said
