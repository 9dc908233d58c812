"""Page of two models: how good each is, and how much their answers differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from recsys.serving.recommender import RecommendRequest
from recsys.ui.entities import Entity
from recsys.ui.request_context import RequestContext, Row
from recsys.ui.site import Site, one_of

SAMPLE = 30  # users whose lists are compared
LENGTH = 10
SHOWN = 8  # users and items that differ most
LIST_MEASURES = {
    "ndcg": "NDCG@10",
    "recall": "recall@10",
    "recall_50": "recall@50",
    "mrr": "MRR",
    "coverage": "coverage",
    "popular_share": "popular share",
}
SCORE_MEASURES = {"accuracy": "accuracy", "auc": "AUC"}


@dataclass(frozen=True)
class Overlap:
    """Compare the lists of some users by two models.

    ``shared`` is the mean number of items in both lists; ``users`` have the fewest; ``items`` are in more
    lists of the first model or of the second, with both numbers.
    """

    count: int
    shared: float
    users: Sequence[tuple[Entity, int]]
    items: Sequence[tuple[Entity, int, int]]


class Comparison:
    """Render the comparison of two list models, or of two models of test items."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def page(self, context: RequestContext, request: Request) -> Response:
        """Render the measures of both models, next to each other."""
        kind, known = _kind(context, request)
        one, other = _chosen(request, known, context if kind == "models" else None)
        board = context.list_leaderboard() if kind == "lists" else context.leaderboard()
        rows = {row["model"]: row for row in board}
        measures = LIST_MEASURES if kind == "lists" else SCORE_MEASURES
        return self.site.page(
            request,
            "compare.html",
            kind=kind,
            known=known,
            one=one,
            other=other,
            rows=[
                (column, name, rows[one][column], rows[other][column])
                for column, name in measures.items()
                if rows[one][column] is not None and rows[other][column] is not None
            ],
            users=rows[one]["users"],
            difference=_difference(context, one, other) if kind == "models" else None,
            has_candidates=bool(context.test_users()),
            disagreeing=_disagreeing(context, one, other) if kind == "models" else [],
        )

    def overlap(self, context: RequestContext, request: Request) -> Response:
        """Render how much the lists of two models overlap, as a part of the page."""
        one, other = _chosen(request, context.list_models())
        users = [row["user_id"] for row in context.rows(_SAMPLED)]
        with context.recommender() as recommender:
            lists = {
                model: next(recommender.blocks(RecommendRequest(LENGTH, model), users)).to_pylist()
                if users
                else []
                for model in (one, other)
            }
        return self.site.page(
            request,
            "overlap.html",
            one=one,
            other=other,
            length=LENGTH,
            overlap=_overlap(context, users, lists[one], lists[other]),
        )


_SAMPLED = f"""
    select user_id from (select distinct user_id from marts.recommendations)
    order by md5(user_id::varchar), user_id limit {SAMPLE}"""


def _kind(context: RequestContext, request: Request) -> tuple[str, list[str]]:
    """Return whether list models or models of test items are compared, and their names."""
    lists, models = context.list_models(), context.models()
    asked = request.query_params.get("of") or (
        "lists" if request.query_params.get("one", lists[0]) in lists else "models"
    )
    kind = one_of("kind of models", asked, ["lists", "models"])
    known = lists if kind == "lists" else models
    if len(known) < 2:
        raise HTTPException(404, "There are no two models to compare.")
    return kind, known


def _chosen(request: Request, known: list[str], context: RequestContext | None = None) -> tuple[str, str]:
    """Return the two models of an address, by default the best two.

    With a context, which is given for models of test items, the other model is by default the best one that
    predicts something else.
    """
    one = one_of("model", request.query_params.get("one") or known[0], known)
    others = [model for model in known if model != one]
    if asked := request.query_params.get("other"):
        return one, one_of("model", asked, known)
    differs = (model for model in others if context is None or _disagreeing(context, one, model, most=1))
    return one, next(differs, others[0])


def _difference(context: RequestContext, one: str, other: str) -> Mapping[str, Any] | None:
    """Return the difference in accuracy with its interval; None where the two were not compared."""
    if not context.has("marts.significance"):
        return None
    sql = "from marts.significance where (better, worse) in (($one, $other), ($other, $one))"
    return next(iter(context.rows(sql, one=one, other=other)), None)


def _disagreeing(
    context: RequestContext, one: str, other: str, most: int = SHOWN
) -> list[tuple[Entity, int]]:
    """Return the users with most test items that the two models predict differently."""
    sql = f"from disagreements($one, $other) order by candidates desc, user_id limit {most}"
    found = context.rows(sql, one=one, other=other)
    entities = context.entities.users(row["user_id"] for row in found)
    return [(entities[row["user_id"]], row["candidates"]) for row in found]


def _overlap(
    context: RequestContext, users: Sequence[int], first: Sequence[Row], second: Sequence[Row]
) -> Overlap:
    in_first = {(row["user_id"], row["item_id"]) for row in first}
    in_second = {(row["user_id"], row["item_id"]) for row in second}
    shared = Counter(user for user, _ in in_first & in_second)
    fewest = sorted(users, key=lambda user: (shared[user], user))[:SHOWN]
    counts = [Counter(item for _, item in rows) for rows in (in_first, in_second)]
    items = sorted(counts[0] | counts[1], key=lambda item: (-abs(counts[0][item] - counts[1][item]), item))
    named_users, named_items = context.entities.users(fewest), context.entities.items(items[:SHOWN])
    return Overlap(
        len(users),
        sum(shared.values()) / len(users) if users else 0.0,
        [(named_users[user], shared[user]) for user in fewest],
        [(named_items[item], counts[0][item], counts[1][item]) for item in items[:SHOWN]],
    )
