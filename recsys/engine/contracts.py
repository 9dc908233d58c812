"""Holds what a model made to what its header promises of it: columns, key, values, number of rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from recsys.backends.database import Database, Measure
from recsys.project import Model, Project

SCORE = ("user_id", "track_id", "score")
NUMBER = re.compile(r"u?(tiny|small|big|huge)?int(eger)?|float|real|double|decimal.*|\"null\"", re.IGNORECASE)
UNDIGESTED = ("check", "macro", "temp")


class ContractError(Exception):
    """A relation is not as its header promises; ``line`` is that of the promise."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def inspect(
    database: Database, project: Project, model: Model, relation: str, proven: Sequence[str] = ()
) -> Measure:
    """Row count and content digest of a relation of a model, whose header is kept; ContractError if not.

    The columns ``proven`` are known to be no two rows' alike, and not looked at again.

    What the header says is about the model's own relation, not about what it writes beside. Of a macro,
    which has rows only when it is called, the columns are looked at.
    """
    if model.materialized == "check":
        return Measure(0, "")
    place = project.location(relation)
    if model.materialized == "macro":
        _named(model, database.columns(place, len(model.listed("arguments"))))
        return Measure(0, "")
    is_digested = model.materialized not in UNDIGESTED
    if relation != model.name:
        return database.measure(place, digested=is_digested)
    columns = database.columns(place)
    finite = _scores(model, columns) if model.layer == "scores" else ()
    promised = [column for column in _named(model, columns) if column not in finite]
    found = database.measure(place, promised, finite, is_digested)
    for column, count in found.missing.items():
        _refuse_missing(database, place, model, column, f"{count:,} of {found.row_count:,}")
    is_proven = set(proven) == set(model.key)
    if model.key and found.row_count and not is_proven and (repeated := database.repeated(place, model.key)):
        *values, count = repeated
        raise ContractError(f"{count:,} rows with the key {_pairs(model.key, values)}", _line(model, "key"))
    for other in model.listed("rows"):
        expected = database.count(project.location(other))
        if found.row_count != expected:
            message = f"{found.row_count:,} rows, its header promises the {expected:,} of {other}"
            raise ContractError(message, _line(model, "rows"))
    return found


def _scores(model: Model, columns: Mapping[str, str]) -> tuple[str, ...]:
    """The column that must be finite; ContractError where a relation of scores has other columns."""
    if tuple(columns) != SCORE:
        message = f"the columns {', '.join(columns)}: expected {', '.join(SCORE)}, as all relations of scores"
        raise ContractError(message, _line(model, "grain"))
    if not NUMBER.fullmatch(columns["score"]):
        message = f"the column score is of type {columns['score']}: expected a number"
        raise ContractError(message, _line(model, "units"))
    return ("score",)


def _named(model: Model, columns: Mapping[str, str]) -> list[str]:
    """The columns that always have a value; ContractError where key or nulls name one that is not there."""
    for promise, names in (("key", model.key), ("nulls", model.nullable)):
        for name in names:
            if not any(fnmatchcase(column, name) for column in columns):
                message = f"{promise}: no column {name}: expected one of {', '.join(columns)}"
                raise ContractError(message, _line(model, promise))
    key = set(model.key)
    return [
        column
        for column in columns
        if column in key or not any(fnmatchcase(column, name) for name in model.nullable)
    ]


def _refuse_missing(database: Database, place: str, model: Model, column: str, counted: str) -> None:
    """Raise ContractError with an example of the rows that lack a value."""
    is_score = model.layer == "scores" and column == "score"
    shown = [*model.key, column] if is_score else [name for name in model.key if name != column] or [column]
    example = _pairs(shown, database.without(place, column, shown, is_score))
    if is_score:
        message = f"{counted} scores are no finite numbers, such as {example}"
        raise ContractError(message, _line(model, "nulls"))
    if column in model.key:
        message = f"{counted} rows without a value in the key column {column}, such as {example}"
        raise ContractError(message, _line(model, "key"))
    message = f"{counted} rows without a value in {column}, which nulls does not name, such as {example}"
    raise ContractError(message, _line(model, "nulls"))


def _pairs(names: Iterable[str], values: Iterable[object]) -> str:
    paired = zip(names, values, strict=True)
    return ", ".join(f"{name} = {'NULL' if value is None else value}" for name, value in paired)


def _line(model: Model, promise: str) -> int:
    return model.lines.get(promise, 1)
