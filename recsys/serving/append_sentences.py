"""Summarize an append in sentences, one a line."""

from __future__ import annotations

from recsys.engine.appending.append import Options, Result
from recsys.serving.freshness import INTERACTION
from recsys.sources.interactions import counted, plural_of

ROWS = {"ratings": "rating", "likes": "like", "counts": "count"}


def sentences(options: Options, result: Result) -> list[str]:
    """Return sentences about an append.

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
        *([counted(found.new_users, "new user")] if found.new_users else []),
        *([counted(found.new_items, f"new {item}")] if found.new_items else []),
    ]
    users = counted(found.users, "user")
    said = [f"{options.data}: {counted(found.added, noun)} added, of {', '.join([users, *new])}"]
    if found.merged:
        said.append(f"{counted(found.merged, 'repeated row')} of the same user and {item} merged")
    if found.known_items:
        said.append(f"{counted(found.known_items, f'listed {item}')} already in the data and not changed")
    if found.repeated:
        what = "added to the counts" if found.feedback in ("counts", "events") else "replaced earlier ones"
        said.append(f"{counted(found.repeated, noun)} {what}")
    if found.unchanged:
        later = f"the {plural_of(noun)} that are there are later"
        said.append(f"{counted(found.unchanged, noun)} changed nothing: {later}")
    if found.held_out:
        why = f"test {plural_of(item)}, which --holdout keeps from the models"
        said.append(f"{counted(found.held_out, noun)} left out: {why}")
    return said


def _warehouse(options: Options, result: Result) -> list[str]:
    if result.build:
        return [f"{options.warehouse}: built by a cluster, which updates it: {result.build}"]
    if result.updated is None:
        return []
    users = counted(result.updated, "user")
    if not result.model:
        return [f"{options.warehouse}: has the new rows of {users}, and no lists"]
    said = [f"{options.warehouse}: new lists for {users}"]
    if result.found.new_items and not result.scores_new_items:
        item = result.found.noun
        said.append(
            f"the list model {result.model} knows no new {item} before the next build: until then it comes "
            "after all others in a list"
        )
    return said
