"""A ranker over the scores of other list models: LightGBM's lambdarank on held-out likes.

Burges, "From RankNet to LambdaRank to LambdaMART", 2010. The examples are the items that compete for the list
of a validation user (`competition`), the held-out likes among them are relevant. Trees are trained on those
that a part ranks among its first `TRAINED`, of users with a like among them: on a million likes that takes
less than half the time and loses nothing. Each fold of users is judged by the trees of the other folds; lists
take the mean of all folds' trees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from recsys.evaluation.ranking import hits
from recsys.learners.lists.blend import OUTSIDE, Blend, CompetingScores, Scored
from recsys.learners.lists.competition import Competing, Competitors
from recsys.learners.lists.forest import Mean, mean_of
from recsys.learners.lists.interactions import Interactions, ItemCounts
from recsys.learners.lists.model import ListModel, rounded
from recsys.learners.lists.split import Split

if TYPE_CHECKING:  # importing it takes a second: the functions that need it do
    import lightgbm

FOLDS = 5
LEAST_USERS = 50  # validation users below which no trees are learned
START, LIKES, HISTORY = "start", "likes", "history"  # further inputs
FEATURES_OF_PART = 2  # scaled score and rank
TRAINED = 40
_TREES, _PATIENCE = 60, 10
_SETTINGS = {
    "objective": "lambdarank",
    "metric": "ndcg",
    "eval_at": [10],
    "lambdarank_truncation_level": 20,
    "learning_rate": 0.15,  # a third of the trees of 0.05, and an NDCG that does not differ
    "num_leaves": 15,
    "max_bin": 63,
    "min_data_in_leaf": 100,
    "feature_fraction": 0.8,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 10.0,
    "num_threads": 1,  # folds are the threads: LightGBM's own wait in a loop where cores are busy
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}


@dataclass(frozen=True)
class ItemFacts:
    """Features of items: number of users, number of likes and share of likes, float64 (items)."""

    item_ids: np.ndarray
    values: np.ndarray

    NAMES = ("users", "likes", "like_share")

    @classmethod
    def of(cls, interactions: Interactions | ItemCounts) -> ItemFacts:
        """Return the facts of all items."""
        users, likes = interactions.rater_counts, interactions.like_counts
        columns = [np.log1p(users), np.log1p(likes), likes / np.maximum(users, 1)]
        return cls(interactions.item_ids, np.column_stack(columns))


@dataclass(frozen=True)
class Ranker:
    """Trees over the scores of parts.

    Parameters
    ----------
    parts : mapping of name to ListModel
        Models whose scores and ranks are features.
    trees : tuple of lightgbm.Booster
        One for each fold.
    facts : ItemFacts
        Features of items.
    """

    parts: Mapping[str, ListModel]
    trees: tuple[lightgbm.Booster, ...]
    facts: ItemFacts

    @property
    def item_ids(self) -> np.ndarray:
        """Items that any part scores, ascending."""
        return self.plain.item_ids

    def scores(self, histories: Interactions) -> np.ndarray:
        """Return the trees' mean score where an item competes, and below it the order of a plain blend."""
        return self.scored(histories).total

    def scored(self, histories: Interactions) -> Scored:
        """Return the scores of a block of users, and those of the parts, which weigh alike."""
        known, blend = histories.with_items(self.item_ids), self.plain
        made = Competitors.of(blend, known, has_rows=True)
        unscaled = made.unscaled or ()
        total = blend.sum_of(unscaled, made.scales)
        total -= OUTSIDE
        rows, places = np.nonzero(made.items >= 0)
        total[rows, made.items[rows, places]] = self.totals(made, known)[rows, places]
        total = rounded(total)
        return Scored(total, total, blend.shares, unscaled, made.scales)

    def totals(self, competing: CompetingScores, histories: Interactions) -> np.ndarray:
        """Return the trees' mean score float64 (users, width) of the competing items."""
        found = np.zeros(competing.items.shape)
        is_there = competing.items >= 0
        if is_there.any():
            some = Competing(competing.items, dict(zip(self.parts, competing.scores, strict=True)))
            found[is_there] = self.forest.predict(features(some, histories, self.facts))
        return rounded(found)

    @cached_property
    def forest(self) -> Mean:
        """The mean of the folds' trees as it is evaluated, many examples at a time."""
        return mean_of(self.trees)

    def inputs(self, history: Interactions, item: int) -> dict[str, float] | None:
        """Return what each input adds to the score of an item by the trees, which is the sum of them.

        Lundberg et al., "From local explanations to global understanding with explainable AI for trees",
        Nature Machine Intelligence 2020, averaged over the trees of the folds.

        Parameters
        ----------
        history : Interactions
            Of one user.
        item : int
            Position in ``item_ids``.

        Returns
        -------
        dict or None
            The start, the parts by their names, and `LIKES` and `HISTORY`; None where the item does not
            compete for the list, so that no tree scores it.
        """
        known = history.with_items(self.item_ids)
        competing = Competing.of(self.parts, known)
        items = competing.items[0][competing.items[0] >= 0]
        example = features(competing, known, self.facts)[np.flatnonzero(items == item)]
        if not len(example):
            return None
        adds = np.mean(
            [tree.predict(example, num_threads=1, pred_contrib=True) for tree in self.trees], axis=0
        )
        names = [name for name in self.parts for _ in range(FEATURES_OF_PART)]
        names += [LIKES] * len(ItemFacts.NAMES) + [HISTORY, START]
        found = dict.fromkeys([START, *self.parts, LIKES, HISTORY], 0.0)
        for name, amount in zip(names, adds[0].tolist(), strict=True):
            found[name] += amount
        return found

    def to_tables(self) -> Mapping[str, pa.Table]:
        """Return ``ranker_trees (fold, model)``: the text of each fold's trees."""
        texts = [tree.model_to_string() for tree in self.trees]
        return {"ranker_trees": pa.table({"fold": pa.array(range(len(texts)), pa.int32()), "model": texts})}

    @classmethod
    def from_tables(
        cls, tables: Mapping[str, pa.Table], parts: Mapping[str, ListModel], facts: ItemFacts
    ) -> Ranker:
        """Return the ranker that `to_tables` wrote, over parts that were read from their own relations.

        Parts are those of the training, in the same order.
        """
        import lightgbm

        texts = tables["ranker_trees"].sort_by("fold")["model"].to_pylist()
        return cls(parts, tuple(lightgbm.Booster(model_str=text) for text in texts), facts)

    @cached_property
    def plain(self) -> Blend:
        """The mean of the parts, which orders what does not compete and gives the reasons."""
        return Blend(self.parts, dict.fromkeys(self.parts, 1.0 / len(self.parts)))


