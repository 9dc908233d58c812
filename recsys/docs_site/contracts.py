"""What every build checks of a relation, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from recsys.docs_site.entries import Entry

CHECKED = ("table", "view", "temp")


def promises(entry: Entry) -> list[str]:
    """A sentence for each promise of the header that a build looks at in the data."""
    return list(_promises(entry))


def _promises(entry: Entry) -> Iterator[str]:
    model = entry.model
    if entry.is_check:
        yield "It returns no row; each row that it returned would be a fault, and fail the build."
    if model.materialized not in CHECKED or entry.name != model.name:
        return
    if model.key:
        shared = "it" if len(model.key) == 1 else "them"
        yield f"No row is without {_listed(model.key)}, and no two rows share {shared}."
    if model.nullable:
        yield f"No column is without a value but {_listed(model.nullable)}."
    else:
        yield "Every column of every row has a value."
    if model.listed("rows"):
        yield f"It has as many rows as {_listed(model.listed('rows'))}."


def _listed(names: tuple[str, ...]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
