"""Query an open warehouse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from duckdb import DuckDBPyRelation as Relation

from recsys.backends.duckdb.connection import reading
from recsys.errors import UsageError
from recsys.library.paths import Pathlike
from recsys.library.reader import Reader
from recsys.library.streams import ListStream
from recsys.serving.evaluation import LEADERBOARD, is_of_lists
from recsys.serving.explain import SCHEMA, explain
from recsys.serving.filters import ItemFilter, allowed
from recsys.serving.ids import Id, item_id, item_ids, user_id, user_ids
from recsys.serving.interactions import interactions
from recsys.serving.list_models import RELATION
from recsys.serving.model_names import ModelNames
from recsys.serving.recommender import RecommendRequest
from recsys.serving.relations import build_id, has
from recsys.serving.scalars import count_of, many_ids, one_id, values_by_id

PREDICTIONS = """
    select
        predictions.*,
        coalesce(users.original_id, predictions.user_id::varchar) as "user",
        coalesce(items.original_id, predictions.track_id::varchar) as item
    from marts.predictions
    left join staging.users as users on predictions.user_id = users.user_id
    left join staging.items as items on predictions.track_id = items.item_id
"""


def open(warehouse: Pathlike) -> Warehouse:
    """Open a warehouse read-only.

    Parameters
    ----------
    warehouse : str or path
        The warehouse file.

    Returns
    -------
    Warehouse
        Close it, or use it in a ``with`` statement.

    Raises
    ------
    UsageError
        The file is missing or is not a warehouse.
    """
    return Warehouse(Path(warehouse))


class Warehouse(Reader):
    """Query an open warehouse; close it, or use it in a ``with`` statement.

    It shows the build that was published when it was opened, whatever is built later. Several warehouses,
    also of one file, can be open at a time. Each is for one thread; `cursor` gives another thread its own.
    """

    def leaderboard(self) -> Relation:
        """Return the leaderboard, best model first: of lists for imported data, else of test items.

        Returns
        -------
        duckdb.DuckDBPyRelation
            One row per list model, ``model, ndcg, lower, upper, recall, ..., users, group_letter,
            is_chosen, seconds``, from ``marts.list_leaderboard``; or one per model of test items, ``model,
            accuracy, users, evaluated_on, published_accuracy, published_in``, from ``marts.leaderboard``.

        Raises
        ------
        UsageError
            The warehouse was built without the leaderboard.
        """
        self._require("marts.leaderboard")
        if is_of_lists(self._connection) and has(self._connection, LEADERBOARD):
            return self.list_leaderboard()
        return self._relation("from marts.leaderboard order by accuracy desc nulls last, model")

    def list_leaderboard(self) -> Relation:
        """Return ``marts.list_leaderboard``: the list models, evaluated on held-out likes, best first.

        Returns
        -------
        duckdb.DuckDBPyRelation
            One row per list model: ``model, ndcg, lower, upper, recall, users, seconds, is_chosen`` and more.

        Raises
        ------
        UsageError
            The warehouse was built without lists.
        """
        self._require(LEADERBOARD)
        return self._relation(f"from {LEADERBOARD} order by ndcg desc nulls last, model")

    def predictions(self, model: str) -> Relation:
        """Return a model's ranking of every user's test items.

        Parameters
        ----------
        model : str
            A model of the leaderboard.

        Returns
        -------
        duckdb.DuckDBPyRelation
            Rows of ``marts.predictions`` by user and rank, with the owner's ids as ``user`` and ``item``.

        Raises
        ------
        UsageError
            There is no such model.
        """
        self._require("marts.leaderboard", "marts.predictions")
        name = ModelNames.of(self._connection).score_model(model)
        return self._relation(
            f"from ({PREDICTIONS}) where model = $model order by user_id, rank", {"model": name}
        )

    def explain(self, user: Id, item: Id, model: str | None = None) -> Relation:
        """Explain the score of an item for a user.

        Parameters
        ----------
        user, item : int or str
            Original ids, or unique names.
        model : str, optional
            A list model, or a model of the leaderboard; ``scores.NAME`` where both have the name. Default:
            the list model that made the lists.

        Returns
        -------
        duckdb.DuckDBPyRelation
            One row per part of the score, ``contribution``, with the columns of the macro ``explain``. A
            model whose score is no sum says so in a row, and its strongest inputs follow.

        Raises
        ------
        UnknownIdError
            The user or the item is not in the data.
        UsageError
            There is no such model.
        """
        self._require("explain", RELATION)
        user, item = one_id(user, "user"), one_id(item, "item")
        pair = user_id(self._connection, user), item_id(self._connection, item)
        rows = explain(self._connection, *pair, model)
        return self._connection.from_arrow(pa.Table.from_pylist(rows, SCHEMA))

    def recommend(
        self,
        users: Id | Iterable[Id] | None = None,
        k: int = 10,
        model: str | None = None,
        *,
        include_rated: bool = False,
        only: Iterable[Id] | None = None,
        excluding: Iterable[Id] = (),
        where: str | None = None,
        diversity: float = 0.0,
    ) -> Relation:
        """Recommend the best ``k`` items to each user.

        By default these are the lists that the build stored. A longer list, another model or a filter is
        computed, in blocks of users while the relation is read, so that memory does not grow with their
        number.

        Parameters
        ----------
        users : int, str or iterable, optional
            One user or several. Default: all users.
        k : int, default 10
            Items per user; a user gets fewer if fewer are left.
        model : str, optional
            A list model. Default: the best on validation users.
        include_rated : bool, default False
            Whether lists may contain items that the user interacted with.
        only : iterable of int or str, optional
            The only items that lists may contain.
        excluding : iterable of int or str
            Items that lists may not contain.
        where : str, optional
            SQL condition on ``marts.filter_items`` and ``staging.item_attributes``: ``"year >= 2000"``.
        diversity : float from 0 to 1, default 0
            How far similar items are kept apart.

        Returns
        -------
        duckdb.DuckDBPyRelation
            ``user, rank, item, name, score, reason`` by user and rank.

        Raises
        ------
        UnknownIdError
            A user or an item is not in the data.
        UsageError
            There is no such list model, or a wrong argument.
        """
        items = self._filter(only, excluding, where)
        request = RecommendRequest(count_of(k), self._list_model(model), include_rated, items, diversity)
        return self._lists(request, users=self._users(users))

    def recommend_for(
        self,
        values: Mapping[Id, float],
        k: int = 10,
        model: str | None = None,
        *,
        include_rated: bool = False,
        only: Iterable[Id] | None = None,
        excluding: Iterable[Id] = (),
        where: str | None = None,
        diversity: float = 0.0,
    ) -> Relation:
        """Recommend items to a visitor who is not in the data, from a few ratings, counts or likes.

        Nothing is trained and nothing is stored.

        Parameters
        ----------
        values : mapping of int or str to float
            Values by item, on the scale of the data's owner; the last one counts as the latest.
        k : int, default 10
            Number of items.
        model, include_rated, only, excluding, where, diversity
            As for `recommend`.

        Returns
        -------
        duckdb.DuckDBPyRelation
            ``rank, item, name, score, reason`` by rank.

        Raises
        ------
        UnknownIdError
            An item is not in the data.
        UsageError
            A value is not on the scale, or as for `recommend`.
        """
        items = self._filter(only, excluding, where)
        request = RecommendRequest(count_of(k), self._list_model(model), include_rated, items, diversity)
        return self._lists(request, values=self._values(values)).project('* exclude ("user")')

    def similar(self, item: Id, k: int = 10) -> Relation:
        """Return the ``k`` items most similar to an item: those that the same users chose.

        For an item that no user chose together with another one: those that share its artist, album or
        genres.

        Parameters
        ----------
        item : int or str
            Original id, or unique name.
        k : int, default 10
            Number of items.

        Returns
        -------
        duckdb.DuckDBPyRelation
            ``rank, item, name, score, source`` by rank; ``source`` is ``users`` or ``attributes``.

        Raises
        ------
        UnknownIdError
            The item is not in the data.
        """
        self._require("similar")
        return self._relation(
            "select rank, item, name, score, source from similar($1, $2)",
            [item_id(self._connection, one_id(item, "item")), count_of(k)],
        )

    def _filter(self, only: Iterable[Id] | None, excluding: Iterable[Id], where: str | None) -> ItemFilter:
        """Return the filter of a request, with the items that a condition allows in its place."""
        self._require(RELATION)
        chosen = ItemFilter.of(self._connection, only, excluding, where)
        if where is None:
            return chosen
        self._check_file()
        found = allowed(self._connection, self.path, chosen)
        return ItemFilter(None if found is None else found.tolist())

    def _check_file(self) -> None:
        """Refuse a condition where the file, which the sandbox opens for it, has another build by now."""
        with reading(self.path) as connection:
            if build_id(connection) != self.build_id:
                raise UsageError(f"{self.path}: rebuilt since it was opened; open it again")

    def _lists(
        self,
        request: RecommendRequest,
        users: Sequence[int] | None = None,
        values: Mapping[int, float] | None = None,
    ) -> Relation:
        """Return the lists of a request as a relation that makes them when it is read."""
        lists = ListStream(self.path, self.connection, request, users, values)
        return self._connection.from_arrow(lists)

    def _list_model(self, model: str | None) -> str | None:
        return None if model is None else ModelNames.of(self._connection).list_model(model)

    def _users(self, users: Id | Iterable[Id] | None) -> list[int] | None:
        if users is None:
            return None
        return user_ids(self._connection, many_ids(users, "user"))

    def _values(self, given: Mapping[Id, float]) -> dict[int, float]:
        known, values = interactions(self._connection), values_by_id(given)
        for item, value in values.items():
            known.checked(value, f"value {value:g} of item {item!r}")
        return dict(zip(item_ids(self._connection, [*values]), values.values(), strict=True))