@dataclass(frozen=True)
class CrossValidated:
    """Trees of all folds, and for each validation user the list by the trees that did not see the user.

    ``items`` int64 and ``scores`` float64 (users, k), best first; -1 and -inf where a list has ended.
    """

    trees: tuple[lightgbm.Booster, ...]
    items: np.ndarray
    scores: np.ndarray


def fit(
    parts: Mapping[str, ListModel],
    split: Split,
    k: int,
    threads: int = 2,
    seed: int = 2019,
    rounds: int | None = None,
) -> CrossValidated:
    """Fit trees on the held-out likes of the validation users, in folds of users.

    Parameters
    ----------
    parts : mapping of name to ListModel
        Fitted on ``split.training``.
    split : Split
        Validation split with at least `LEAST_USERS` users.
    k : int
        Length of the lists of validation users.
    threads : int
        Threads; they do not change results.
    seed : int
        Seed of the folds and trees.
    rounds : int, optional
        Trees of each fold. Default: the number with the best mean NDCG over the folds.
    """
    histories = split.histories
    competing = Competing.of(parts, histories, threads)
    is_competing = competing.items >= 0
    examples = _Examples(
        features(competing, histories, ItemFacts.of(split.training)),
        hits(competing.items, split.held_out)[is_competing],
        np.nonzero(is_competing)[0],
        np.random.default_rng(seed).permutation(len(is_competing)) % FOLDS,
    )
    trees = examples.trees({**_SETTINGS, "seed": seed}, rounds, threads)
    scores = np.full(competing.items.shape, -np.inf)
    scores[is_competing] = np.round(examples.scores(trees), 9)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    lists, ranked = (np.take_along_axis(each, order, axis=1) for each in (competing.items, scores))
    return CrossValidated(trees, lists, ranked)


