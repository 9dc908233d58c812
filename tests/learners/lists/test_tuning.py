"""Tuning: repeatable, leak-free, and right about which model suits a world."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsys.evaluation import ranking
from recsys.learners.lists import blend as blend_module
from recsys.learners.lists import counts, ease, ials, tuning
from recsys.learners.lists.blend import COMPETING, Blend, Scale, competing
from recsys.learners.lists.competition import Competing
from recsys.learners.lists.counts import ItemScores
from recsys.learners.lists.interactions import Interactions
from recsys.learners.lists.pruning import Budget
from recsys.learners.lists.sample import sampled
from recsys.learners.lists.split import Split, split
from recsys.learners.lists.top import gathered, top
from recsys.learners.lists.tuning import FAMILIES, FAR_BEHIND, Tuning, tune
from tests.learners.lists.worlds import random_interactions, two_tastes


@pytest.fixture(scope="module")
def tastes() -> Interactions:
    return two_tastes(120, 60)


@pytest.fixture(scope="module")
def found(tastes: Interactions) -> Tuning:
    return tune(split(tastes), trials=12)


def test_the_same_number_of_trials_gives_the_same_result(tastes: Interactions, found: Tuning) -> None:
    again = tune(split(tastes), trials=12, threads=1)
    assert again.parameters == found.parameters
    assert [(t.model, t.parameters, t.ndcg) for t in again.trials] == [
        (t.model, t.parameters, t.ndcg) for t in found.trials
    ]


def test_models_that_know_tastes_beat_popularity(found: Tuning) -> None:
    best = {name: max(t.ndcg for t in found.trials if t.model == name) for name in found.parameters}
    assert min(best["ease"], best["ials"], best["item_knn"]) > 1.5 * best["popularity"] > 0


def test_no_budget_judges_the_defaults_only(tastes: Interactions) -> None:
    found = tune(split(tastes), seconds=0)
    tried = [trial.model for trial in found.trials if trial.model != "blend"]
    assert sorted(tried) == ["ease", "ials", "item_knn", "neighbours", "popularity", "trending"]


def test_searches_see_some_users_first_and_all_users_judge_what_they_found(tastes: Interactions) -> None:
    made, few = split(tastes), split(sampled(tastes, 60, 60))
    found = tune(made, trials=12, first=few)
    some, everybody = few.training.user_count, made.training.user_count
    assert {trial.users for trial in found.trials} == {some, everybody} and some < everybody
    alone = tune(few, trials=12)
    best = max(trial.ndcg for trial in alone.trials if trial.model != "blend")
    by_some = {name: max(t.ndcg for t in alone.trials if t.model == name) for name in FAMILIES}
    far_behind = {name for name, quality in by_some.items() if quality < FAR_BEHIND * best}
    assert far_behind and set(found.parameters) - {"blend"} == {"popularity", *FAMILIES}
    for trial in found.trials:
        is_chosen = trial.parameters == found.parameters[trial.model]
        is_behind = trial.model in far_behind and not FAMILIES[trial.model].is_fallback
        assert not is_chosen or trial.users == (some if is_behind else everybody)
    for name in ("ease", "ials", "item_knn"):
        judged = [trial.parameters for trial in found.trials if trial.model == name]
        assert judged.count(found.parameters[name]) == 1
        best = max((t for t in alone.trials if t.model == name), key=lambda trial: trial.ndcg)
        assert {key: judged[-1][key] for key in ("weighting",)} == {"weighting": best.parameters["weighting"]}
    again = tune(made, trials=12, threads=1, first=few)
    assert [(t.model, t.parameters, t.ndcg) for t in again.trials] == [
        (t.model, t.parameters, t.ndcg) for t in found.trials
    ]


def test_a_model_far_behind_is_searched_no_further(tastes: Interactions) -> None:
    made: dict[str, list[float]] = {}
    for trial in tune(split(tastes)).trials:
        before = made.setdefault(trial.model, [])
        for number, share in tuning.HOPES:
            if len(before) >= number and trial.model != "trending":  # makes the lists of new users
                assert max(before) >= share * max(max(found, default=0.0) for found in made.values())
        before.append(trial.ndcg)
    assert len(made["trending"]) > 2  # although it knows no tastes


def test_a_second_search_starts_where_the_first_ended(tastes: Interactions, found: Tuning) -> None:
    again = tune(split(tastes), seconds=0, known=found.parameters)
    first = next(trial for trial in again.trials if trial.model == "ease")
    assert first.parameters == found.parameters["ease"]


def test_trials_are_judged_by_the_lists_of_a_model_fitted_on_the_training_part(tastes: Interactions) -> None:
    """The cheaper fit of a trial gives the lists of the model that would be kept."""
    made = split(tastes)
    found = tune(made, seconds=0)
    training = made.training
    models = {
        "popularity": counts.popularity(training),
        "ease": ease.fit(training, ease.EaseParameters(**found.parameters["ease"]), Budget()),
        "ials": ials.fit(training, ials.IalsParameters(**found.parameters["ials"])),
    }
    for name, model in models.items():
        items, _ = gathered(top(model, made.histories, training.like_counts, 10), len(made.rows), 10)
        expected = ranking.by_user(items, made.held_out, 10)["ndcg"].mean()
        (trial,) = (trial for trial in found.trials if trial.model == name)
        assert trial.ndcg == pytest.approx(expected, abs=0.002), name


def test_a_held_out_like_changes_no_fit(tastes: Interactions, monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted item that every validation user likes, held out, is as unknown to the models as ever."""
    made = split(tastes)
    held = replace(made, held_out=ranking.HeldOut(made.held_out.begins, made.held_out.items * 0, 60))
    listed: list[np.ndarray] = []
    monkeypatch.setattr(tuning, "_mean_ndcg", lambda lists, split: listed.append(lists) or 1.0)
    names = [[trial.model for trial in tune(one, seconds=0).trials] for one in (made, held)]
    assert names[0] == names[1] and len(names[0]) > 5
    fits = zip(names[0], listed[: len(names[0])], listed[len(names[0]) :], strict=True)
    for name, one, other in fits:
        if name != "blend":  # whose weights are what the held-out likes choose
            np.testing.assert_array_equal(one, other)


