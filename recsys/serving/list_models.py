"""Open the list models that a warehouse stores, with what a request needs of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from recsys.backends.duckdb.connection import query
from recsys.backends.duckdb.statements import Connection
from recsys.learners.lists.interactions import Interactions
from recsys.learners.lists.model import ListModel
from recsys.learners.lists.stored import StoredModels

RELATION = "marts.recommendations"
SCORES = "item_scores"  # kind of the models that score items alike for all users
COLUMNS = ("user_id", "item_id", "value", "rating", "is_like", "seq")


class StoredLists:
    """The list models of one open warehouse, and the interactions and items that they score.

    Parameters
    ----------
    connection : DuckDB connection
        Of the open warehouse.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._factors: dict[str, pa.Table] = {}
        self._weighted: dict[str, np.ndarray] = {}

    @cached_property
    def facts(self) -> Mapping[str, Mapping[str, str]]:
        """Kind and settings of each list model, the simplest first."""
        rows = query(self.connection, "from lists.models order by position").to_pylist()
        return {row["model"]: json.loads(row["settings"]) for row in rows}

    @cached_property
    def default(self) -> str:
        """The list model that made the stored lists."""
        found: str = query(self.connection, "select model from lists.chosen")["model"][0].as_py()
        return found

    @cached_property
    def of_new_users(self) -> str:
        """The list model for somebody without interactions: the last of those that read none.

        That is ``trending`` where the data have times, else ``popularity``.
        """
        found = [name for name, facts in self.facts.items() if facts["kind"] == SCORES]
        return found[-1] if found else self.default

    @cached_property
    def length(self) -> int:
        """Length of the longest stored list."""
        found = query(self.connection, f"select coalesce(max(rank), 0) as length from {RELATION}")
        return int(found["length"][0].as_py())

    @cached_property
    def items(self) -> dict[str, np.ndarray]:
        """Ids and numbers of likes of the items that may be recommended, by id."""
        found = query(self.connection, "select item_id, like_count from lists.items order by item_id")
        return {name: found[name].to_numpy() for name in found.column_names}

    @cached_property
    def schema(self) -> pa.Schema:
        """Columns of the stored lists."""
        return query(self.connection, f"from {RELATION} limit 0").schema

    def history(self, users: np.ndarray) -> pa.Table:
        """Return the interactions of some users."""
        wanted = f"select {', '.join(COLUMNS)} from lists.interactions "
        wanted += "where user_id in (select unnest($1::integer[]))"
        return query(self.connection, wanted, [users.tolist()])

    def histories(self, history: pa.Table, users: np.ndarray) -> Interactions:
        """Return interactions as a matrix of these users, and of all items of the lists and the history."""
        items = self.items["item_id"]
        columns = np.union1d(items, history["item_id"].to_numpy())
        return Interactions.from_table(history, columns, items, np.sort(users))

    def like_counts(self, item_ids: np.ndarray) -> np.ndarray:
        """Return the number of likes of items; 0 for those that lists do not contain."""
        place = np.searchsorted(item_ids, self.items["item_id"])
        found = np.zeros(len(item_ids), np.int64)
        found[place] = self.items["like_count"]
        return found

    def open(self, name: str, history: pa.Table) -> ListModel:
        """Return a stored model with the weights that a history needs."""
        item_ids = history["item_id"].unique().to_pylist()
        relations = {
            model: _Learned(self.connection, f"lists.{model}", facts["kind"], item_ids, self._factors)
            for model, facts in self.facts.items()
        }
        chosen = query(self.connection, "from lists.settings")
        models = StoredModels(self.facts, relations, chosen, lambda: self._everyone, self._weighted_items)
        return models.open(name)

    def _weighted_items(self, model: str) -> np.ndarray:
        """Return the ids of all items between which a model has weights, ascending."""
        if model not in self._weighted:
            relation = f"lists.{model}"
            wanted = (
                f"select item_j as item_id from {relation} union select item_i from {relation} order by all"
            )
            self._weighted[model] = query(self.connection, wanted)["item_id"].to_numpy()
        return self._weighted[model]

    @cached_property
    def _everyone(self) -> Interactions:
        """Interactions of all users."""
        history = query(self.connection, f"select {', '.join(COLUMNS)} from lists.interactions")
        return self.histories(history, history["user_id"].unique().to_numpy())


@dataclass(frozen=True)
class _Learned:
    """Hold the relation of a list model: all of it, or the weights of the items of a history."""

    connection: Connection
    relation: str
    kind: str
    item_ids: Sequence[int]
    kept: dict[str, pa.Table]

    def arrow(self) -> pa.Table:
        """Return the rows that are needed; what does not depend on the history is read once."""
        if self.kind == "item_weights":
            wanted = f"from {self.relation} where item_j in (select unnest($1::integer[]))"
            return query(self.connection, wanted, [list(self.item_ids)])
        if self.relation not in self.kept:
            self.kept[self.relation] = query(self.connection, f"from {self.relation}")
        return self.kept[self.relation]
