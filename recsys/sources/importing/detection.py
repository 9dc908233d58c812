"""Detect the kind of feedback in the ratings, their scale, and the value from which on one is a like."""

from __future__ import annotations

import math
from collections.abc import Callable

from recsys.errors import UsageError
from recsys.sources.importing import feedback
from recsys.sources.importing.checks import refuse_outside
from recsys.sources.importing.columns import is_count
from recsys.sources.importing.options import Options, Scale, number, usually_liked
from recsys.sources.importing.state import Job, State

OffScale = Callable[[Scale, float, float], str]


def detect(job: Job, state: State) -> None:
    """Detect the kind of feedback and the scale; InputError for a value that cannot be of that kind."""
    wanted, column = job.options.feedback, state.columns["rating"]
    if column is None:
        known = wanted if wanted in ("likes", "events") else ""
        state.kind = feedback.Kind(known, "--feedback" if known else "")
        return
    state.kind = _kind(job, wanted, column)
    refuse_values(job, state, lambda *found: _off_scale(job.options, *found))


def refuse_values(job: Job, state: State, off_scale: OffScale) -> None:
    """Raise InputError for the first value that the kind of feedback cannot have.

    ``off_scale(scale, least, greatest)`` says what a rating should be, of the bounds of those off the scale.
    """
    if state.kind.name == "counts":
        way_out = " (--feedback ratings accepts others)" if job.options.feedback == "auto" else ""
        expected = f"a count of 0 or more{way_out}"
        refuse_outside(job, state, (0.0, math.inf), lambda least, greatest: expected)
    if (scale := state.kind.scale) is not None:
        refuse_outside(job, state, scale, lambda least, greatest: off_scale(scale, least, greatest))
    if state.kind.name == "likes":
        job.engine.run("no_values")


def like_threshold(job: Job, state: State) -> float | None:
    """Return the value from which on a row is a like; None: every row is one."""
    kind, liked = state.kind, job.options.liked
    if liked is None:
        return usually_liked(kind.scale) if kind.scale else None
    if kind.name == "likes":
        raise UsageError(f"--liked: {state.ratings.name} has likes without ratings: every row is a like")
    if kind.scale and not kind.scale[0] <= liked <= kind.scale[1]:
        low, high = map(number, kind.scale)
        raise UsageError(f"--liked {number(liked)}: expected a rating {low}..{high}")
    return liked


def _kind(job: Job, wanted: str, column: str) -> feedback.Kind:
    if job.options.scale is not None:
        return feedback.Kind("ratings", "--scale", job.options.scale)
    job.engine.run("value_counts", relation="events")
    scales = (*feedback.EXACT, *feedback.SCALES)
    values = feedback.Values.of(job.engine.run("describe_values", scales=scales)[0])
    if wanted == "counts":
        return feedback.Kind("counts", "--feedback")
    if wanted == "ratings":
        return feedback.Kind("ratings", "--feedback", feedback.scale_of_ratings(values))
    return feedback.detected(column, is_count(column), values)


def _off_scale(options: Options, scale: Scale, least: float, greatest: float) -> str:
    """Return the expected rating, and the options that accept one off the scale."""
    expected = f"a rating {number(scale[0])}..{number(scale[1])}"
    if options.scale is not None:
        return expected
    low, high = min(scale[0], least), max(scale[1], greatest)
    counts = " or --feedback counts" if low >= 0 else ""
    return f"{expected}, as nearly all are (--scale {number(low)} {number(high)}{counts} accepts it),"
