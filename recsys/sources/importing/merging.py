"""Merge repeated rows of a user and an item into one."""

from __future__ import annotations

from recsys.sources.importing import feedback
from recsys.sources.importing.duplicates import repeated
from recsys.sources.importing.options import SUMMED
from recsys.sources.importing.state import Job, State

REMEDY = "keep one with --duplicates last (or first, mean, max)"
RULES = {"likes": "one", "events": "count"}  # unless --duplicates says


def merge(job: Job, state: State, remedy: str = REMEDY) -> None:
    """Merge repeated rows of a user and an item; InputError, with a remedy, where they must not be there."""
    job.tell("looking for duplicates")
    pair = repeated(job.engine.batches("pairs"))
    if not state.kind.name:
        reason = "no column of ratings"
        state.kind = (
            feedback.Kind("events", f"{reason}, and users have several rows of an item")
            if pair and job.options.duplicates in (None, "sum")
            else feedback.Kind("likes", reason)
        )
    if pair is not None:
        _merge_rows(job, state, pair, remedy)


def _merge_rows(job: Job, state: State, pair: dict[str, int], remedy: str) -> None:
    """Merge the rows by the rule of the options or of the feedback; ``pair`` is one that is there twice."""
    kind = state.kind.name
    rule = job.options.duplicates or RULES.get(kind) or ("sum" if kind in SUMMED else "refuse")
    if rule == "refuse":
        place = job.engine.run("repeated_row", pair)[0]["place"]
        expected = f"one rating of an item by a user, and an earlier row has this user and item; {remedy}"
        raise state.ratings.refused(job.engine, place, expected)
    if kind == "events" and rule == "sum":
        rule = "count"
    before = job.engine.run("size")[0]["row_count"]
    job.engine.run("merged", rule=rule)
    state.merged = before - job.engine.run("size")[0]["row_count"]
