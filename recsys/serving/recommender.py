"""Lists of recommendations: those that the build made, and others computed from the same stored models.

``marts.recommendations`` holds the list of every user. A longer list, another model, a filter or a visitor is
computed on request from the models that the build fitted, by the code that made the stored lists
(`recsys.learners.lists`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from recsys.backends.database import Limits
from recsys.backends.duckdb.connection import query
from recsys.backends.duckdb.statements import Connection
from recsys.errors import UnknownIdError, UsageError
from recsys.learners.lists.blend import Blend
from recsys.learners.lists.everyone import Excluded, Maker, aligned
from recsys.learners.lists.interactions import Interactions, positions
from recsys.learners.lists.model import ExplainedModel, ListModel
from recsys.learners.lists.stored import StoredModels
from recsys.project.contract import Context
from recsys.serving.diversity import rerank
from recsys.serving.filters import ItemFilter, allowed
from recsys.serving.interactions import interactions

RELATION = "marts.recommendations"
VISITOR = 0  # user id of somebody who is not in the data
BLOCK = 2000  # users at a time
MOST_STEPS = 10  # parts of a score that an explanation names
MOST_ALIKE = 100  # items that a diverse list is chosen from, at least
COLUMNS = ["user_id", "item_id", "value", "rating", "is_like", "seq"]
EVERYBODY = "select distinct user_id from staging.ratings union select user_id from staging.candidates"

Report = Callable[[float, str], None]


@dataclass(frozen=True)
class RecommendRequest:
    """What a list is to contain.

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
        self.unknown_users: list[str] = []
        self._factors: dict[str, pa.Table] = {}

    @cached_property
    def facts(self) -> Mapping[str, Mapping[str, str]]:
        """Kind and settings of each list model, the simplest first."""
        rows = query(self.connection, "from lists.models order by position").to_pylist()
        return {row["model"]: json.loads(row["settings"]) for row in rows}

    @cached_property
    def models(self) -> list[str]:
        """The list models, the best on validation users first."""
        found = query(
            self.connection, "select model from lists.quality order by ndcg desc nulls last, position"
        )
        names: list[str] = found["model"].to_pylist()
        return names

    @cached_property
    def default(self) -> str:
        """The list model that made the stored lists."""
        found: str = query(self.connection, "select model from lists.chosen")["model"][0].as_py()
        return found

    @cached_property
    def stored_length(self) -> int:
        """Length of the longest stored list."""
        found = query(self.connection, f"select coalesce(max(rank), 0) as length from {RELATION}")
        return int(found["length"][0].as_py())

    def model(self, request: RecommendRequest) -> str:
        """Return the list model of a request.

        Raises
        ------
        UsageError
            No such list model.
        """
        name = request.model or self.default
        if name not in self.facts:
            near = get_close_matches(name, self.facts, n=1)
            hint = f"did you mean {near[0]}?" if near else f"choose from {', '.join(self.models)}"
            raise UsageError(f"{name}: no such list model; {hint}")
        return name

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

        ``unknown_users`` names them afterwards.
        """
        known = query(
            self.connection,
            "select coalesce(original_id, user_id::varchar) as original_id, user_id "
            f"from ({EVERYBODY}) left join staging.users using (user_id) "
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

    def steps(self, user: int, item: int, model: str | None = None) -> list[dict[str, Any]]:
        """Return what each interaction of a user adds to the score of an item, the largest part first.

        Parameters
        ----------
        user, item : int
            Ids of the warehouse.
        model : str, optional
            List model. Default: the one that made the stored lists.

        Returns
        -------
        list of dict
            Rows like those of the macro ``waterfall``: a start, the largest parts, and the others together.
            ``amount`` adds up to the score; empty where the score of the model is no sum over the history.

        Raises
        ------
        UsageError
            No such list model.
        """
        name = self.model(RecommendRequest(model=model))
        history = self._history(np.array([user]))
        opened = self._open(name, history)
        if not isinstance(opened, ExplainedModel):
            return []
        histories = self._histories(history, np.array([user]))
        place = int(positions(opened.item_ids, np.array([item]))[0])
        if place == len(opened.item_ids):
            return _steps(name, np.empty(0, np.int64), np.empty(0), np.empty(0), 0.0, 0.0)
        start = opened.start(histories) if isinstance(opened, Blend) else 0.0
        rest = opened.unexplained(histories, place) if isinstance(opened, Blend) else 0.0
        amounts = opened.contributions(histories, place)
        items = histories.item_ids[histories.items]
        return _steps(name, items, aligned(history, "value"), amounts, start, rest)

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
        return self._computed(request, self._history(users), users, allowed_ids)

    def _history(self, users: np.ndarray) -> pa.Table:
        """Return the interactions of some users."""
        wanted = f"select {', '.join(COLUMNS)} from lists.interactions "
        wanted += "where user_id in (select unnest($1::integer[]))"
        return query(self.connection, wanted, [users.tolist()])

    def _histories(self, history: pa.Table, users: np.ndarray) -> Interactions:
        """Return interactions as a matrix of these users, and of all items of the lists and the history."""
        items = self._items["item_id"]
        columns = np.union1d(items, history["item_id"].to_numpy())
        return Interactions.from_table(history, columns, items, np.sort(users))

    def _is_stored(self, request: RecommendRequest) -> bool:
        """Return whether the stored lists answer a request."""
        is_plain = request.items.is_empty and not request.includes_rated and not request.diversity
        return is_plain and self.model(request) == self.default and request.k <= self.stored_length

    def _computed(
        self, request: RecommendRequest, history: pa.Table, users: np.ndarray, allowed_ids: np.ndarray | None
    ) -> pa.Table:
        """Return lists in the columns of the stored ones, computed from the stored models."""
        name, items = self.model(request), self._items
        histories = self._histories(history, users)
        pool = request.k if not request.diversity else max(MOST_ALIKE, 5 * request.k)
        maker = Maker(name, self._open(name, history), min(pool, len(items["item_id"])), self._schema)
        rows = maker.rows(
            histories,
            self._excluded(users),
            aligned(history, "value"),
            Context(scratch=Path(), threads=self.limits.threads),
            self._like_counts(histories.item_ids),
            allowed=None if allowed_ids is None else np.isin(histories.item_ids, allowed_ids),
            keeps_seen=request.includes_rated,
        )
        table = pa.Table.from_batches(rows, self._schema)
        return table if not request.diversity else self._diverse(table, request)

    def _open(self, name: str, history: pa.Table) -> ListModel:
        """Return a stored model with the weights that a history needs."""
        item_ids = history["item_id"].unique().to_pylist()
        relations = {
            model: _Learned(self.connection, f"lists.{model}", facts["kind"], item_ids, self._factors)
            for model, facts in self.facts.items()
        }
        chosen = query(self.connection, "from lists.settings")
        return StoredModels(self.facts, relations, chosen, lambda: self._everyone).open(name)

    @cached_property
    def _everyone(self) -> Interactions:
        """Interactions of all users."""
        history = query(self.connection, f"select {', '.join(COLUMNS)} from lists.interactions")
        return self._histories(history, history["user_id"].unique().to_numpy())

    @cached_property
    def _items(self) -> dict[str, np.ndarray]:
        """Ids and numbers of likes of the items that may be recommended, by id."""
        found = query(self.connection, "select item_id, like_count from lists.items order by item_id")
        return {name: found[name].to_numpy() for name in found.column_names}

    def _like_counts(self, item_ids: np.ndarray) -> np.ndarray:
        """Return the number of likes of items; 0 for those that lists do not contain."""
        place = np.searchsorted(item_ids, self._items["item_id"])
        found = np.zeros(len(item_ids), np.int64)
        found[place] = self._items["like_count"]
        return found

    @cached_property
    def _schema(self) -> pa.Schema:
        return query(self.connection, f"from {RELATION} limit 0").schema

    def _excluded(self, users: np.ndarray) -> Excluded:
        """Return the likes that an import held out of these users' histories: no list may contain them."""
        wanted = "select user_id, item_id from staging.held_out "
        wanted += "where user_id in (select unnest($1::integer[])) order by all"
        found = query(self.connection, wanted, [users.tolist()])
        return Excluded(found["user_id"].to_numpy(), found["item_id"].to_numpy())

    def _known(self, users: Sequence[int] | None) -> np.ndarray:
        """Return the ids of some users, or of all who have ratings or test items."""
        everybody: np.ndarray = query(self.connection, f"from ({EVERYBODY}) order by user_id")[
            "user_id"
        ].to_numpy()
        if users is None:
            return everybody
        wanted = np.asarray(users, np.int64)
        unknown = wanted[~np.isin(wanted, everybody)]
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

    def _diverse(self, lists: pa.Table, request: RecommendRequest) -> pa.Table:
        """Return the lists of ``k`` items reranked so that similar items are apart."""
        chosen = [
            self._reranked(lists.filter(pc.field("user_id") == user), request)
            for user in lists["user_id"].unique()
        ]
        return pa.concat_tables([self._schema.empty_table(), *chosen])

    def _reranked(self, items: pa.Table, request: RecommendRequest) -> pa.Table:
        places = rerank(
            items["score"].to_numpy(),
            self._similarity(items["item_id"].to_numpy()),
            request.diversity,
            request.k,
        )
        ranks = pa.array(range(1, len(places) + 1), pa.int32())
        return items.take(places).set_column(items.schema.get_field_index("rank"), "rank", ranks)

    def _similarity(self, items: np.ndarray) -> np.ndarray:
        """Return the similarity of items, 0 to 1: how many users chose both, by the cosine of their users."""
        found = query(self.connection, "from internal.item_similarity($1)", [items.tolist()])
        place = {item: number for number, item in enumerate(items.tolist())}
        matrix = np.eye(len(items))
        for row in found.to_pylist():
            matrix[place[row["item_i"]], place[row["item_j"]]] = row["cosine"]
        return matrix


