"""Answer the questions that the commands ask a warehouse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from string import ascii_letters
from typing import Any

from recsys.backends.duckdb.connection import fetch, query
from recsys.backends.duckdb.statements import Connection
from recsys.engine.availability import ASKED_FOR
from recsys.engine.manifest import Record, read_from
from recsys.errors import WarehouseError
from recsys.sources.directory import OPTIONAL, REQUIRED
from recsys.sources.interactions import plural_of

PUBLISHED = ("published_accuracy", "published_in")
UNKNOWN = {"accuracy_low": None, "accuracy_high": None}
NAMES = (  # of relations and of macros, which take six times as long
    "select table_schema || '.' || table_name as name from information_schema.tables",
    "select schema_name || '.' || function_name as name from duckdb_functions() "
    "where function_type = 'table_macro'",
)
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
    apart = "select better, worse from marts.significance where difference_low > 0"
    told_apart = {(row["better"], row["worse"]) for row in query(connection, apart).to_pylist()}
    groups: dict[str, str] = {}
    first = None
    letters = iter(ascii_letters)
    for model in models:
        if first is None or (first, model) in told_apart:
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
    """Return what trained a model, ``local`` or ``spark``; None for a model without a choice of solvers.

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


def seconds_of(name: str, records: Mapping[str, Record]) -> float:
    """Return the seconds of a relation and of the learners that it depends on."""
    made_from, waiting = set[str](), [name]
    while waiting:
        current = waiting.pop()
        if current in records and current not in made_from:
            made_from.add(current)
            waiting.extend(records[current].fingerprint.parents)
    return sum(
        records[other].seconds for other in made_from if other == name or records[other].fingerprint.code
    )


def activity_ranges(starts: Sequence[int]) -> dict[int, str]:
    """Return the range of ratings, such as '10 to 19' or '50+', of each class of users by its start."""
    ascending = sorted(starts)
    labels = [f"{low:,} to {high - 1:,}" for low, high in pairwise(ascending)]
    return dict(zip(ascending, [*labels, *(f"{last:,}+" for last in ascending[-1:])], strict=True))


def constant_models(connection: Connection) -> list[str]:
    """Return the models that score all items of a user alike."""
    if not has(connection, "marts.constant_scores"):
        return []
    rows = query(connection, "select model from marts.constant_scores order by model")
    return [*rows["model"].to_pylist()]


def constant_scores(connection: Connection) -> str | None:
    """Return a warning about models that score all items of a user alike; None if there are none."""
    found = constant_models(connection)
    if not found:
        return None
    reason = "the data lack what these models read, such as albums, artists or ratings of genres"
    return f"Warning: {', '.join(found)}: all test items of a user score the same; {reason}"


def limited_list_models(connection: Connection) -> list[str]:
    """Return a line for each reason why list models are left out, or cover a part of the items.

    What the user asked for, such as ``--sql-only``, is no reason.
    """
    if not has(connection, "marts.left_out") or not has(connection, "marts.list_leaderboard"):
        return []
    asked = ", ".join(f"'{reason}'" for reason in ASKED_FOR)
    sql = f"""
    with reasons as (
        select replace(model, 'lists.', '') as model, reason from marts.left_out
        where model like 'lists.%' and reason not in ({asked})
    )
    select string_agg(reasons.model, ', ' order by reasons.model) as models,
        reasons.reason, board.model is null as is_absent
    from reasons left join marts.list_leaderboard as board on reasons.model = board.model
    group by all order by models
    """
    rows = query(connection, sql).to_pylist()
    return [f"{row['models']} {'left out: ' if row['is_absent'] else ''}{row['reason']}" for row in rows]


def settings(connection: Connection) -> dict[str, str]:
    """Return the settings that the build recorded, such as ``data``, and its ``build_id``."""
    rows = query(connection, "from marts.build where kind = 'setting'").to_pylist()
    return {row["name"]: row["value"] for row in rows} | {"build_id": rows[0]["build_id"]}


