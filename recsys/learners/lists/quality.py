"""Quality of the lists of a model, on likes that were held out of the histories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_array

from recsys.evaluation import bootstrap, ranking
from recsys.learners.lists import diversity as diversifying
from recsys.learners.lists.interactions import Interactions, positions
from recsys.learners.lists.model import ListModel
from recsys.learners.lists.top import gathered, top

K, DEEP = 10, 50  # lengths of the lists that are judged
BY_USER = ("ndcg", "recall", "recall_50", "mrr")
USERS = pa.schema({"model": pa.string(), "user_id": pa.int32(), **dict.fromkeys(BY_USER, pa.float64())})
MODELS = pa.schema(
    {
        "model": pa.string(),
        "position": pa.int32(),
        **dict.fromkeys(("ndcg", "lower", "upper", "recall", "recall_50", "mrr"), pa.float64()),
        "coverage": pa.float64(),
        "popular_share": pa.float64(),
        "users": pa.int32(),
        "group_letter": pa.string(),
    }
)


@dataclass(frozen=True)
class Judge:
    """Held-out likes of some users, and the histories that models recommend from.

    Parameters
    ----------
    histories : Interactions
        Of the users who have held-out likes, in the order of ``held_out``.
    like_counts : int array (items)
        Likes in the history of all users.
    held_out : ranking.HeldOut
        As positions of items of the histories.
    threads : int
        Threads that make lists.
    k : int
        Length of the lists that are judged, at most `DEEP`.
    diversity : float from 0 to 1
        How much similar items are kept apart.
    choices : csr_array (all users, items)
        1 where a user of the history chose an item, for diversity.
    """

    histories: Interactions
    like_counts: np.ndarray
    held_out: ranking.HeldOut
    threads: int
    k: int = K
    diversity: float = 0.0
    choices: csr_array | None = None

    @classmethod
    def of(
        cls, history: Interactions, held_out: pa.Table, threads: int, k: int = K, diversity: float = 0.0
    ) -> Judge:
        """Return the judge of held-out likes ``(user_id, item_id)``; every user has a history."""
        users, rows = np.unique(held_out["user_id"].to_numpy(), return_inverse=True)
        histories = history.users(np.searchsorted(history.user_ids, users))
        places = positions(history.item_ids, held_out["item_id"].to_numpy())
        likes = ranking.HeldOut.from_pairs(rows, places, len(users), history.item_count)
        choices = history.matrix(np.ones(history.entry_count, np.float32)) if diversity else None
        return cls(histories, history.like_counts, likes, threads, k, diversity, choices)

    def lists(self, model: ListModel) -> np.ndarray:
        """Return positions of the best `DEEP` items of each user, -1 where a list has ended."""
        found = top(model, self.histories, self.like_counts, self.length, self.threads)
        return self.diverse(*gathered(found, self.histories.user_count, self.length))

    @property
    def length(self) -> int:
        """Items per list that `diverse` needs."""
        return DEEP if self.choices is None else diversifying.pool(self.k)

    def diverse(self, lists: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """Return lists of `DEEP` items, chosen from lists of `length` with their scores (users, length)."""
        if self.choices is None:
            return lists
        return diversifying.reranked(lists, scores, self.choices, self.diversity, DEEP)

    def listed(self, made: pa.Table) -> np.ndarray:
        """Return the same of lists that were made before, ``(user_id, rank, item_id)``, rank from 1."""
        found = np.full((self.histories.user_count, DEEP), ranking.NO_ITEM)
        rows = np.searchsorted(self.histories.user_ids, made["user_id"].to_numpy())
        places = positions(self.histories.item_ids, made["item_id"].to_numpy())
        found[rows, made["rank"].to_numpy() - 1] = places
        return found

    def by_user(self, lists: np.ndarray) -> dict[str, np.ndarray]:
        """Return the measures `BY_USER` of each user."""
        deep = ranking.by_user(lists, self.held_out, DEEP)
        return {**ranking.by_user(lists, self.held_out, self.k), "recall_50": deep["recall"]}

    def popular_share(self, lists: np.ndarray) -> float:
        """Return the mean share of the most liked tenth of the items in the lists."""
        is_popular = np.zeros(self.histories.item_count, bool)
        candidates = np.flatnonzero(self.histories.is_candidate)
        is_popular[candidates[ranking.popular_items(self.like_counts[candidates])]] = True
        shares = ranking.popular_share(lists[:, : self.k], is_popular)
        return float(np.nanmean(shares)) if len(shares) else np.nan

    def users_table(self, judged: Mapping[str, Mapping[str, np.ndarray]]) -> pa.Table:
        """Return ``lists.validation``: a row for each model and user."""
        user_ids = self.histories.user_ids
        parts = [
            {"model": [model] * len(user_ids), "user_id": user_ids, **{name: found[name] for name in BY_USER}}
            for model, found in judged.items()
        ]
        return pa.concat_tables([USERS.empty_table(), *(pa.table(part).cast(USERS) for part in parts)])

    def models_table(
        self, lists: Mapping[str, np.ndarray], judged: Mapping[str, Mapping[str, np.ndarray]]
    ) -> pa.Table:
        """Return ``lists.quality``: a row for each model, without figures where no user can be judged."""
        letters = bootstrap.groups({model: found["ndcg"] for model, found in judged.items()})
        rows = [
            {
                "model": model,
                "position": position,
                **_interval(found["ndcg"]),
                **{name: _mean(found[name]) for name in ("recall", "recall_50", "mrr")},
                "coverage": ranking.coverage(lists[model][:, : self.k], self.histories.is_candidate),
                "popular_share": self.popular_share(lists[model]),
                "users": len(found["ndcg"]),
                "group_letter": letters[model],
            }
            for position, (model, found) in enumerate(judged.items())
        ]
        return pa.Table.from_pylist([_without_nan(row) for row in rows], MODELS)


def lists_table(user_ids: np.ndarray, item_ids: np.ndarray, lists: np.ndarray) -> pa.Table:
    """Return lists of item positions as rows ``(user_id, rank, item_id)``, rank from 1."""
    rows, places = np.nonzero(lists != ranking.NO_ITEM)
    columns = user_ids[rows], places + 1, item_ids[lists[rows, places]]
    names = ("user_id", "rank", "item_id")
    return pa.table([pa.array(column).cast(pa.int32()) for column in columns], names=names)


def _interval(values: np.ndarray) -> dict[str, float]:
    found = bootstrap.interval(values)
    return {"ndcg": found.mean, "lower": found.lower, "upper": found.upper}


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else np.nan


def _without_nan(row: Mapping[str, object]) -> dict[str, object]:
    return {
        name: None if isinstance(value, float) and np.isnan(value) else value for name, value in row.items()
    }
