"""The library: what a program or a notebook does with a warehouse.

Every result is a `duckdb.DuckDBPyRelation`: nothing is computed before it is asked for with ``.df()``,
``.pl()``, ``.to_arrow_table()``, ``.fetchall()``, ``.show()`` or ``.write_parquet()``, and the last writes as
it goes, so that a result of any size fits. A relation lives as long as its warehouse is open.
"""

from __future__ import annotations

import contextlib
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
from recsys.backends.duckdb.connection import damaged, opened, single_select
from recsys.backends.duckdb.statements import CORRUPT
from recsys.engine.build import Options
from recsys.engine.build import build as run
from recsys.errors import Error, UnknownIdError, UsageError
from recsys.serving import query_templates
from recsys.serving.ids import Id, item_id, item_ids, user_id, user_ids
from recsys.serving.lists import FOR_VISITORS, Recommender, RecommendRequest
from recsys.serving.queries import build_id, require, require_model
from recsys.sources.remote import located

if TYPE_CHECKING:
    from recsys.engine.manifest import Record
    from recsys.engine.plan import Step

logger = logging.getLogger("recsys")

Pathlike = str | os.PathLike[str]


def open(warehouse: Pathlike) -> Warehouse:
    """Open a warehouse read-only; UsageError where there is none, or where the file is something else."""
    return Warehouse(Path(warehouse))


def build(
    data: Pathlike,
    warehouse: Pathlike,
    *,
    sql_only: bool = False,
    no_candidates: bool = False,
    parameters: Mapping[str, Any] | None = None,
    select: Iterable[str] = (),
    full_refresh: bool = False,
    threads: int | None = None,
    memory: str = "4GB",
    device: str = "auto",
    engine: str = "duckdb",
    spark_master: str | None = None,
    store: str | None = None,
    sql: Pathlike | None = None,
) -> Warehouse:
    """Build a warehouse from a data directory, running only what changed, and open it.

    The arguments are those of ``recsys build``, ``data`` a folder, or with Spark a URL that it reads;
    ``parameters`` are constants of ``sql/parameters.toml`` by their dotted names, such as
    ``{"bayes.confidence": 25}``. InputError names file, line and text of bad input, UsageError a wrong
    argument, BuildError a model that fails; each leaves the warehouse as it was.
    The logger ``recsys`` tells of each model (INFO) and of what had to be left out (WARNING).
    """
    options = Options(
        data=located(data),
        warehouse=Path(warehouse),
        sql=None if sql is None else Path(sql),
        overrides=tuple(f"{name}={_written(value)}" for name, value in (parameters or {}).items()),
        selected=tuple(select),
        sql_only=sql_only,
        no_candidates=no_candidates,
        full_refresh=full_refresh,
        limits=Limits(threads or os.cpu_count() or 1, memory),
        device=device,
        engine=engine,
        spark_master=spark_master,
        store=store,
    )
    run(options, _Log())
    return open(warehouse)


