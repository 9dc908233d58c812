"""The steps of ``waterfall`` add up to the scores of the warehouse, from what they should begin with."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import replace

import pytest

from tests import reference
from tests.main.conftest import NEWCOMER, TRACKS, UNLISTED, USERS

HEURISTICS = {"adaptive", "max_genre", "max_genre_bayes", "weighted_average", "weighted_average_bayes"}
SUMS = {*HEURISTICS, "content", "item_neighbours", "autoencoder_fallback"}
BLENDS = {"als_raw_blend", "als_normalized_blend", "als_rank_blend"}


def steps(warehouse, user, track):
    """The steps of a pair by model, in their order."""
    found = warehouse.sql("from waterfall($1, $2)", params=[user, track]).to_arrow_table().to_pylist()
    by_model = defaultdict(list)
    for row in found:
        by_model[row["model"]].append(row)
    return by_model


def total(rows):
    return sum(row["amount"] for row in rows)


def test_steps_add_up_to_the_score_of_every_candidate(learned):
    scores = defaultdict(dict)
    for model, user, track, score in learned.sql(
        "select model, user_id, track_id, score from marts.predictions"
    ).fetchall():
        scores[user, track][model] = score
    for (user, track), expected in sorted(scores.items())[::4]:
        found = steps(learned, user, track)
        assert found.keys() >= SUMS | BLENDS
        sums = {model: total(found[model]) for model in found if model in expected}
        assert sums == {model: pytest.approx(expected[model], abs=1e-9) for model in sums}


def test_heuristics_explain_any_pair(warehouse, dataset):
    pairs = [*itertools.product((*USERS, NEWCOMER), TRACKS)][::41]
    scores = reference.scores(replace(dataset, candidates=pairs))
    for place, (user, track) in enumerate(pairs):
        found = steps(warehouse, user, track)
        assert {model: total(found[model]) for model in HEURISTICS} == {
            model: pytest.approx(scores[model][place], abs=1e-9) for model in HEURISTICS
        }


def test_pages_know_which_macro_has_a_models_steps(learned):
    user, track = learned.sql("select user_id, track_id from staging.candidates limit 1").fetchall()[0]
    macros = dict(learned.sql("select model, steps from marts.models").fetchall())
    for model, rows in steps(learned, user, track).items():
        own = learned.sql(
            f"from {macros[model]}($1, $2) where model = $3 order by ordinal", params=[user, track, model]
        ).to_arrow_table()
        assert own.to_pylist() == rows


def test_the_first_step_is_the_mean_of_all_ratings_and_after_is_the_sum_so_far(warehouse, dataset):
    mean = sum(dataset.ratings.values()) / len(dataset.ratings)
    user, track = dataset.candidates[0]
    for model, rows in steps(warehouse, user, track).items():
        assert [row["ordinal"] for row in rows] == [*range(1, len(rows) + 1)]
        assert [row["after"] for row in rows] == pytest.approx(
            [*itertools.accumulate(row["amount"] for row in rows)]
        )
        assert rows[0]["level"] == "start"
        if model in HEURISTICS:
            assert rows[0]["amount"] == pytest.approx(mean)


def test_a_newcomer_and_an_unlisted_track_have_steps_too(warehouse, dataset):
    mean = sum(dataset.ratings.values()) / len(dataset.ratings)
    found = steps(warehouse, NEWCOMER, UNLISTED)
    assert {model: total(found[model]) for model in HEURISTICS} == {
        model: pytest.approx(mean) for model in HEURISTICS
    }
