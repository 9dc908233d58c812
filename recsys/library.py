"""Build and query warehouses from a program or a notebook.

Every result is a `duckdb.DuckDBPyRelation`. It is computed when it is read, with ``.df()``, ``.pl()``,
``.to_arrow_table()``, ``.fetchall()``, ``.show()`` or ``.write_parquet()``; the last streams, so that a
result of any size fits. A relation is valid while its warehouse is open.
"""

from __future__ import annotations

import contextlib
import copy
import json
import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import duckdb
import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection
from duckdb import DuckDBPyRelation as Relation

from recsys.backends.database import Limits
from recsys.backends.duckdb.connection import damaged, opened, reading, single_select
from recsys.backends.duckdb.statements import CORRUPT
from recsys.engine.build import Options
from recsys.engine.build import build as run
from recsys.engine.forgetting import Forgotten, Request
from recsys.engine.forgetting import forget as remove
from recsys.engine.rebuilding import rebuild_options
from recsys.errors import Error, UsageError
from recsys.project.renamed import query_error
from recsys.serving.evaluation import LEADERBOARD, is_of_lists
from recsys.serving.explain import SCHEMA, explain
from recsys.serving.filters import ItemFilter
from recsys.serving.ids import Id, item_id, item_ids, user_id, user_ids
from recsys.serving.interactions import interactions
from recsys.serving.list_models import RELATION
from recsys.serving.model_names import ModelNames
from recsys.serving.queries import build_id, has, require
from recsys.serving.recommender import Recommender, RecommendRequest
from recsys.serving.scalars import count_of, many_ids, one_id, values_by_id
from recsys.sources.remote import located

if TYPE_CHECKING:
    from recsys.engine.manifest import Record
    from recsys.engine.plan import Step
    from recsys.sources.appending.append import Appended

logger = logging.getLogger("recsys")

Pathlike = str | os.PathLike[str]
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


def build(
    data: Pathlike,
    warehouse: Pathlike,
    *,
    sql_only: bool = False,
    paper: bool = False,
    no_candidates: bool = False,
    parameters: Mapping[str, Any] | None = None,
    select: Iterable[str] = (),
    full_refresh: bool = False,
    tune: bool = False,
    threads: int | None = None,
    memory: str = "4GB",
    device: str = "auto",
    engine: str = "duckdb",
    spark_master: str | None = None,
    store: str | None = None,
    sql: Pathlike | None = None,
) -> Warehouse:
    """Build a warehouse from a data directory, running only the models that changed, and open it.

    The logger ``recsys`` reports each model (INFO) and models that had to be left out (WARNING).

    Parameters
    ----------
    data : str or path
        The data directory; with ``engine="spark"`` also a URL that Spark reads.
    warehouse : str or path
        The warehouse file to create or update.
    sql_only : bool, default False
        Whether to leave the learned models out.
    paper : bool, default False
        Whether to build the paper's models alone: those that ``parameters.toml`` lists under ``[published]``
        and not under ``[published_in]``.
    no_candidates : bool, default False
        Whether to build without a test file.
    parameters : mapping of str to Any, optional
        Values for ``sql/parameters.toml`` by dotted name, such as ``{"bayes.confidence": 25}``.
    select : iterable of str, optional
        Models to build: ``NAME``, ``+NAME`` with all it reads, ``NAME+`` with all that reads it.
        Default: all.
    full_refresh : bool, default False
        Whether to rebuild every model.
    threads : int, optional
        Default: the number of processors.
    memory : str, default "4GB"
        DuckDB's memory limit.
    device : str, default "auto"
        Device of the neural models: ``auto``, ``cpu`` or ``cuda``.
    engine : str, default "duckdb"
        ``duckdb``, or ``spark`` for a cluster.
    spark_master : str, optional
        URL of the Spark master, for ``engine="spark"``.
    store : str, optional
        Folder or ``file:`` URL of the cluster's relations. Default: next to the warehouse.
    sql : str or path, optional
        Folder of models. Default: the models that ship with the package.

    Returns
    -------
    Warehouse
        The built warehouse, open.

    Raises
    ------
    InputError
        The data break the format; the message names file, line and text.
    UsageError
        An argument cannot be used.
    BuildError
        A model failed. After any error the previous warehouse is unchanged.
    """
    options = Options(
        data=located(data),
        warehouse=Path(warehouse),
        sql=None if sql is None else Path(sql),
        overrides=tuple(f"{name}={_written(value)}" for name, value in (parameters or {}).items()),
        selected=tuple(select),
        sql_only=sql_only,
        paper=paper,
        no_candidates=no_candidates,
        full_refresh=full_refresh,
        tune=tune,
        limits=Limits(threads or os.cpu_count() or 1, memory),
        device=device,
        engine=engine,
        spark_master=spark_master,
        store=store,
    )
    run(options, _Log())
    return open(warehouse)


