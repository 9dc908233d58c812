"""Read and check the header of a model: lines ``-- key: value`` at the top of its file.

The build checks what a header says of its model.

================  ==================================================================================
``grain``         meaning of one row
``key``           columns that are unique together and never NULL; ``none`` only for temporary relations
``rows``          relations with the same number of rows
``units``         units of the columns
``columns``       meaning of each column that people read: ``name: meaning; name: meaning``
``nulls``         ``none``, or the columns that may be NULL: see `nullable`
``formula``       how values are computed, with the source of the formula
``also``          further relations that a Python model writes
``materialized``  how the model is stored, if not as its folder's default
``arguments``     arguments of a macro
``partition_by``  column that names the model a row is about: only rows of changed models are rebuilt
``steps``         macro that shows a score of this model step by step; only for models of ``scores``
``scale``         ``ratings`` if scores are on the rating scale; only for models of ``scores``
``pairs``         ``candidates`` if the model can score nothing else; only for models of ``scores``
``labels``        how a learner that is trained on labels is cross-validated
``requires``      Python packages, by the names that pip knows
``needs``         relations of input files without which the model is left out of a build
``ordered``       ``time`` or ``user``: order of ratings without which the model is left out of a build
``learned``       ``no`` for a Python model that fits nothing, so that ``--sql-only`` builds it
``reused``        ``size``: rebuilt only after the data grew by a fifth, or with ``--tune``
``incremental``   ``by COLUMNS``: `recsys append` makes the rows of these values anew, see `incremental`
``summary``       what a model does, in a sentence for those who only read its lists
``lists``         kind of a list model, one of `LISTS`, and ``name=value`` settings of its scores
================  ==================================================================================
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from recsys.errors import BuildError

KEYS = (
    *("grain", "key", "rows", "units", "nulls", "formula", "also", "materialized", "arguments", "columns"),
    *("partition_by", "labels", "requires", "needs", "steps", "scale", "pairs"),
    *("ordered", "learned", "reused", "lists", "incremental", "summary"),
)
LISTS = (  # kinds, the simplest first
    "item_scores",
    "attributes",
    "item_weights",
    "factors",
    "blend",
    "ranker",
)
WORDS: Mapping[str, tuple[str, ...]] = {
    "ordered": ("time", "user"),
    "learned": ("no",),
    "reused": ("size",),
    "lists": LISTS,
}
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
COLUMN = r"(?!(?:as|if|in|of|that|when|where)\b)[A-Za-z_*][\w*]*"  # no word that begins a reason
ENTRY = re.compile(rf"(?P<columns>{COLUMN}(?:, *{COLUMN})*)(?: .*)?", re.DOTALL)
NONE = re.compile(r"none\b")
INCREMENTAL = re.compile(r"by (?P<columns>[a-z_]+(?:, *[a-z_]+)*)(?P<whole> from whole inputs)?")


def read_header(text: str) -> tuple[dict[str, str], dict[str, int]]:
    """Return the values of a header by key, and the line number of each key.

    A line without a key continues the previous one.
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
    """Check the keys of a header.

    Raises
    ------
    BuildError
        A key is unknown, missing or malformed; the message has file and line.
    """
    for key in values.keys() - set(KEYS):
        near = [RENAMED[key]] if key in RENAMED else get_close_matches(key, KEYS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(KEYS)}"
        raise BuildError(f"{path}:{lines[key]}: no line {key!r} in a header: {hint}")
    for key in REQUIRED[kept_as]:
        if not values.get(key):
            raise BuildError(f"{path}:{lines.get(key, 1)}: expected a line `-- {key}: ...` in the header")
    for key, expected in WORDS.items():
        if key in values and [*values[key].split(), ""][0] not in expected:
            raise BuildError(f"{path}:{lines[key]}: {key}: expected one of {', '.join(expected)}")
    if kept_as in ("table", "view") and NONE.match(values["key"]):
        raise BuildError(f"{path}:{lines['key']}: key: expected columns: only what is not kept may have none")
    try:
        found = incremental(values.get("incremental", ""))
        if found and not set(found[0]) <= set(re.split(", *", values.get("key", ""))):
            raise ValueError(f"{values['incremental']!r}: expected columns of the key")
    except ValueError as error:
        raise BuildError(f"{path}:{lines['incremental']}: incremental: {error}") from None
    try:
        nullable(values.get("nulls", "none"))
    except ValueError as error:
        raise BuildError(f"{path}:{lines['nulls']}: nulls: {error}") from None


def columns_of(values: Mapping[str, str]) -> dict[str, str]:
    """Return the meaning of each column that a header describes."""
    entries = (entry.strip() for entry in values.get("columns", "").split(";"))
    pairs = (entry.partition(":") for entry in entries if entry)
    return {name.strip(): meaning.strip() for name, _, meaning in pairs}


def check_scores(path: Path, values: Mapping[str, str], lines: Mapping[str, int]) -> None:
    """Raise BuildError for a model of ``scores/`` whose header does not declare one score per candidate."""
    for key, expected in SCORES.items():
        found = values.get(key, "")
        if found != expected and not (key == "nulls" and NONE.match(found)):
            where = f"{path}:{lines.get(key, 1)}"
            raise BuildError(f"{where}: expected `-- {key}: {expected}` in the header of a model of scores/")


def incremental(text: str) -> tuple[tuple[str, ...], bool] | None:
    """Parse an ``incremental:`` line into columns, and whether all inputs are read whole.

    ``by user_id``: a row depends on those rows alone of each input that have the same user_id, where the
    input has such a column. ``by item_id from whole inputs`` reads all rows and keeps those of some items.

    Parameters
    ----------
    text : str
        The line; empty for a model that only a build updates.

    Raises
    ------
    ValueError
        The text is neither.
    """
    if not text:
        return None
    found = INCREMENTAL.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r}: expected 'by COLUMNS' or 'by COLUMNS from whole inputs'")
    return tuple(re.split(", *", found["columns"])), bool(found["whole"])


def nullable(text: str) -> tuple[str, ...]:
    """Parse a ``nulls:`` line into globs of columns that may be NULL.

    ``album_id, artist_id where the file says None; *_mean of an unrated item`` names three.

    Parameters
    ----------
    text : str
        ``none``, or entries separated by semicolons: columns and a reason.

    Raises
    ------
    ValueError
        The text is neither.
    """
    if NONE.match(text):
        return ()
    names: list[str] = []
    for entry in text.split(";"):
        found = ENTRY.fullmatch(entry.strip())
        if not found:
            raise ValueError(
                f"{entry.strip()!r}: expected 'none', or columns and why they may be without a value: "
                "'a, b of an unrated item; c of a header'"
            )
        names += re.split(", *", found["columns"])
    return tuple(names)
