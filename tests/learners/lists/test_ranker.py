"""The ranker over models' scores: it learns which part to trust, repeats itself, and reads what it wrote."""

from __future__ import annotations

import lightgbm
import numpy as np
import pytest

from recsys.evaluation.ranking import HeldOut, by_user
from recsys.learners.lists import competition, ranker
from recsys.learners.lists.competition import Competing
from recsys.learners.lists.counts import ItemScores
from recsys.learners.lists.forest import Boosters, Forest, mean_of
from recsys.learners.lists.interactions import Interactions
from recsys.learners.lists.ranker import CrossValidated, ItemFacts, Ranker
from recsys.learners.lists.split import Split
from recsys.learners.lists.top import gathered, top
from tests.learners.lists.worlds import random_interactions

USERS, ITEMS = 100, 130


@pytest.fixture(scope="module")
def interactions() -> Interactions:
    return random_interactions(USERS, ITEMS, share=0.05)


@pytest.fixture(scope="module")
def parts(interactions: Interactions) -> dict[str, ItemScores]:
    """One part knows the truth with some noise, the other is noise."""
    rng = np.random.default_rng(0)
    truth = np.arange(ITEMS) / 20
    noise = rng.normal(size=(2, ITEMS))
    return {
        "noise": ItemScores(interactions.item_ids, 3 * noise[0]),
        "truth": ItemScores(interactions.item_ids, truth + 0.3 * noise[1]),
    }


@pytest.fixture(scope="module")
def made(interactions: Interactions) -> Split:
    """The last unseen items of each user are the held-out likes."""
    unseen = interactions.matrix(np.ones(interactions.entry_count)).toarray() == 0
    best = np.argsort(np.where(unseen, -np.arange(ITEMS), 1), axis=1)[:, :6]
    held_out = HeldOut.from_pairs(np.repeat(np.arange(USERS), 6), best.ravel(), USERS, ITEMS)
    return Split(interactions, np.arange(USERS), held_out)


@pytest.fixture(scope="module")
def found(parts: dict[str, ItemScores], made: Split) -> CrossValidated:
    return ranker.fit(parts, made, 10, rounds=25)


def ndcg(items: np.ndarray, made: Split) -> float:
    return float(by_user(items, made.held_out, 10)["ndcg"].mean())


def listed(model: object, interactions: Interactions) -> np.ndarray:
    lists = top(model, interactions, interactions.like_counts, 10)  # type: ignore[arg-type]
    return gathered(lists, USERS, 10)[0]


def test_it_trusts_the_part_that_is_right(
    found: CrossValidated, parts: dict[str, ItemScores], made: Split
) -> None:
    assert ndcg(found.items, made) > 0.9 * ndcg(listed(parts["truth"], made.training), made)
    assert ndcg(found.items, made) > 2 * ndcg(listed(parts["noise"], made.training), made)


def test_it_is_the_same_for_any_number_of_threads(
    found: CrossValidated, parts: dict[str, ItemScores], made: Split
) -> None:
    again = ranker.fit(parts, made, 10, threads=1, rounds=25)
    np.testing.assert_array_equal(again.items, found.items)


def test_a_user_is_judged_by_trees_that_did_not_see_the_user(
    parts: dict[str, ItemScores], made: Split
) -> None:
    """Other likes of a user of one fold change no list of that fold."""
    folds = np.random.default_rng(2019).permutation(USERS) % ranker.FOLDS
    changed = np.where(np.repeat(folds == 0, 6), (made.held_out.items + 1) % ITEMS, made.held_out.items)
    other = Split(made.training, made.rows, HeldOut(made.held_out.begins, changed, ITEMS))
    one, two = (ranker.fit(parts, each, 10, rounds=25) for each in (made, other))
    np.testing.assert_array_equal(one.items[folds == 0], two.items[folds == 0])
    assert (one.items[folds != 0] != two.items[folds != 0]).any()


def test_items_that_compete_come_first_and_the_model_is_read_back(
    found: CrossValidated, parts: dict[str, ItemScores], interactions: Interactions
) -> None:
    facts = ItemFacts.of(interactions)
    model = Ranker(parts, found.trees, facts)
    items, scores = listed(model, interactions), model.scores(interactions)
    competing = Competing.of(parts, interactions).items
    assert all(np.isin(mine, theirs).all() for mine, theirs in zip(items, competing, strict=True))
    again = Ranker.from_tables(model.to_tables(), parts, facts)
    np.testing.assert_allclose(again.scores(interactions), scores, atol=1e-9)
    np.testing.assert_array_equal(model.scores(interactions.users(slice(7, 8)))[0], scores[7])


def test_items_that_a_model_does_not_tell_apart_do_not_all_compete() -> None:
    many = random_interactions(USERS, 1000, share=0.05)
    values = np.zeros(1000)
    values[300:305] = 1.0
    flat = ItemScores(many.item_ids, values)
    found = Competing.of({"flat": flat, "alike": ItemScores(many.item_ids, np.ones(1000))}, many)
    assert (found.items >= 0).any()
    assert np.isin(found.items[found.items >= 0], np.arange(300, 305)).all()


def test_what_competes_is_the_same_compiled_or_not_on_any_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    many = random_interactions(USERS, 1000, share=0.05)
    drawn = np.random.default_rng(4).normal(size=(2, 1000)).round(1)
    models = {"one": ItemScores(many.item_ids, drawn[0]), "other": ItemScores(many.item_ids, drawn[1])}
    found, again = (Competing.of(models, many, threads) for threads in (1, 3))
    monkeypatch.setattr(competition, "IS_COMPILED", False)
    for other in (again, Competing.of(models, many)):
        np.testing.assert_array_equal(other.items, found.items)
        for name in models:
            np.testing.assert_array_equal(other.scores[name], found.scores[name])


def test_a_forest_scores_as_its_booster_does(found: CrossValidated) -> None:
    examples = np.random.default_rng(1).normal(size=(1000, found.trees[0].num_feature()))
    for booster in found.trees:
        forest = mean_of([booster])
        assert isinstance(forest, Forest)
        np.testing.assert_array_equal(forest.predict(examples), booster.predict(examples))
    expected = Boosters(found.trees).predict(examples)
    np.testing.assert_allclose(mean_of(found.trees).predict(examples), expected, rtol=1e-12, atol=1e-15)


def test_trees_of_many_leaves_stay_with_lightgbm() -> None:
    examples = np.random.default_rng(2).normal(size=(500, 3))
    data = lightgbm.Dataset(examples, examples[:, 0] * examples[:, 1])
    booster = lightgbm.train({"num_leaves": 31, "min_data_in_leaf": 2, "verbosity": -1}, data, 3)
    assert mean_of([booster]) == Boosters([booster])