def append(
    rows: Any,
    *,
    data: Pathlike,
    warehouse: Pathlike | None = None,
    items: Any = None,
    threads: int | None = None,
    memory: str = "1GB",
    sql: Pathlike | None = None,
) -> Appended:
    """Add interactions to imported data and, without learning, to the warehouse that was built from them.

    The logger ``recsys`` gets the sentences that the command prints.

    Parameters
    ----------
    rows : str, path, data frame or list of these
        Files, patterns, data frames of pandas or polars, Arrow tables or DuckDB relations, with the columns
        of the import.
    data : str or path
        The data directory that ``import_ratings`` made.
    warehouse : str or path, optional
        The warehouse. The lists of users with new rows are made anew.
    items : str, path or data frame, optional
        New items, with the columns of the items file of the import.
    threads : int, optional
        Default: the number of processors.
    memory : str, default "1GB"
        DuckDB's memory limit.
    sql : str or path, optional
        Folder of models that the warehouse was built with. Default: the models that ship with the package.

    Returns
    -------
    Appended
        Numbers of rows that were added, replaced or left out, and of new users and items.

    Raises
    ------
    InputError
        A row cannot be used; the message names file, line and text.
    UsageError
        An argument cannot be used, or another process changes data or warehouse.
    BuildError
        The warehouse cannot be updated. After any error data and warehouse are unchanged.
    """
    from recsys.engine import append as appending
    from recsys.serving.append_sentences import sentences

    options = appending.Options(
        files=[*rows] if isinstance(rows, (list, tuple)) else [rows],
        data=Path(data),
        warehouse=None if warehouse is None else Path(warehouse),
        items=items,
        sql=None if sql is None else Path(sql),
        limits=Limits(threads or os.cpu_count() or 1, memory),
    )
    if not options.files:
        raise UsageError("rows: expected a file or a data frame, found an empty list")
    result = appending.append(options)
    for sentence in sentences(options, result):
        logger.info("%s", sentence)
    return result.found


def forget(
    users: Id | Iterable[Id] = (),
    items: Id | Iterable[Id] = (),
    *,
    data: Pathlike,
    warehouse: Pathlike | None = None,
    rebuild: bool = False,
    threads: int | None = None,
    memory: str = "4GB",
) -> Forgotten:
    """Remove users and items from a data directory and a warehouse, with their ids and names.

    The files are written anew, so that no byte of an id or name stays in them. What models learned from the
    rows stays until the next build.

    Parameters
    ----------
    users, items : int, str or iterable
        Original ids.
    data : str or path
        Data directory that an import wrote.
    warehouse : str or path, optional
        The warehouse file. Default: change the data directory alone.
    rebuild : bool, default False
        Whether to build the warehouse at once.
    threads : int, optional
        Default: the number of processors.
    memory : str, default "4GB"
        DuckDB's memory limit.

    Returns
    -------
    Forgotten
        Numbers of users, items, ratings, relations and rows that were removed.

    Raises
    ------
    UnknownIdError
        A user or item is neither in the data nor in the warehouse; nothing changes.
    UsageError
        The data or the warehouse cannot be changed, or are in use; nothing changes.
    """
    if rebuild and warehouse is None:
        raise UsageError("rebuild=True: give the warehouse to build")
    request = Request(
        users=[str(one) for one in many_ids(users, "user")],
        items=[str(one) for one in many_ids(items, "item")],
        data=Path(data),
        warehouse=None if warehouse is None else Path(warehouse),
        limits=Limits(threads or os.cpu_count() or 1, memory),
    )
    found = remove(request)
    if rebuild and warehouse is not None:
        run(rebuild_options(request.data, Path(warehouse), request.limits), _Log())
    return found


