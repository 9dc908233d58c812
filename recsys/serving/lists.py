"""Recommend from the whole catalogue: rank the retrieved candidates by a model.

Users are processed in blocks, so that memory does not grow with their number. All computation is SQL of the
warehouse (`recsys.serving.query_templates`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from recsys.backends.database import Limits
from recsys.backends.duckdb.connection import query
from recsys.backends.duckdb.statements import Connection
from recsys.errors import UnknownIdError, UsageError, unknown
from recsys.serving.interactions import interactions
from recsys.serving.queries import has
from recsys.serving.query_templates import Evaluation, QueryTemplates
from recsys.serving.scratch import Scratch

SCHEMA = "retrieval"
DEFAULT = "affinity"  # a model of the whole catalogue; the leaderboard judges models on test items
FOR_VISITORS = DEFAULT  # no factors were learned for them
JUDGED = "learned.list_validation"
VALIDATION = f"select model from {JUDGED} order by ndcg desc, model limit 1"
BY_NEIGHBOURS = ("affinity", "catalogue_ranker")  # models whose reasons are ratings of similar items
OF_FEW = ("catalogue_ranker",)  # models that score only the candidates of highest affinity
BLOCK = 4000  # users
VISITOR = 0  # user id of a visitor who is not in the data

BY_MODEL = ("scores", "best", "reasons", "recommended")  # relations that differ between models
RATINGS = (
    "select user_id, item_id, rating, seq, value, is_like from staging.ratings "
    f"where user_id in (select user_id from scratch.{SCHEMA}.users)"
)

EVERYBODY = "select distinct user_id from staging.ratings union select user_id from staging.candidates"

USERS = pa.schema({"user_id": pa.int32()})

Report = Callable[[float, str], None]


@dataclass(frozen=True)
class RecommendRequest:
    """Request at most ``k`` items per user, ranked by ``model`` (None: the default model)."""

    k: int = 10
    model: str | None = None
    includes_rated: bool = False

    def table(self, model: str) -> pa.Table:
        """Return the request as the one-row relation that the SQL reads."""
        return pa.table(
            {
                "k": pa.array([self.k], pa.int32()),
                "includes_rated": [self.includes_rated],
                "is_by_levels": [model not in BY_NEIGHBOURS],
                "is_short": [model in OF_FEW],
            }
        )


class Recommender:
    """Recommend from one open warehouse.

    Lists are Arrow tables ``(user_id, rank, track_id, user, item, name, score, reason)``, by user and rank;
    ``user`` and ``item`` are original ids. A user has fewer than ``k`` rows if the catalogue is exhausted.
    """

    def __init__(self, connection: Connection, limits: Limits | None = None) -> None:
        self.connection = connection
        self.requests = QueryTemplates.of(connection)
        self.scratch = Scratch(connection, limits or Limits(), [SCHEMA])

    @property
    def models(self) -> list[str]:
        """Return the models that can score any pair."""
        return self.requests.scores(SCHEMA)

    @cached_property
    def default(self) -> str:
        """Return the model for requests that name none: the better one in validation."""
        if "catalogue_ranker" not in self.models or not has(self.connection, JUDGED):
            return DEFAULT
        best: str = query(self.connection, VALIDATION)["model"][0].as_py()
        return best

    def model(self, request: RecommendRequest) -> str:
        """Return the model of a request; raise UsageError for one that cannot score any pair."""
        name = request.model or self.default
        if name not in self.models:
            raise UsageError(f"{name}: {self._refusal(name)}")
        return name

    def _refusal(self, name: str) -> str:
        """Return why a model makes no lists, and which models do."""
        able = ", ".join(self.models)
        has_scores = has(self.connection, "marts.leaderboard")
        scored = query(self.connection, "from marts.leaderboard")["model"].to_pylist() if has_scores else []
        if name in scored:
            return f"makes no lists, only scores of test items; choose from {able}"
        return unknown("model", name, {*scored, *self.models}, f"choose from {able}")

    def blocks(
        self,
        request: RecommendRequest,
        users: Sequence[int] | None = None,
        report: Report | None = None,
        size: int = BLOCK,
    ) -> Iterator[pa.Table]:
        """Yield lists for these users, or for all users with ratings or candidates, block by block.

        Raises UnknownIdError for a user that is not in the data.
        """
        wanted = self._known(users)
        for start in range(0, len(wanted), size):
            block = wanted[start : start + size]
            yield self._of_block(request, block)
            if report is not None:
                done = min(start + size, len(wanted))
                report(done / len(wanted), f"{done:,} of {len(wanted):,} users")

    def by_models(self, request: RecommendRequest, models: Sequence[str], user: int) -> dict[str, pa.Table]:
        """Return a known user's lists by several models over the same retrieved candidates.

        Raises UsageError as `model` does.
        """
        evaluation = self._evaluation([user], RATINGS)
        return {
            model: self._ranked(evaluation, RecommendRequest(request.k, model, request.includes_rated))
            for model in models
        }

    def for_ratings(self, request: RecommendRequest, ratings: Mapping[int, float]) -> pa.Table:
        """Return a list for a visitor who is not in the data, from values by item id.

        Values are on the scale of the data: stars, plays, 0 to 100.
        """
        known = interactions(self.connection)
        given = pa.table(
            {
                "user_id": pa.array([VISITOR] * len(ratings), pa.int32()),
                "item_id": pa.array(ratings.keys(), pa.int32()),
                "rating": pa.array(map(known.rating, ratings.values()), pa.int32()),
                "seq": pa.array(range(len(ratings)), pa.int64()),
                "value": pa.array(ratings.values(), pa.float64()),
                "is_like": pa.array(map(known.is_like, ratings.values()), pa.bool_()),
            }
        )
        return self._list(request, [VISITOR], given)

    def _known(self, users: Sequence[int] | None) -> pa.Array:
        if users is None:
            return query(self.connection, f"from ({EVERYBODY}) order by user_id")["user_id"]
        named = pa.table({"user_id": pa.array(users, pa.int64())})
        self.scratch.put(f"{SCHEMA}.evaluation", named)
        unknown = query(
            self.connection, f"from scratch.{SCHEMA}.evaluation anti join ({EVERYBODY}) using (user_id)"
        )
        if unknown.num_rows:
            raise UnknownIdError(f"no user {unknown['user_id'][0]} in the data")
        return named["user_id"]

    def _of_block(self, request: RecommendRequest, users: pa.Array) -> pa.Table:
        return self._list(request, users, RATINGS)

    def _list(
        self, request: RecommendRequest, users: pa.Array | Sequence[int], ratings: pa.Table | str
    ) -> pa.Table:
        return self._ranked(self._evaluation(users, ratings), request)

    def _evaluation(self, users: pa.Array | Sequence[int], ratings: pa.Table | str) -> Evaluation:
        evaluation = Evaluation(self.requests, self.scratch)
        evaluation.set_input(f"{SCHEMA}.users", pa.table({"user_id": users}).cast(USERS))
        evaluation.set_input(f"{SCHEMA}.ratings", ratings)
        return evaluation

    def _ranked(self, evaluation: Evaluation, request: RecommendRequest) -> pa.Table:
        """Rank by one model, discarding what another model ranked in the same evaluation."""
        model = self.model(request)
        if evaluation.has(f"{SCHEMA}.request") and self._is_short() != (model in OF_FEW):
            evaluation.invalidate_from(f"{SCHEMA}.pairs")
        evaluation.invalidate(*(f"{SCHEMA}.{name}" for name in BY_MODEL))
        evaluation.set_input(f"{SCHEMA}.request", request.table(model))
        evaluation.make(f"{SCHEMA}.scores_{model}")
        evaluation.set_input(f"{SCHEMA}.scores", f"select * from scratch.{SCHEMA}.scores_{model}")
        return evaluation.make(f"{SCHEMA}.recommended")

    def _is_short(self) -> bool:
        """Return whether the current request retrieves few candidates."""
        return bool(self.scratch.table(f"{SCHEMA}.request")["is_short"][0].as_py())
