"""Describe the checks that every build makes of a relation."""

from __future__ import annotations

from collections.abc import Iterator

from recsys.docs_site.entries import Entry

CHECKED = ("table", "view", "temp")


def checks(entry: Entry) -> list[str]:
    """Return a sentence for each check that the header declares."""
    return list(_checks(entry))


def _checks(entry: Entry) -> Iterator[str]:
    model = entry.model
    if entry.is_check:
        yield "It returns no rows. Any row fails the build."
    if model.materialized not in CHECKED or entry.name != model.name:
        return
    if model.key:
        yield f"{' + '.join(model.key)} is unique and never null."
    if model.nullable:
        yield f"Only {_join(model.nullable)} may be null."
    else:
        yield "No column is ever null."
    if model.listed("rows"):
        yield f"It has as many rows as {_join(model.listed('rows'))}."


def _join(names: tuple[str, ...]) -> str:
    """Join phrases with commas and "and"."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