class Warehouse:
    """Query an open warehouse; close it, or use it in a ``with`` statement.

    It shows the build that was published when it was opened, whatever is built later. Several warehouses,
    also of one file, can be open at a time. Each is for one thread; `cursor` gives another thread its own.
    """

    def __init__(self, path: Path, connection: Connection | None = None) -> None:
        """Open a warehouse, or take a connection to it that is open already."""
        self.path = path
        self._opened: Connection | None = opened(path) if connection is None else connection
        self.build_id = build_id(self._opened)
        self._there = set[str]()  # relations and macros, once they were looked up

    @property
    def _connection(self) -> Connection:
        if self._opened is None:
            raise UsageError(f"{self.path}: this warehouse is closed; open it again")
        return self._opened

    def __enter__(self) -> Self:
        """Return the warehouse."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the warehouse."""
        self.close()

    def __repr__(self) -> str:
        """Return the call that opens this warehouse."""
        return f"recsys.open({str(self.path)!r})"

    def close(self) -> None:
        """Close the file; relations from this warehouse become invalid."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def cursor(self) -> Warehouse:
        """Open the same build for another thread.

        A connection runs one query at a time, so that each thread needs its own. Cursors share the memory and
        the threads of the engine. Each is closed by itself, and all end with the warehouse that they are of.

        Returns
        -------
        Warehouse
            With the build that this one shows, whatever was built since.

        Raises
        ------
        UsageError
            The warehouse is closed.
        """
        other = copy.copy(self)
        other._opened = self.connection()
        return other

    def connection(self) -> Connection:
        """Return a new connection to the build that this warehouse shows, which the caller closes."""
        with self._translate_errors():
            found = self._connection.cursor()
            found.execute("use warehouse").fetchall()
        return found

    def sql(self, query: str, parameters: Iterable[Any] | Mapping[str, Any] = ()) -> Relation:
        """Run one read-only SELECT (or FROM, VALUES, DESCRIBE, SUMMARIZE, SHOW).

        Parameters
        ----------
        query : str
            One statement. It can name the caller's data frames and Arrow tables by their variables.
        parameters : iterable or mapping, optional
            Values of ``$1``, ``$2``, or of ``$name``.

        Returns
        -------
        duckdb.DuckDBPyRelation
            The result.

        Raises
        ------
        UsageError
            The text is not exactly one SELECT.
        Error
            DuckDB fails the query; the message is DuckDB's.
        """
        values = dict(parameters) if isinstance(parameters, Mapping) else list(parameters)
        with self._translate_errors():
            return self._connection.sql(single_select(self._connection, query), params=values or None)

    def leaderboard(self) -> Relation:
        """Return the leaderboard, best model first: of lists for imported data, else of test items.

        Returns
        -------
        duckdb.DuckDBPyRelation
            One row per list model, ``model, ndcg, lower, upper, recall, ..., users, group_letter,
            is_chosen``, from ``marts.list_leaderboard``; or one per model of test items, ``model, accuracy,
            users, evaluated_on, published_accuracy, published_in``, from ``marts.leaderboard``.

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
            One row per list model: ``model, ndcg, lower, upper, recall, users, is_chosen`` and more.

        Raises
        ------
        UsageError
            The warehouse was built without lists.
        """
        self._require(LEADERBOARD)
        return self._relation(f"from {LEADERBOARD} order by ndcg desc nulls last, model")

    def predictions(self, model: str) -> Relation:
        """Return how a model ranks every user's test items.

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
        request = self._request(k, model, include_rated, only, excluding, where, diversity)
        return self._connection.from_arrow(_Lists(self, request, users=self._users(users)))

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
        request = self._request(k, model, include_rated, only, excluding, where, diversity)
        lists = _Lists(self, request, values=self._values(values))
        return self._connection.from_arrow(lists).project('* exclude ("user")')

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

    def _request(
        self,
        k: int,
        model: str | None,
        include_rated: bool,
        only: Iterable[Id] | None,
        excluding: Iterable[Id],
        where: str | None,
        diversity: float,
    ) -> RecommendRequest:
        self._require(RELATION)
        if not 0 <= diversity <= 1:
            raise UsageError(f"diversity = {diversity!r}: expected 0 to 1")
        chosen = ItemFilter(
            None if only is None else item_ids(self._connection, many_ids(only)),
            item_ids(self._connection, many_ids(excluding)),
            where,
        )
        if model is not None:
            model = ModelNames.of(self._connection).list_model(model)
        return RecommendRequest(count_of(k), model, include_rated, chosen, diversity)

    def _users(self, users: Id | Iterable[Id] | None) -> list[int] | None:
        if users is None:
            return None
        return user_ids(self._connection, many_ids(users, "user"))

    def _values(self, given: Mapping[Id, float]) -> dict[int, float]:
        known, values = interactions(self._connection), values_by_id(given)
        for item, value in values.items():
            known.checked(value, f"value {value:g} of item {item!r}")
        return dict(zip(item_ids(self._connection, [*values]), values.values(), strict=True))

    def _require(self, *names: str) -> None:
        if not self._there.issuperset(names):
            require(self._connection, self.path, *names)
            self._there.update(names)

    def _relation(self, query: str, parameters: Any = None) -> Relation:
        with self._translate_errors():
            return self._connection.sql(query, params=parameters)

    @contextlib.contextmanager
    def _translate_errors(self) -> Iterator[None]:
        """Translate DuckDB's errors into `Error`."""
        try:
            yield
        except duckdb.Error as error:
            message = str(error).strip()
            raise Error(
                damaged(self.path, message) if CORRUPT.search(message) else query_error(message)
            ) from None


