"""The leaderboard of models on test items, with intervals, groups, seconds and solvers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from recsys.backends.duckdb.connection import query
from recsys.backends.duckdb.statements import Connection
from recsys.engine.manifest import Record, read_from, seconds_of
from recsys.serving.relations import has
from recsys.sources.directory import OPTIONAL, REQUIRED

PUBLISHED = ("published_accuracy", "published_in")
UNKNOWN = {"accuracy_low": None, "accuracy_high": None}
CUP_RATINGS = REQUIRED["train"]  # names of the rating file in the Cup's format


def leaderboard(connection: Connection) -> list[dict[str, Any]]:
    """Return the rows of ``marts.leaderboard``, best first, with interval, group and seconds of each model.

    ``accuracy_low`` and ``accuracy_high`` are the 95 % interval, None if there are too few users. Models that
    share a ``group`` letter are not significantly different from the best of that group. Seconds include
    those of the learners that a score depends on. ``solver`` is what trained a model with a choice of
    solvers, ``local`` or ``spark``. Published figures are omitted for data unlike those they
    are about.
    """
    rows = query(
        connection, "select * from marts.leaderboard order by accuracy desc nulls last, model"
    ).to_pylist()
    records, intervals = read_from(connection), _intervals(connection)
    published = {} if is_compared(connection) else dict.fromkeys(PUBLISHED)
    groups = _groups([row["model"] for row in rows if row["accuracy"] is not None], connection)
    files = _label_files(connection)
    return [
        {
            **row,
            "evaluated_on": _with_file_names(row["evaluated_on"], files),
            **published,
            **intervals.get(row["model"], UNKNOWN),
            "group": groups.get(row["model"]),
            "seconds": seconds_of(f"scores.{row['model']}", records),
            "solver": _solver(f"scores.{row['model']}", records),
        }
        for row in rows
    ]


def _label_files(connection: Connection) -> dict[str, str]:
    """Return the names of the files of labels in this data, by their names in the Cup's format."""
    found = query(connection, "select name, value from marts.build where kind = 'input'").to_pylist()
    return {OPTIONAL[row["name"]][0]: row["value"] for row in found if row["name"] in OPTIONAL}


def _with_file_names(text: str, files: Mapping[str, str]) -> str:
    """Replace the Cup's file names by those of this data."""
    for cup, own in files.items():
        text = text.replace(cup, own)
    return text


def _groups(models: Sequence[str], connection: Connection) -> dict[str, str]:
    """Assign group letters: a new one for each model that is worse than the first of the group before."""
    if not has(connection, "marts.significance"):
        return {}
    sql = "select better, worse from marts.significance where difference_low > 0"
    significant = {(row["better"], row["worse"]) for row in query(connection, sql).to_pylist()}
    groups: dict[str, str] = {}
    first = None
    letters = iter(ascii_uppercase + ascii_lowercase)
    for model in models:
        if first is None or (first, model) in significant:
            first, letter = model, next(letters, "-")
        groups[model] = letter
    return groups


def _intervals(connection: Connection) -> dict[str, dict[str, float]]:
    """Return the interval of each model's accuracy."""
    if not has(connection, "marts.accuracy_intervals"):
        return {}
    wanted = "select model, accuracy_low, accuracy_high from marts.accuracy_intervals"
    return {row.pop("model"): row for row in query(connection, wanted).to_pylist()}


def is_compared(connection: Connection) -> bool:
    """Return whether published figures apply: to ratings in the Cup's format, real or synthetic."""
    found = "select value from marts.build where kind = 'input' and name = 'train'"
    return any(value.startswith(CUP_RATINGS) for value in query(connection, found).to_pydict()["value"])


def unjudged(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """Return a sentence on why a leaderboard has no accuracy; None if it has one."""
    if not rows or any(row["accuracy"] is not None for row in rows):
        return None
    missing = {"no candidates": "test items", "no labels": "labels"}
    return f"No model was evaluated: the data directory has no {missing[rows[0]['evaluated_on']]}."


def _solver(name: str, records: Mapping[str, Record]) -> str | None:
    """Return the solver of a model, ``local`` or ``spark``; None for a model without a choice of solvers.

    The search goes through SQL models up to the first learner, and not into the scores that a blend reads.
    """
    waiting, seen = [name], set[str]()
    while waiting:
        current = waiting.pop(0)
        if current in seen or current not in records:
            continue
        seen.add(current)
        fingerprint = records[current].fingerprint
        if "solver" in fingerprint.parameters:
            return fingerprint.parameters["solver"]
        if not fingerprint.code:
            waiting.extend(parent for parent in fingerprint.parents if not parent.startswith("scores."))
    return None


def trained_by_spark(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """Return a sentence that names the models of a leaderboard that Spark ML trained; None without any."""
    models = [row["model"] for row in rows if row["solver"] == "spark"]
    return f"Trained by Spark ML: {', '.join(models)}." if models else None