def _steps(
    model: str, items: np.ndarray, values: np.ndarray, amounts: np.ndarray, start: float, rest: float
) -> list[dict[str, Any]]:
    """Return the rows of `Recommender.steps`; ``rest`` is what does not depend on the history."""
    order = np.lexsort((items, -np.abs(amounts)))
    named, others = order[:MOST_STEPS], order[MOST_STEPS:]
    rows: list[tuple[str, str, int | None, float | None, float]] = [("start", "none", None, None, start)]
    rows += [
        ("track", "neighbour", int(items[i]), float(values[i]), float(amounts[i]))
        for i in named
        if amounts[i]
    ]
    if amounts[others].any():
        rows.append(("track", "others", None, None, float(amounts[others].sum())))
    if rest:
        rows.append(("track", "everybody", None, None, rest))
    names = ("level", "source", "item_id", "value", "amount")
    sums = np.cumsum([row[-1] for row in rows])
    return [
        {
            "model": model,
            "ordinal": number,
            **dict(zip(names, row, strict=True)),
            "weight": None,
            "after": after,
        }
        for number, (row, after) in enumerate(zip(rows, sums.tolist(), strict=True), 1)
    ]


@dataclass(frozen=True)
class _Learned:
    """What a list model learned: all of it, or the weights of the items of a history."""

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
