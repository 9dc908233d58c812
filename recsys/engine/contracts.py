"""Check a relation against the contract in its header: columns, key, values, number of rows."""

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
    """Report a relation that breaks its contract; ``line`` is the line of the header."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def inspect(
    database: Database, project: Project, model: Model, relation: str, proven: Sequence[str] = ()
) -> Measure:
    """Check a relation against its header and measure it.

    ``key``, ``nulls`` and ``rows`` apply to the model's own relation, not to those listed under ``also``. A
    macro has rows only when it is called, so only its columns are checked.

    Parameters
    ----------
    database : Database
        The connection of the build.
    project : Project
        Locates relations.
    model : Model
        The model.
    relation : str
        One of the relations that it writes.
    proven : sequence of str
        Columns that are known to be unique and are not rechecked.

    Returns
    -------
    Measure
        Row count, and digest of the content.

    Raises
    ------
    ContractError
        The relation breaks its contract.
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
    required = [column for column in _named(model, columns) if column not in finite]
    found = database.measure(place, required, finite, is_digested)
    for column, count in found.missing.items():
        _refuse_missing(database, place, model, column, f"{count:,} of {found.row_count:,}")
    is_proven = set(proven) == set(model.key)
    if model.key and found.row_count and not is_proven and (row := database.duplicate_key(place, model.key)):
        *values, count = row
        raise ContractError(f"{count:,} rows with the key {_pairs(model.key, values)}", _line(model, "key"))
    for other in model.listed("rows"):
        expected = database.count(project.location(other))
        if found.row_count != expected:
            message = f"{found.row_count:,} rows, expected the {expected:,} of {other}"
            raise ContractError(message, _line(model, "rows"))
    return found


def _scores(model: Model, columns: Mapping[str, str]) -> tuple[str, ...]:
    """Return the column that must be finite; raise ContractError unless scores have the standard columns."""
    if tuple(columns) != SCORE:
        message = f"the columns {', '.join(columns)}: expected {', '.join(SCORE)}, as all relations of scores"
        raise ContractError(message, _line(model, "grain"))
    if not NUMBER.fullmatch(columns["score"]):
        message = f"the column score is of type {columns['score']}: expected a number"
        raise ContractError(message, _line(model, "units"))
    return ("score",)


def _named(model: Model, columns: Mapping[str, str]) -> list[str]:
    """Return the columns that must not be NULL; raise ContractError if a named column does not exist."""
    for entry, names in (("key", model.key), ("nulls", model.nullable)):
        for name in names:
            if not any(fnmatchcase(column, name) for column in columns):
                message = f"{entry}: no column {name}: expected one of {', '.join(columns)}"
                raise ContractError(message, _line(model, entry))
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
    example = _pairs(shown, database.find_missing(place, column, shown, is_score))
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


def _line(model: Model, entry: str) -> int:
    return model.lines.get(entry, 1)