def test_without_validation_users_the_defaults_are_kept() -> None:
    interactions = two_tastes(6, 4)
    nothing = interactions.entries(np.zeros(interactions.entry_count, bool))
    made = split(nothing)
    assert len(made.rows) == 0
    found = tune(made, seconds=1)
    assert found.parameters["ease"]["regularization"] == 300.0


def test_a_blend_scales_by_the_best_unseen_scores() -> None:
    interactions = random_interactions(20, 150)
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(20, 150))
    found = Scale.of(competing(scores, interactions)).applied(scores)
    for user in range(20):
        seen = interactions.users(slice(user, user + 1)).items
        best = np.sort(np.delete(scores[user], seen))[-COMPETING:]
        np.testing.assert_allclose(found[user], (scores[user] - best.mean()) / best.std(), atol=1e-12)


@pytest.mark.parametrize("share", [0.2, 0.9])
def test_what_competes_is_the_same_compiled_or_not(share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    interactions = random_interactions(20, 120, share=share)
    scores = np.random.default_rng(1).normal(size=(20, 120)).round(1)
    found = competing(scores, interactions)
    monkeypatch.setattr(blend_module, "IS_COMPILED", False)
    np.testing.assert_array_equal(competing(scores, interactions), found)


def test_a_blend_of_models_with_other_items_covers_them_all() -> None:
    interactions = random_interactions(20, 30)
    few = ItemScores(interactions.item_ids[:5], np.arange(5.0))
    rest = ItemScores(interactions.item_ids[3:], np.arange(27.0))
    blend = Blend({"few": few, "rest": rest}, {"few": 0.25, "rest": 0.75})
    assert blend.item_ids.tolist() == interactions.item_ids.tolist()
    expected = sum(weight * blend.part(name, interactions) for name, weight in blend.weights.items())
    np.testing.assert_allclose(blend.scores(interactions), expected, atol=1e-9)
    again = Blend.from_tables(blend.to_tables(), {"few": few, "rest": rest, "other": few})
    np.testing.assert_array_equal(again.scores(interactions), blend.scores(interactions))


def test_blend_weights_favour_the_model_that_is_right() -> None:
    """One model is right for some items, the other for the rest: the blend is better than both."""
    rng = np.random.default_rng(3)
    truth, interactions = rng.normal(size=200), random_interactions(80, 200, share=0.05)
    noise = rng.normal(size=(2, 200))
    models = {
        "first": ItemScores(interactions.item_ids, truth + noise[0]),
        "second": ItemScores(interactions.item_ids, truth + noise[1]),
    }
    rows = np.repeat(np.arange(80), 5)
    unseen = interactions.matrix(np.ones(interactions.entry_count)).toarray() == 0
    best = np.argsort(np.where(unseen, -truth, np.inf), axis=1)[:, :5]
    held_out = ranking.HeldOut.from_pairs(rows, best.ravel(), 80, 200)
    made = Split(interactions, np.arange(80), held_out)
    parts = Competing.of(models, interactions)
    weights = parts.best_weights(["first", "second"], made, 10)
    assert 0.2 < weights["second"] < 0.8