@dataclass(frozen=True)
class _Examples:
    """Features, relevance and user (examples), user by user, and the fold of each user (users)."""

    features: np.ndarray
    labels: np.ndarray
    users: np.ndarray
    folds: np.ndarray

    @cached_property
    def fold_of(self) -> np.ndarray:
        return self.folds[self.users]

    @cached_property
    def trained(self) -> _Examples:
        """Those that trees learn from; all of them if a fold has no like among them."""
        ranks = self.features[:, 1 : -len(ItemFacts.NAMES) - 1 : FEATURES_OF_PART]
        is_high = ranks.min(axis=1) < np.log1p(TRAINED)
        has_like = np.bincount(self.users, self.labels * is_high, len(self.folds)) > 0
        kept = is_high & has_like[self.users]
        return self._some(kept) if len(np.unique(self.fold_of[kept])) == FOLDS else self

    def _some(self, kept: np.ndarray) -> _Examples:
        return replace(self, features=self.features[kept], labels=self.labels[kept], users=self.users[kept])

    def trees(
        self, settings: Mapping[str, object], rounds: int | None, threads: int
    ) -> tuple[lightgbm.Booster, ...]:
        """Return the trees of each fold: those of the other folds' examples."""
        import lightgbm

        some = self.trained
        sizes = np.unique(some.users, return_counts=True)[1]
        whole = lightgbm.Dataset(some.features, some.labels, group=sizes, params=dict(settings))
        whole.construct()
        with ThreadPoolExecutor(threads) as pool:
            runs = list(pool.map(lambda fold: some._run(whole, fold, settings, rounds), range(FOLDS)))
        if rounds is None:
            shortest = min(len(quality) for _, quality in runs)
            rounds = int(np.argmax(np.mean([quality[:shortest] for _, quality in runs], axis=0))) + 1
        return tuple(_cut(tree, rounds) for tree, _ in runs)

    def scores(self, trees: Sequence[lightgbm.Booster]) -> np.ndarray:
        """Return the score of each example by the trees that did not see its user."""
        found = np.zeros(len(self.labels))
        for fold, tree in enumerate(trees):
            if (mask := self.fold_of == fold).any():
                found[mask] = tree.predict(self.features[mask], num_threads=1)
        return found

    def _run(
        self, whole: lightgbm.Dataset, fold: int, settings: Mapping[str, object], rounds: int | None
    ) -> tuple[lightgbm.Booster, np.ndarray]:
        """Return trees of the other folds, and the NDCG of the fold after each of them.

        All folds share the bins of the features, which are made without the labels. Without a number of
        rounds training stops where `_PATIENCE` trees bring the fold nothing.
        """
        import lightgbm

        judged = self.fold_of == fold
        training, other = (whole.subset(np.flatnonzero(mask)) for mask in (~judged, judged))
        history: dict[str, dict[str, list[float]]] = {}
        callbacks = [lightgbm.record_evaluation(history)]
        if rounds is None:
            callbacks.append(lightgbm.early_stopping(_PATIENCE, verbose=False))
        tree = lightgbm.train(dict(settings), training, rounds or _TREES, [other], callbacks=callbacks)
        return tree, np.array(history["valid_0"]["ndcg@10"])


def features(competing: Competing, histories: Interactions, facts: ItemFacts) -> np.ndarray:
    """Return the features float64 (examples, features) of the competing items, user by user.

    For each part the scaled score and the logarithm of the rank among the competing items, the facts of the
    item, and the logarithm of the number of the user's interactions.
    """
    is_competing = competing.items >= 0
    columns = []
    for scores in competing.scores.values():
        filled = np.where(is_competing, scores, -np.inf)
        ranks = np.argsort(np.argsort(-filled, axis=1, kind="stable"), axis=1)
        columns += [scores[is_competing], np.log1p(ranks)[is_competing]]
    rows, _ = np.nonzero(is_competing)
    ids = histories.item_ids[competing.items[is_competing]]
    columns += list(facts.values[np.searchsorted(facts.item_ids, ids)].T)
    columns.append(np.log1p(np.diff(histories.begins))[rows])
    return np.column_stack(columns)


def _cut(tree: lightgbm.Booster, rounds: int) -> lightgbm.Booster:
    """Return the first trees alone."""
    import lightgbm

    return lightgbm.Booster(model_str=tree.model_to_string(num_iteration=rounds))
