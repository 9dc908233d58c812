"""Lists of recommendations: those that the build made, and others computed from the same stored models.

``marts.recommendations`` holds the list of every user. A longer list, another model, a filter or a visitor is
computed on request from the models that the build fitted, by the code that made the stored lists
(`recsys.learners.lists`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from recsys.backends.database import Limits
from recsys.backends.duckdb.connection import query
from recsys.backends.duckdb.statements import Connection
from recsys.errors import UnknownIdError, UsageError
from recsys.learners.lists.diversity import pool
from recsys.learners.lists.everyone import Excluded, Maker, aligned
from recsys.project.contract import Context
from recsys.serving.diversity import diverse
from recsys.serving.explain import explain
from recsys.serving.filters import ItemFilter, allowed
from recsys.serving.interactions import interactions
from recsys.serving.list_models import RELATION, StoredLists
from recsys.serving.model_names import ModelNames

VISITOR = 0  # user id of somebody who is not in the data
BLOCK = 2000  # users at a time

Report = Callable[[float, str], None]


@dataclass(frozen=True)
class RecommendRequest:
    """Hold a request of lists.

    Parameters
    ----------
    k : int, default 10
        Items per list.
    model : str, optional
        List model. Default: the one that made the stored lists.
    includes_rated : bool, default False
        Whether items that the user interacted with may be in the list.
    items : ItemFilter
        Which items may be in the list.
    diversity : float from 0 to 1, default 0
        How much similar items are kept apart (maximal marginal relevance).
    """

    k: int = 10
    model: str | None = None
    includes_rated: bool = False
    items: ItemFilter = field(default_factory=ItemFilter)
    diversity: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a diversity outside 0..1."""
        if not 0 <= self.diversity <= 1:
            raise UsageError(f"diversity = {self.diversity!r}: expected 0 to 1")


