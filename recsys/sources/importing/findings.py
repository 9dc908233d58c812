"""Warnings about the ratings, one sentence each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recsys.sources.importing.options import number
from recsys.sources.interactions import counted

ENOUGH_LIKES = 6


def sentences(found: Mapping[str, Any], feedback: str, items: str | None, merged: int) -> list[str]:
    """Return the warnings about what was imported.

    Parameters
    ----------
    found
        The row of ``findings.sql``.
    items
        Name of the items file, if there is one.
    merged
        Number of rows that were merged into others of the same user and item.
    """
    said = [_frequent(found, feedback), _likes(found), _listed(found, items), _single(found)]
    if merged:
        said.append(f"{counted(merged, 'repeated row')} of the same user and item merged")
    return [sentence for sentence in said if sentence]


def _frequent(found: Mapping[str, Any], feedback: str) -> str:
    if feedback != "ratings" or 2 * found["frequent_count"] <= found["value_count"]:
        return ""
    share = 100 * found["frequent_count"] / found["value_count"]
    return (
        f"{share:.0f} % of the ratings are {number(found['frequent_value'])}: they tell little about tastes"
    )


def _likes(found: Mapping[str, Any]) -> str:
    if found["most_likes"] >= ENOUGH_LIKES:
        return ""
    return f"no user has {ENOUGH_LIKES} likes (most: {found['most_likes']}): models can hardly be compared"


def _listed(found: Mapping[str, Any], items: str | None) -> str:
    if items is None or found["listed_items"] == found["rated_items"]:
        return ""
    rated, listed = found["rated_items"], found["listed_items"]
    if listed:
        return f"only {listed:,} of {rated:,} rated items are in {items}"
    examples = f"ratings have {found['rated_example']!r}, items have {found['listed_example']!r}"
    return f"none of the {rated:,} rated items is in {items}: compare the ids ({examples})"


def _single(found: Mapping[str, Any]) -> str:
    users, items = found["users_with_one"], found["items_with_one"]
    counts = [counted(count, noun) for count, noun in ((users, "user"), (items, "item")) if count]
    return f"{' and '.join(counts)} with a single row" if counts else ""
