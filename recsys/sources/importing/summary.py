"""Summarize an import in sentences, one a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recsys.sources.importing.options import Options, Result, number
from recsys.sources.interactions import counted

UNITS = {"ratings": "ratings of", "counts": "counts of", "events": "counts of"}


def sentences(options: Options, result: Result) -> list[str]:
    """Return sentences about what was detected, dropped and written, and the warnings."""
    recipe = result.recipe
    said = [_columns("detected", result.columns, options.columns, recipe["layout"])]
    if result.item_columns:
        where = "detected in the items file"
        said.append(_columns(where, result.item_columns, options.item_columns, recipe["items_layout"]))
    if recipe["attributes"]:
        said.append(f"kept for filters: {', '.join(recipe['attributes'])}")
    said += [_feedback(result), *result.notes]
    if options.holdout:
        said.append(_held_out(options, result))
    said += [f"warning: {warning}" for warning in result.warnings]
    return [*said, _written(options, result)]


def _columns(
    what: str, found: Mapping[str, str | None], given: Mapping[str, str], layout: Mapping[str, Any]
) -> str:
    """Return which column is what, and which of these were named by an option."""
    has_header = layout.get("header", True)
    places = {column: f"column {place}" for place, column in enumerate(layout.get("names", ()), 1)}
    parts = [
        f"{role} = {column if has_header else places[column]}{' (given)' if role in given else ''}"
        for role, column in found.items()
        if column
    ]
    return f"{what}: {'' if has_header else 'no header, '}{', '.join(parts)}"


def _feedback(result: Result) -> str:
    reason = result.reason
    if result.scale is not None:
        low, high = map(number, result.scale)
        origin = "as given" if result.is_scale_given else reason
        kind = f"ratings from {low} to {high} ({origin})"
    else:
        kind = f"{result.feedback} ({reason})"
    return f"feedback: {kind}; {liked(result)}"


def liked(result: Result) -> str:
    """Return which rows are likes, as a sentence: ratings of 4 and more count as likes."""
    if result.liked is None:
        return "every row counts as a like"
    return f"{UNITS[result.feedback]} {number(result.liked)} and more count as likes"


def _held_out(options: Options, result: Result) -> str:
    if not result.counts["candidates"]:
        return f"held out nothing: no user likes {counted(2 * options.holdout, result.noun)}"
    which = "last likes" if result.split == "time" else f"likes (seed {options.seed})"
    unrated = counted(options.holdout, f"unrated {result.noun}")
    users = counted(result.counts["test_users"], "user")
    return f"held out {options.holdout} {which} and {unrated} for each of {users}"


def _written(options: Options, result: Result) -> str:
    counts = result.counts
    others = [
        counted(counts[f"{name}s"], name) for name in ("album", "artist", "genre") if counts[f"{name}s"]
    ]
    row = {"likes": "like", "counts": "count", "events": "count"}.get(result.feedback, "rating")
    items = ", ".join([counted(counts["tracks"], result.noun), *others])
    rows, users = counted(counts["ratings"], row), counted(counts["users"], "user")
    return f"wrote {options.out}: {rows} of {items} by {users}"