class _Lists:
    """Stream lists of recommendations as Arrow; every read of the relation starts a new stream.

    Each stream has a cursor of its own, since the reading connection is busy and several streams may be open.
    """

    schema = pa.schema(
        [
            ("user", pa.string()),
            ("rank", pa.int32()),
            ("item", pa.string()),
            ("name", pa.string()),
            ("score", pa.float64()),
            ("reason", pa.string()),
        ]
    )

    def __init__(
        self,
        warehouse: Warehouse,
        request: RecommendRequest,
        users: Sequence[int] | None = None,
        values: Mapping[int, float] | None = None,
    ) -> None:
        self.warehouse, self.request, self.users, self.values = warehouse, request, users, values

    def __arrow_c_schema__(self) -> object:
        """Return the schema as an Arrow capsule."""
        return self.schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return a new stream as an Arrow capsule."""
        reader = pa.RecordBatchReader.from_batches(self.schema, self._batches())
        return reader.__arrow_c_stream__(requested_schema)

    def _batches(self) -> Iterator[pa.RecordBatch]:
        if self.request.items.where is not None:
            self._check_file()
        with self.warehouse.connection() as connection:
            recommender = Recommender(connection, self.warehouse.path, Limits(os.cpu_count() or 1))
            for table in self._tables(recommender):
                yield from table.select(self.schema.names).cast(self.schema).to_batches()

    def _check_file(self) -> None:
        """Refuse a condition where the file, which the sandbox opens for it, has another build by now."""
        path = self.warehouse.path
        with reading(path) as connection:
            if build_id(connection) != self.warehouse.build_id:
                raise UsageError(f"{path}: rebuilt since it was opened; open it again")

    def _tables(self, recommender: Recommender) -> Iterator[pa.Table]:
        if self.values is None:
            yield from recommender.blocks(self.request, self.users)
        else:
            yield recommender.for_values(self.request, self.values)


def _written(value: Any) -> str:
    """Format a value as ``--set`` reads it."""
    return value if isinstance(value, str) else json.dumps(value)


class _Log:
    """Report a build to the logger ``recsys``."""

    def planned(self, steps: list[Step], dropped: list[str], seconds: Mapping[str, float]) -> None:
        """Ignore the plan."""

    def started(self, step: Step) -> None:
        """Ignore the start of a model."""

    def advanced(self, fraction: float, message: str = "") -> None:
        """Ignore progress."""

    def finished(self, step: Step, record: Record) -> None:
        """Log a finished model."""
        logger.info(
            "%s: %s rows, %.2f s (%s)", step.name, f"{record.row_count:,}", record.seconds, step.reason
        )

    def left_out(self, models: Sequence[str], reason: str) -> None:
        """Log models that were left out for one reason."""
        logger.warning("left out %s: %s", ", ".join(models), reason)
