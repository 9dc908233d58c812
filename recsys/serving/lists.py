"""Lists for users from the whole catalogue: what retrieval proposes, ranked by a model.

Users are taken in blocks, so that memory does not grow with their number. Everything that is computed is SQL
of the warehouse (`recsys.serving.query_templates`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from recsys.backends.database import Limits
from recsys.backends.duckdb.connection import query
from recsys.backends.duckdb.statements import Connection
from recsys.errors import UnknownIdError, UsageError
from recsys.serving.queries import has
from recsys.serving.query_templates import Evaluation, QueryTemplates
from recsys.serving.scratch import Scratch

SCHEMA = "retrieval"
DEFAULT = (
    "affinity"  # what the list of a user is made for; the models of the leaderboard judge given candidates
)
FOR_VISITORS = DEFAULT  # of whom no factors were learned
JUDGED = "learned.list_validation"
VALIDATION = f"select model from {JUDGED} order by ndcg desc, model limit 1"
BY_NEIGHBOURS = (
    "affinity",
    "catalogue_ranker",
)  # models whose reasons are ratings of items that go with the track
OF_FEW = ("catalogue_ranker",)  # models that score only the retrieved tracks of the highest affinity
BLOCK = 4000  # users at a time
VISITOR = 0  # the user id of somebody who is not in the data

BY_MODEL = ("scores", "best", "reasons", "recommended")  # relations that are different for each model
RATINGS = (
    "select user_id, item_id, rating, seq from staging.ratings "
    f"where user_id in (select user_id from scratch.{SCHEMA}.users)"
)

EVERYBODY = "select distinct user_id from staging.ratings union select user_id from staging.candidates"

USERS = pa.schema({"user_id": pa.int32()})

Report = Callable[[float, str], None]


@dataclass(frozen=True)
class RecommendRequest:
    """What is evaluation for: at most ``k`` tracks a user, ranked by ``model`` (None: the default)."""

    k: int = 10
    model: str | None = None
    includes_rated: bool = False

    def table(self, model: str) -> pa.Table:
        return pa.table(
            {
                "k": pa.array([self.k], pa.int32()),
                "includes_rated": [self.includes_rated],
                "is_by_levels": [model not in BY_NEIGHBOURS],
                "is_short": [model in OF_FEW],
            }
        )


class Recommender:
    """Recommends from one open warehouse.

    Lists are Arrow tables ``(user_id, rank, track_id, user, item, name, score, reason)``, by user and rank;
    ``user`` and ``item`` are ids as the data's owner writes them. Fewer than ``k`` rows of a user where the
    catalogue has no more.
    """

    def __init__(self, connection: Connection, limits: Limits | None = None) -> None:
        self.connection = connection
        self.requests = QueryTemplates.of(connection)
        self.scratch = Scratch(connection, limits or Limits(), [SCHEMA])

    @property
    def models(self) -> list[str]:
        """The models that can score any pair."""
        return self.requests.scores(SCHEMA)

    @cached_property
    def default(self) -> str:
        """The model that makes lists unless one is evaluation for: the better one in validation, where two can."""
        if "catalogue_ranker" not in self.models or not has(self.connection, JUDGED):
            return DEFAULT
        best: str = query(self.connection, VALIDATION)["model"][0].as_py()
        return best

    def model(self, request: RecommendRequest) -> str:
        """The name of the model that a request means; UsageError for one that cannot score any pair."""
        name = request.model or self.default
        if name not in self.models:
            able = ", ".join(self.models)
            raise UsageError(f"{name!r} cannot score tracks that are no candidates: expected one of {able}")
        return name

    def blocks(
        self,
        request: RecommendRequest,
        users: Sequence[int] | None = None,
        report: Report | None = None,
        size: int = BLOCK,
    ) -> Iterator[pa.Table]:
        """Lists for these users, or for everybody who rated something or has candidates, block by block.

        UnknownIdError for a user whom no file knows.
        """
        wanted = self._known(users)
        for start in range(0, len(wanted), size):
            block = wanted[start : start + size]
            yield self._of_block(request, block)
            if report is not None:
                done = min(start + size, len(wanted))
                report(done / len(wanted), f"{done:,} of {len(wanted):,} users")

    def by_models(self, request: RecommendRequest, models: Sequence[str], user: int) -> dict[str, pa.Table]:
        """The lists of a user whom the data know, by several models, of what is retrieved once.

        UsageError as for `model`.
        """
        evaluation = self._evaluation([user], RATINGS)
        return {
            model: self._ranked(evaluation, RecommendRequest(request.k, model, request.includes_rated))
            for model in models
        }

    def for_ratings(self, request: RecommendRequest, ratings: Mapping[int, float]) -> pa.Table:
        """A list for somebody who is not in the data, from a handful of ratings 0..100 by item id."""
        given = pa.table(
            {
                "user_id": pa.array([VISITOR] * len(ratings), pa.int32()),
                "item_id": pa.array(ratings.keys(), pa.int32()),
                "rating": pa.array(map(round, ratings.values()), pa.int32()),
                "seq": pa.array(range(len(ratings)), pa.int64()),
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
            raise UnknownIdError(f"user {unknown['user_id'][0]}: no file of this warehouse knows this user")
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
        """The lists by one model; what another one has ranked in this round is made anew."""
        model = self.model(request)
        if evaluation.has(f"{SCHEMA}.request") and self._is_short() != (model in OF_FEW):
            evaluation.invalidate_from(f"{SCHEMA}.pairs")
        evaluation.invalidate(*(f"{SCHEMA}.{name}" for name in BY_MODEL))
        evaluation.set_input(f"{SCHEMA}.request", request.table(model))
        evaluation.make(f"{SCHEMA}.scores_{model}")
        evaluation.set_input(f"{SCHEMA}.scores", f"select * from scratch.{SCHEMA}.scores_{model}")
        return evaluation.make(f"{SCHEMA}.recommended")

    def _is_short(self) -> bool:
        """Whether the pairs of this round are few."""
        return bool(self.scratch.table(f"{SCHEMA}.request")["is_short"][0].as_py())