class Warehouse:
    """An open warehouse; close it, or use it in a ``with`` statement.

    It shows the build that was published when it was opened, whatever is built since. Any number may be open
    at a time, of one file or of several; one of them is for one thread.
    """

    def __init__(self, path: Path, *, guarded: bool = False) -> None:
        """With ``guarded``, no query reads or writes anything but the warehouse."""
        self.path, self.guarded = path, guarded
        self._opened: Connection | None = opened(path, guarded)
        self.build_id = build_id(self._opened)

    @property
    def _connection(self) -> Connection:
        if self._opened is None:
            raise UsageError(f"{self.path}: this warehouse is closed")
        return self._opened

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"recsys.open({str(self.path)!r})"

    def close(self) -> None:
        """Let go of the file; relations that were taken from here end with it."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def sql(self, query: str, parameters: Iterable[Any] | Mapping[str, Any] = ()) -> Relation:
        """The result of one SELECT (or FROM, VALUES, DESCRIBE, SUMMARIZE, SHOW) about the warehouse.

        ``parameters`` are the values of ``$1``, ``$2`` or, as a mapping, of ``$name``. Data frames and Arrow
        tables of the caller can be read by the names of their variables.
        """
        values = dict(parameters) if isinstance(parameters, Mapping) else list(parameters)
        with self._told():
            return self._connection.sql(single_select(self._connection, query), params=values or None)

    def leaderboard(self) -> Relation:
        """The rows of ``marts.leaderboard``, the best model first."""
        self._require("marts.leaderboard")
        return self._relation("from marts.leaderboard order by accuracy desc nulls last, model")

    def predictions(self, model: str) -> Relation:
        """The candidates as a model ranks them: rows of ``marts.predictions``, users by id."""
        self._require("marts.leaderboard", "marts.predictions")
        require_model(self._connection, model)
        return self._relation(
            "from marts.predictions where model = $model order by user_id, rank", {"model": model}
        )

    def explain(self, user: Id, item: Id) -> Relation:
        """What an item's score for a user is made of: the rows of the macro ``explain``, in their order.

        UnknownIdError for a user or an item that the data do not know.
        """
        self._require("explain")
        pair = [user_id(self._connection, user), item_id(self._connection, item)]
        try:
            self._connection.sql("from known_pair($1, $2)", params=pair).fetchall()
        except duckdb.InvalidInputException as error:
            raise UnknownIdError(str(error).partition(": ")[2].splitlines()[0]) from None
        return self._relation("from explain($1, $2)", pair)

    def recommend(
        self,
        users: Id | Iterable[Id] | None = None,
        k: int = 10,
        model: str | None = None,
        *,
        include_rated: bool = False,
    ) -> Relation:
        """The best ``k`` items of the whole catalogue for each of the users, by user and rank.

        ``users`` is one id, several, or None for everybody; ``model`` is one that can score any pair, by
        default the one that is made for lists. Fewer than ``k`` rows of a user where the catalogue has no
        more that the user has not rated. Users are worked on in blocks whenever the relation is read, so
        that memory does not grow with their number.

        UnknownIdError for a user that the data do not know, UsageError for a model that cannot score items
        that are no candidates.
        """
        request = self._request(k, model, include_rated)
        return self._connection.from_arrow(_Lists(self, request, users=self._users(users)))

    def recommend_for(
        self,
        ratings: Mapping[Id, float],
        k: int = 10,
        model: str | None = None,
        *,
        include_rated: bool = False,
    ) -> Relation:
        """The best ``k`` items for somebody who is not in the data, from ratings 0..100 by item id.

        The last rating counts as the latest. Nothing is built and nothing is kept. UnknownIdError for an item
        that the data do not know, UsageError as for `recommend`.
        """
        request = self._request(k, model or FOR_VISITORS, include_rated)
        lists = _Lists(self, request, ratings=self._ratings(ratings))
        return self._connection.from_arrow(lists).project('* exclude ("user")')

    def similar(self, item: Id, k: int = 10) -> Relation:
        """The ``k`` tracks that go best with an item, by rank: liked near it in the histories of many.

        UnknownIdError for an item that the data do not know.
        """
        self._require("similar")
        _positive(k)
        return self._relation(
            "select rank, item, name, score from similar($1, $2)",
            [item_id(self._connection, item), k],
        )

    def _request(self, k: int, model: str | None, include_rated: bool) -> RecommendRequest:
        self._require(query_templates.RELATION)
        _positive(k)
        request = RecommendRequest(k, model, include_rated)
        with opened(self.path, self.guarded) as connection:
            Recommender(connection).model(request)
        return request

    def _users(self, users: Id | Iterable[Id] | None) -> list[int] | None:
        if users is None:
            return None
        listed = [users] if isinstance(users, (int, str)) else list(users)
        return user_ids(self._connection, listed)

    def _ratings(self, ratings: Mapping[Id, float]) -> dict[int, float]:
        for item, rating in ratings.items():
            if not 0 <= rating <= 100:
                raise UsageError(f"rating {rating!r} of item {item!r}: expected 0 to 100")
        return dict(zip(item_ids(self._connection, [*ratings]), ratings.values(), strict=True))

    def _require(self, *names: str) -> None:
        require(self._connection, self.path, *names)

    def _relation(self, query: str, parameters: Any = None) -> Relation:
        with self._told():
            return self._connection.sql(query, params=parameters)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """The engine's errors as ours."""
        try:
            yield
        except duckdb.Error as error:
            message = str(error).strip()
            raise Error(damaged(self.path, message) if CORRUPT.search(message) else message) from None


class _Lists:
    """Lists of recommendations as an Arrow stream, which begins anew each time that a relation reads it.

    They are made over an engine of their own, since the one that reads the stream is busy reading it, and
    since two streams may be read at a time.
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
        ratings: Mapping[int, float] | None = None,
    ) -> None:
        self.path, self.guarded, self.build_id = warehouse.path, warehouse.guarded, warehouse.build_id
        self.request, self.users, self.ratings = request, users, ratings

    def __arrow_c_schema__(self) -> object:
        return self.schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        reader = pa.RecordBatchReader.from_batches(self.schema, self._batches())
        return reader.__arrow_c_stream__(requested_schema)

    def _batches(self) -> Iterator[pa.RecordBatch]:
        with opened(self.path, self.guarded) as connection:
            if build_id(connection) != self.build_id:
                raise UsageError(f"{self.path}: built anew since it was opened: open it again")
            recommender = Recommender(connection, Limits(os.cpu_count() or 1))
            for table in self._tables(recommender):
                yield from table.select(self.schema.names).cast(self.schema).to_batches()

    def _tables(self, recommender: Recommender) -> Iterator[pa.Table]:
        if self.ratings is None:
            yield from recommender.blocks(self.request, self.users)
        else:
            yield recommender.for_ratings(self.request, self.ratings)


def _positive(k: int) -> None:
    if k < 1:
        raise UsageError(f"k = {k}: expected 1 or more")


def _written(value: Any) -> str:
    """A constant as ``--set`` reads it."""
    return value if isinstance(value, str) else json.dumps(value)


class _Log:
    """Tells the logger ``recsys`` of a build."""

    def planned(self, steps: list[Step], dropped: list[str]) -> None: ...
    def started(self, step: Step) -> None: ...
    def advanced(self, fraction: float, message: str = "") -> None: ...

    def finished(self, step: Step, record: Record) -> None:
        logger.info(
            "%s: %s rows, %.2f s (%s)", step.name, f"{record.row_count:,}", record.seconds, step.reason
        )

    def left_out(self, model: str, reason: str) -> None:
        logger.warning("left out %s: %s", model, reason)