def build_id(connection: Connection) -> str:
    """Return the id of the build that an open warehouse shows."""
    return settings(connection)["build_id"]


def data_quality(connection: Connection) -> list[dict[str, Any]]:
    """Return the data quality checks that found something, in words, with their counts.

    Data without any album or artist are not said to lack them.
    """
    found = query(
        connection,
        """
        select "check", "count", example from marts.data_quality
        where "count" > 0
            and ("check" <> 'tracks_without_album' or exists (from staging.albums))
            and ("check" <> 'tracks_without_artist' or exists (from staging.artists))
        """,
    )
    noun = plural_of(query(connection, "select noun from staging.dataset")["noun"][0].as_py())
    return [
        {**row, "check": row["check"].replace("tracks", noun).replace("_", " ")} for row in found.to_pylist()
    ]


def require(connection: Connection, warehouse: Path, *names: str) -> None:
    """Raise UsageError unless the warehouse has these relations or macros."""
    there = frozenset[str]()
    for sql in NAMES:
        there |= _names(connection, sql)
        if all(_qualified(name) in there for name in names):
            return
    require_of(there, warehouse, *names)


def require_of(there: frozenset[str], warehouse: Path, *names: str) -> None:
    """Raise UsageError unless these relations and macros, ``schema.name`` or of ``main``, are there."""
    for name in names:
        if _qualified(name) not in there:
            remedy = "build all of it: recsys build without --select"
            raise WarehouseError(f"{warehouse}: built in part, without {name}; {remedy}")


def _qualified(name: str) -> str:
    """Return the name of a relation or macro with its schema."""
    return name if "." in name else f"main.{name}"


def best_model(connection: Connection) -> dict[str, Any] | None:
    """Return the row of ``marts.best_model``; None if neither labels nor validation can rank the models."""
    if not has(connection, "marts.best_model"):
        return None
    rows = query(connection, "from marts.best_model").to_pylist()
    return rows[0] if rows else None


def best_sentence(best: Mapping[str, Any]) -> str:
    """Describe the best model: its accuracy, its training data and how it was chosen."""
    low, high = best["accuracy_low"], best["accuracy_high"]
    interval = "" if low is None else f", 95 % interval {low:.3f} to {high:.3f}"
    return f"Best model: {best['model']}, accuracy {best['accuracy']:.4f}{interval}.\n{chosen_sentence(best)}"


def chosen_sentence(best: Mapping[str, Any]) -> str:
    """Describe what the best model learned from and how it was chosen."""
    learned = "ratings and labels" if best["is_trained_on_labels"] else "ratings only"
    users = f"{best['users']:,} user{'' if best['users'] == 1 else 's'}"
    chosen = (
        f"in validation on {users}" if best["chosen_by"] == "validation" else f"on {users} with known answers"
    )
    return f"Learned from {learned}. Picked as best {chosen}."


def why_not_the_first(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """Say why the chosen list model is not the first of the list leaderboard; None where it is.

    Only a build that holds out the latest likes chooses so, see ``lists.chosen``.
    """
    chosen = next((row for row in rows if row["is_chosen"]), None)
    if chosen is None or chosen["ndcg"] is None or chosen["ndcg"] >= rows[0]["ndcg"]:
        return None
    reason = "random held-out likes decide too, and these figures are of the latest likes"
    return f"{chosen['model']} is not the first: {reason}."


def has(connection: Connection, relation: str) -> bool:
    """Return whether the warehouse has a relation or table macro of that name."""
    return any(relation in _names(connection, sql) for sql in NAMES)  # most are found by the first


def relations(connection: Connection) -> frozenset[str]:
    """Return the names of all relations and table macros of a warehouse, ``schema.name``."""
    return frozenset().union(*(_names(connection, sql) for sql in NAMES))


def _names(connection: Connection, sql: str) -> frozenset[str]:
    return frozenset(row["name"] for row in fetch(connection, sql))
