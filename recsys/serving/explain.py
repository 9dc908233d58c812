"""Explain the score of a user and an item, part by part, by any model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from recsys.backends.duckdb.connection import fetch
from recsys.backends.duckdb.statements import Connection
from recsys.errors import RecsysError, UnknownIdError
from recsys.learners.lists.everyone import aligned
from recsys.learners.lists.interactions import Interactions
from recsys.learners.lists.ranker import HISTORY as LENGTH
from recsys.learners.lists.ranker import LIKES
from recsys.serving.interactions import interactions
from recsys.serving.list_models import StoredLists
from recsys.serving.list_parts import HISTORY, INPUT, OTHERS, REASON, START, Part, parts
from recsys.serving.model_names import PREFIX, ModelNames
from recsys.sources.interactions import counted

NO_PART = "no interaction of the user adds to this score"
LEVELS = {START: "start", HISTORY: "history", OTHERS: "history", INPUT: "model", REASON: "reason"}
SCHEMA = pa.schema(
    {
        "model": pa.string(),
        "ordinal": pa.int64(),
        "level": pa.string(),
        "evidence": pa.string(),
        "item_id": pa.int32(),
        "item": pa.string(),
        "value": pa.float64(),
        "rating_count": pa.int64(),
        "rating_mean": pa.float64(),
        "shrinkage": pa.float64(),
        "source": pa.string(),
        "weight": pa.float64(),
        "contribution": pa.float64(),
    }
)


def explain(
    connection: Connection,
    user: int,
    item: int,
    model: str | None = None,
    stored: StoredLists | None = None,
) -> list[dict[str, Any]]:
    """Return the parts of a score, which add up to it.

    Parameters
    ----------
    connection : Connection
        An open warehouse.
    user, item : int
        Ids of the warehouse.
    model : str, optional
        A list model or a model of the leaderboard, ``scores.NAME`` where a list model has the same name.
        Default: the list model that made the stored lists.
    stored : StoredLists, optional
        List models of the same connection, which were opened before.

    Returns
    -------
    list of dict
        Rows in the columns of `SCHEMA`, those of the macro ``explain``. ``contribution`` is None where a row
        is no part of the score: a model that is no sum says so in such a row.

    Raises
    ------
    UnknownIdError
        The user or the item is not in the data.
    UsageError
        There is no such model.
    """
    rows_of(connection, "from internal.require_pair($user, $item)", {"user": user, "item": item})
    stored = stored or StoredLists(connection)
    name = stored.default if model is None else model
    if ModelNames.of(connection).is_list_model(name):
        return _of_list(stored, user, item, name)
    arguments = {"user": user, "item": item, "model": f"{PREFIX}{name.removeprefix(PREFIX)}"}
    return rows_of(connection, "from explain($user, $item, model := $model)", arguments)


def name_of(connection: Connection, item: int) -> str:
    """Return the name of an item, or its id in the data where it has none."""
    sql = "select coalesce(name, original_id) as name from marts.item_facts where item_id = $item"
    return str(next((row["name"] for row in fetch(connection, sql, {"item": item})), item))


def rows_of(connection: Connection, sql: str, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of a macro call; raise UnknownIdError with the macro's message if it refuses an id."""
    try:
        return fetch(connection, sql, dict(arguments))
    except RecsysError as error:
        kind, _, sentence = str(error).partition(": ")
        if kind == "Invalid Input Error" and sentence.startswith(("no user ", "no track ", "no item ")):
            raise UnknownIdError(sentence.splitlines()[0]) from None
        raise


def score(rows: Sequence[Mapping[str, Any]]) -> float | None:
    """Return the sum of the parts of an explanation; None where the score has no parts."""
    amounts = [row["contribution"] for row in rows if row["contribution"] is not None]
    return sum(amounts) if amounts else None


def _of_list(stored: StoredLists, user: int, item: int, name: str) -> list[dict[str, Any]]:
    """Return the parts of a score by a list model, in the words of the data's owner."""
    users = np.array([user])
    table = stored.history(users)
    history = stored.histories(table, users)
    found = parts(name, stored.open(name, table), history, item)
    writer = _Writer(stored, name, history, aligned(table, "value"), item)
    rows = [writer.row(ordinal, part) for ordinal, part in enumerate(found, 1)]
    if not any(part.amount for part in found):
        rows.append(writer.note(len(rows) + 1, NO_PART))
    return rows


class _Writer:
    """Write the parts of one score as rows."""

    def __init__(
        self, stored: StoredLists, name: str, history: Interactions, values: np.ndarray, item: int
    ) -> None:
        self.stored, self.name, self.values, self.item = stored, name, values, item
        self.items = history.item_ids[history.items]
        self.feedback = interactions(stored.connection)
        facts = "select item_id, original_id, coalesce(name, original_id) as name from marts.item_facts "
        facts += "where item_id in (select unnest($items::integer[]))"
        found = fetch(stored.connection, facts, {"items": self.items.tolist()})
        self.facts = {row["item_id"]: row for row in found}

    def row(self, ordinal: int, part: Part) -> dict[str, Any]:
        """Return a part as a row."""
        found = self._row(ordinal, LEVELS[part.source], self._evidence(part))
        found |= {"source": part.name or part.source, "weight": part.weight, "contribution": part.amount}
        if part.entry is not None:
            item = int(self.items[part.entry])
            found |= {"item_id": item, "item": self.facts[item]["original_id"]}
            found["value"] = float(self.values[part.entry])
        return found

    def note(self, ordinal: int, text: str) -> dict[str, Any]:
        """Return a row that is no part of the score."""
        return self._row(ordinal, "note", text) | {"source": "note"}

    @property
    def _interaction(self) -> str:
        """Return what a row of the history is called."""
        return "rating" if self.feedback.feedback == "ratings" else "interaction"

    def _row(self, ordinal: int, level: str, evidence: str) -> dict[str, Any]:
        given = {"model": self.name, "ordinal": ordinal, "level": level, "evidence": evidence}
        return {**dict.fromkeys(SCHEMA.names), **given}

    def _evidence(self, part: Part) -> str:
        if part.entry is not None:
            name = self.facts[int(self.items[part.entry])]["name"]
            return f"{name}: {self.feedback.words(float(self.values[part.entry]))}"
        if part.source == OTHERS:
            return counted(part.count, f"other {self._interaction}")
        if part.source == START:
            return "starting point"
        if part.name == LENGTH:
            return f"number of {self._interaction}s of the user"
        if part.name not in (LIKES, self.name):
            return f"score by {part.name}"
        found = "select like_count from lists.items where item_id = $item"
        rows = fetch(self.stored.connection, found, {"item": self.item})
        likes = rows[0]["like_count"] if rows else 0
        return f"liked by {likes:,} user{'' if likes == 1 else 's'}"
