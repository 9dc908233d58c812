"""The header of a model: lines ``-- key: value`` at the top of its file, each of which is held to.

=============  =====================================================================================
``grain``      what one row is
``key``        the columns that tell the rows apart and always have a value; ``none`` in a temporary
``rows``       relations that have as many rows
``units``      what the columns measure
``nulls``      ``none``, or the columns that may be without a value: see `nullable`
``formula``    how the values are computed, and whose formula that is
``also``       further relations that a Python model writes
``materialized``  how the model is kept, where it is not kept as its folder is
``arguments``  of a macro
``partition_by``  column that names the model a row is about: only rows of changed models are rebuilt
``steps``      macro that shows a score of this model step by step; only of a model in ``scores``
``scale``      ``ratings`` where scores are on the scale of the ratings; only of a model in ``scores``
``pairs``      ``candidates`` where the model scores nothing else; only of a model in ``scores``
``labels``     how a Python model that learns from labels scores labelled users without theirs
``requires``   packages, under the names that pip knows them by
``needs``      relations of input files without which the model is left out of a build
=============  =====================================================================================
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from recsys.errors import BuildError

KEYS = (
    *("grain", "key", "rows", "units", "nulls", "formula", "also", "materialized", "arguments"),
    *("partition_by", "labels", "requires", "needs", "steps", "scale", "pairs"),
)
RENAMED = {"parts": "partition_by"}  # keys of earlier versions
RELATION = ("grain", "key", "units", "nulls")
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "table": RELATION,
    "view": RELATION,
    "temp": RELATION,
    "macro": ("grain", "arguments", "units", "nulls"),
    "check": ("grain",),
}
SCORES = {"key": "user_id, track_id", "rows": "staging.candidates", "nulls": "none"}
LINE = re.compile(r"^-- ?(?:(?P<key>[a-z_]+): *)?(?P<value>.*)$")
COLUMN = r"[A-Za-z_*][\w*]*"
ENTRY = re.compile(rf"(?P<columns>{COLUMN}(?:, *{COLUMN})*)(?: .*)?", re.DOTALL)
NONE = re.compile(r"none\b")


def read_header(text: str) -> tuple[dict[str, str], dict[str, int]]:
    """The values of a header by their keys, and the number of the line where each begins.

    A line without a key continues the one before.
    """
    values: dict[str, str] = {}
    lines: dict[str, int] = {}
    key = None
    for number, line in enumerate(text.splitlines(), 1):
        match = LINE.match(line)
        if not match:
            break
        key = match["key"] or key
        if key:
            lines.setdefault(key, number)
            values[key] = f"{values.get(key, '')} {match['value'].strip()}".strip()
    return values, lines


def check_header(path: Path, values: Mapping[str, str], lines: Mapping[str, int], kept_as: str) -> None:
    """BuildError with file and line for a key that nobody knows, and for a promise that is missing."""
    for key in values.keys() - set(KEYS):
        near = [RENAMED[key]] if key in RENAMED else get_close_matches(key, KEYS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(KEYS)}"
        raise BuildError(f"{path}:{lines[key]}: no line {key!r} in a header: {hint}")
    for key in REQUIRED[kept_as]:
        if not values.get(key):
            raise BuildError(f"{path}:{lines.get(key, 1)}: expected a line `-- {key}: ...` in the header")
    if kept_as in ("table", "view") and NONE.match(values["key"]):
        raise BuildError(f"{path}:{lines['key']}: key: expected columns: only what is not kept may have none")
    try:
        nullable(values.get("nulls", "none"))
    except ValueError as error:
        raise BuildError(f"{path}:{lines['nulls']}: nulls: {error}") from None


def check_scores(path: Path, values: Mapping[str, str], lines: Mapping[str, int]) -> None:
    """BuildError for a model of ``scores/`` that does not promise one score for each candidate."""
    for key, expected in SCORES.items():
        found = values.get(key, "")
        if found != expected and not (key == "nulls" and NONE.match(found)):
            where = f"{path}:{lines.get(key, 1)}"
            raise BuildError(f"{where}: expected `-- {key}: {expected}` in the header of a model of scores/")


def nullable(text: str) -> tuple[str, ...]:
    """The columns that a ``nulls:`` line names, as globs: ``none``, or names, a reason, and so on.

    ``album_id, artist_id where the file says None; *_mean where nobody rated`` names three. ValueError for
    anything else.
    """
    if NONE.match(text):
        return ()
    names: list[str] = []
    for entry in text.split(";"):
        found = ENTRY.fullmatch(entry.strip())
        if not found:
            raise ValueError(
                f"{entry.strip()!r}: expected 'none', or columns and why they may be without a value: "
                "'a, b where nobody rated; c of a header'"
            )
        names += re.split(", *", found["columns"])
    return tuple(names)
