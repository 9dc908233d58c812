"""EASE against its formula in plain NumPy, on planted worlds, and on data that has little to tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from recsys.errors import UnavailableError, UsageError
from recsys.learners.ease import learner as ease
from recsys.learners.ease import sweep
from recsys.project.contract import Context
from tests.given import expect, result
from tests.relations import held


@pytest.fixture(name="here")
def at_home(tmp_path) -> Context:
    return Context(scratch=tmp_path)


def fitted(ratings, tracks, here, regularization=10.0, kept=1000):
    """Weights by (item_i, item_j), from rows (user, item, weight) and the ids of tracks."""
    users, items, weights = np.array(ratings, dtype=float).reshape(-1, 3).T
    inputs = {
        "ratings": pa.table(
            {"user_id": users.astype(np.int32), "item_id": items.astype(np.int32), "weight": weights}
        ),
        "tracks": pa.table({"track_id": pa.array(tracks, pa.int32())}),
    }
    settings = {"regularization": regularization, "kept": kept}
    table = ease.fit(held(inputs), settings, here)["learned.item_weights"]
    assert table.schema.names == ["item_i", "item_j", "weight"]
    return {(row["item_i"], row["item_j"]): row["weight"] for row in table.to_pylist()}


def random_ratings(rng, users, items, share=0.3):
    """Rows (user, item, weight), the item ids 7 apart."""
    rated = rng.random((users, items)) < share
    weights = rng.choice([0.3, 1.0], size=rated.shape)
    return [(u + 1, 7 * i, weights[u, i]) for u, i in zip(*np.nonzero(rated), strict=True)]


def by_formula(ratings, tracks, regularization):
    """-P_ij / P_ii for a track i and another item j, by a general inverse."""
    items = sorted({item for _, item, _ in ratings})
    x = np.zeros((max(user for user, _, _ in ratings) + 1, len(items)))
    for user, item, weight in ratings:
        x[user, items.index(item)] = weight
    p = np.linalg.inv(x.T @ x + regularization * np.eye(len(items)))
    return {
        (i, j): -p[a, b] / p[a, a]
        for a, i in enumerate(items)
        for b, j in enumerate(items)
        if i in tracks and i != j
    }


@pytest.mark.parametrize("users", [40, 31, 12])
def test_weights_are_those_of_the_formula(here, monkeypatch, users):
    """Tiles of 8, so that 30 items are inverted in four steps, the last of them smaller; few users as well."""
    monkeypatch.setattr(ease, "_TILE", 8)
    monkeypatch.setattr(sweep, "TILE", 8)
    ratings = random_ratings(np.random.default_rng(users), users, items=30)
    tracks = {item for _, item, _ in ratings if item % 2} | {99999}
    expected = by_formula(ratings, tracks, regularization=10.0)
    assert fitted(ratings, sorted(tracks), here) == pytest.approx(expected, abs=2e-6)


def test_the_strongest_of_each_rated_item_are_kept_whatever_their_sign(here):
    ratings = random_ratings(np.random.default_rng(5), users=60, items=20)
    tracks = sorted({item for _, item, _ in ratings})
    all_of_them = by_formula(ratings, tracks, regularization=10.0)
    found = fitted(ratings, tracks, here, kept=4)
    for j in tracks:
        sizes = sorted((abs(w) for (_, other), w in all_of_them.items() if other == j), reverse=True)
        kept = [w for (_, other), w in found.items() if other == j]
        assert sorted(map(abs, kept), reverse=True) == pytest.approx(sizes[:4], abs=2e-6)
    assert min(found.values()) < 0


def test_of_equally_strong_weights_those_of_the_lowest_ids_are_kept(here):
    """Items 5 .. 9 were rated by the same users: what item 1 says of each of them is the same."""
    ratings = [(user, item, 1.0) for user in (1, 2, 3) for item in (1, 5, 6, 7, 8, 9)]
    found = fitted(ratings, [5, 6, 7, 8, 9], here, kept=2)
    assert {i for i, j in found if j == 1} == {5, 6}


@pytest.mark.parametrize("users", [80, 40])
def test_threads_change_no_digit(here, monkeypatch, users):
    monkeypatch.setattr(ease, "_TILE", 16)
    monkeypatch.setattr(sweep, "TILE", 16)
    ratings = random_ratings(np.random.default_rng(1), users, items=70)
    tracks = sorted({item for _, item, _ in ratings})
    one, three = (fitted(ratings, tracks, replace(here, threads=threads), kept=9) for threads in (1, 3))
    assert one == three


def test_planted_tastes_are_found(here):
    """Users of two tastes rate ten of the twenty items of theirs: the other ten are the best for them."""
    rng = np.random.default_rng(8)
    history = {user: 100 * (1 + user % 2) + rng.choice(20, 10, replace=False) for user in range(200)}
    ratings = [(user, int(item), 1.0) for user, items in history.items() for item in items]
    tracks = sorted({item for _, item, _ in ratings})
    weights = fitted(ratings, tracks, here, regularization=20.0)
    for user, items in history.items():
        scores = {i: sum(weights.get((i, int(j)), 0) for j in items) for i in set(tracks) - set(items)}
        best = sorted(scores, key=lambda item: -scores[item])[:10]
        assert {item // 100 for item in best} == {1 + user % 2}


@pytest.mark.parametrize(
    ("ratings", "count"),
    [
        ([], 0),
        ([(1, 5, 1.0)], 0),
        ([(1, item, 1.0) for item in (1, 2, 3, 4, 5)], 20),
        ([(user, item, 0.3) for user in (1, 2) for item in (1, 2, 3, 4, 5)], 20),
        ([(1, 1, 0.0), (1, 2, 0.0)], 0),
    ],
    ids=["no rating", "one rating", "one user", "all alike", "nothing liked, and the rest weighs nothing"],
)
def test_data_with_little_to_tell(here, ratings, count):
    found = fitted(ratings, [1, 2, 3, 4, 5], here)
    assert len(found) == count
    assert np.isfinite(list(found.values())).all()
    assert len(set(found.values())) <= 1


def test_too_many_items_for_the_memory_are_refused(here):
    ratings = [(item, item, 1.0) for item in range(200)]
    with pytest.raises(UnavailableError, match="200 items need 0.0 GB: raise --memory"):
        fitted(ratings, [1], replace(here, memory_bytes=1 << 17))


def test_a_penalty_that_is_lost_in_rounding_is_refused(here):
    ratings = [(user, item, 1.0) for user in range(50) for item in range(30)]
    with pytest.raises(UnavailableError, match="no inverse: raise --set ease.regularization"):
        fitted(ratings, [1], here, regularization=1e-9)


def test_an_unknown_setting_is_refused(here):
    with pytest.raises(UsageError, match="rank"):
        ease.fit(held({}), {"regularization": 1.0, "kept": 1, "rank": 3}, here)


def test_ratings_of_the_most_rated_items_and_what_they_weigh(planted):
    given = {
        "staging.ratings": "user_id item_id is_like\n1 7 true\n1 8 false\n2 7 false\n2 9 true",
        "priors.items": "item_id rating_count\n7 2\n8 1\n9 1",
    }
    rows = result(planted, "learned.ease_ratings", given, overrides=("ease.items=2",))
    expect(rows, "user_id item_id weight\n1 7 1\n1 8 .3\n2 7 .3")


def test_a_candidate_gathers_the_weights_of_the_history_over_the_root_of_its_popularity(planted):
    given = {
        "staging.candidates": "user_id track_id\n1 7\n1 8\n2 7\n3 9",
        "staging.ratings": "user_id item_id is_like\n1 5 true\n1 6 false\n2 6 true\n4 5 true",
        "learned.item_weights": "item_i item_j weight\n7 5 .5\n7 6 -.25\n9 5 1",
        "priors.items": "item_id rating_count\n7 4\n8 1",
    }
    expect(
        result(planted, "scores.ease", given),
        f"user_id track_id score\n1 7 {(0.5 - 0.3 * 0.25) / 2}\n1 8 0\n2 7 -.125\n3 9 0",
    )