class Recommender:
    """Recommends from one open warehouse.

    Lists are Arrow tables ``(user_id, rank, item_id, user, item, name, score, model, reason)``, by user and
    rank; ``user`` and ``item`` are ids of the data's owner. A list is shorter than ``k`` where fewer items
    are left.

    Parameters
    ----------
    connection : DuckDB connection
        Of the open warehouse.
    warehouse : Path
        Its file, which the sandbox opens for a condition on items.
    limits : Limits, optional
        Threads and memory.
    """

    def __init__(self, connection: Connection, warehouse: Path, limits: Limits | None = None) -> None:
        self.connection, self.warehouse, self.limits = connection, warehouse, limits or Limits()
        self.stored = StoredLists(connection)
        self.unknown_users: list[str] = []

    @cached_property
    def names(self) -> ModelNames:
        """Names of the models of the warehouse."""
        return ModelNames.of(self.connection)

    @property
    def models(self) -> Sequence[str]:
        """The list models, the best on validation users first."""
        return self.names.lists

    def model(self, request: RecommendRequest) -> str:
        """Return the list model of a request.

        Raises
        ------
        UsageError
            No such list model.
        """
        return self.stored.default if request.model is None else self.names.list_model(request.model)

    def explain(self, user: int, item: int, model: str | None = None) -> list[dict[str, Any]]:
        """Return the parts of a score, as `recsys.serving.explain.explain` does."""
        return explain(self.connection, user, item, model, self.stored)

    def blocks(
        self,
        request: RecommendRequest,
        users: Sequence[int] | None = None,
        report: Report | None = None,
        size: int = BLOCK,
    ) -> Iterator[pa.Table]:
        """Yield the lists of some users, or of all, a block of users at a time.

        Raises
        ------
        UsageError
            No such list model, or a filter that is none.
        UnknownIdError
            A user id that the data do not have.
        """
        wanted = self._known(users)
        allowed_ids = allowed(self.connection, self.warehouse, request.items)
        for start in range(0, len(wanted), size):
            yield self._described(self._block(request, wanted[start : start + size], allowed_ids))
            if report is not None:
                done = min(start + size, len(wanted))
                report(done / len(wanted), f"{done:,} of {len(wanted):,} users")

    def batch(
        self, request: RecommendRequest, users: Sequence[str], report: Report | None = None
    ) -> Iterator[pa.Table]:
        """Yield the lists of users by their original ids; unknown users get the list of a new user.

        A new user's list is made by a model that reads no interactions, unless the request names another.

        ``unknown_users`` names them afterwards.
        """
        known = query(
            self.connection,
            "select coalesce(original_id, user_id::varchar) as original_id, user_id "
            "from lists.users left join staging.users using (user_id) "
            "where list_contains($1::varchar[], coalesce(original_id, user_id::varchar))",
            [list(users)],
        )
        found = dict(zip(known["original_id"].to_pylist(), known["user_id"].to_pylist(), strict=True))
        self.unknown_users = [user for user in users if user not in found]
        if found:
            yield from self.blocks(request, [found[user] for user in users if user in found], report)
        if self.unknown_users:
            table = self.for_values(request, {})
            place = table.schema.get_field_index("user")
            for user in self.unknown_users:
                yield table.set_column(place, "user", pa.array([user] * table.num_rows, pa.string()))

    def for_values(self, request: RecommendRequest, values: Mapping[int, float]) -> pa.Table:
        """Return a list for a visitor, who is not in the data.

        Parameters
        ----------
        request : RecommendRequest
            What the list is to contain.
        values : mapping of item ids to values
            On the scale of the data's owner; the last counts as the latest. Empty for a new user.
        """
        if not values and request.model is None:
            request = replace(request, model=self.stored.of_new_users)
        scale = interactions(self.connection)
        history = pa.table(
            {
                "user_id": pa.array([VISITOR] * len(values), pa.int32()),
                "item_id": pa.array(values.keys(), pa.int32()),
                "value": pa.array(values.values(), pa.float64()),
                "rating": pa.array([scale.rating(value) for value in values.values()], pa.int16()),
                "is_like": pa.array([scale.is_like(value) for value in values.values()], pa.bool_()),
                "seq": pa.array(range(len(values)), pa.int64()),
            }
        )
        allowed_ids = allowed(self.connection, self.warehouse, request.items)
        return self._described(self._computed(request, history, np.array([VISITOR]), allowed_ids))

    def _block(
        self, request: RecommendRequest, users: np.ndarray, allowed_ids: np.ndarray | None
    ) -> pa.Table:
        """Return stored lists where they answer the request, else computed ones."""
        if self._is_stored(request):
            return query(
                self.connection,
                f"from {RELATION} where user_id in (select unnest($1::integer[])) and rank <= $2 "
                "order by all",
                [users.tolist(), request.k],
            )
        return self._computed(request, self.stored.history(users), users, allowed_ids)

    def _is_stored(self, request: RecommendRequest) -> bool:
        """Return whether the stored lists answer a request."""
        is_plain = request.items.is_empty and not request.includes_rated and not request.diversity
        return is_plain and self.model(request) == self.stored.default and request.k <= self.stored.length

    def _computed(
        self, request: RecommendRequest, history: pa.Table, users: np.ndarray, allowed_ids: np.ndarray | None
    ) -> pa.Table:
        """Return lists in the columns of the stored ones, computed from the stored models."""
        name, stored = self.model(request), self.stored
        histories = stored.histories(history, users)
        wanted = pool(request.k) if request.diversity else request.k
        length = min(wanted, len(stored.items["item_id"]))
        maker = Maker(name, stored.open(name, history), length, stored.schema)
        rows = maker.rows(
            histories,
            self._excluded(users),
            aligned(history, "value"),
            Context(scratch=Path(), threads=self.limits.threads),
            stored.like_counts(histories.item_ids),
            allowed=None if allowed_ids is None else np.isin(histories.item_ids, allowed_ids),
            keeps_seen=request.includes_rated,
        )
        table = pa.Table.from_batches(rows, stored.schema)
        if not request.diversity:
            return table
        return diverse(self.connection, table, request.diversity, request.k)

    def _excluded(self, users: np.ndarray) -> Excluded:
        """Return the likes that an import held out of these users' histories: no list may contain them."""
        wanted = "select user_id, item_id from staging.held_out "
        wanted += "where user_id in (select unnest($1::integer[])) order by all"
        found = query(self.connection, wanted, [users.tolist()])
        return Excluded(found["user_id"].to_numpy(), found["item_id"].to_numpy())

    def _known(self, users: Sequence[int] | None) -> np.ndarray:
        """Return the ids of some users, or of all who have ratings or test items."""
        if users is None:
            everybody: np.ndarray = query(self.connection, "from lists.users order by user_id")[
                "user_id"
            ].to_numpy()
            return everybody
        wanted = np.asarray(users, np.int64)
        known = "select user_id from lists.users where user_id in (select unnest($1::integer[]))"
        found = query(self.connection, known, [wanted.tolist()])["user_id"].to_numpy()
        unknown = wanted[~np.isin(wanted, found)]
        if len(unknown):
            raise UnknownIdError(f"no user {unknown[0]} in the data")
        return wanted

    def _described(self, lists: pa.Table) -> pa.Table:
        """Return lists with the owner's ids, names, and reasons in words."""
        self.connection.register("computed_lists", lists)
        try:
            return query(self.connection, "from internal.described_lists('computed_lists')")
        finally:
            self.connection.unregister("computed_lists")
