"""The tracks of ``recommend`` against a ranking of the whole catalogue by the plain Python twin."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recsys.errors import UsageError
from recsys.serving.explain import explain, rows_of, score
from tests import reference
from tests.given import expect, result
from tests.main.conftest import NEWCOMER, TRACKS, USERS

EVERYTHING = 1000  # more than the catalogue has


def recommend(warehouse, user, k=10):
    return rows_of(warehouse, "from recommend($user, $k)", {"user": user, "k": k})


@pytest.mark.parametrize("user", [*USERS, NEWCOMER])
def test_the_whole_catalogue_is_ranked_by_the_ranking_rule(warehouse, dataset, user):
    unrated = [(user, track) for track in dataset.tracks if (user, track) not in dataset.ratings]
    twin = dict(zip(unrated, reference.scores(replace(dataset, candidates=unrated))["adaptive"], strict=True))
    rows = recommend(warehouse, user, EVERYTHING)
    ranked = [(user, row["track_id"]) for row in rows]
    assert sorted(ranked) == unrated
    assert [row["score"] for row in rows] == pytest.approx([twin[pair] for pair in ranked], abs=1e-9)
    own = [row["score"] for row in rows], [row["track_prior"] for row in rows]
    assert [row["rank"] for row in rows] == reference.ranks(ranked, *own) == [*range(1, len(rows) + 1)]


def test_fewer_are_the_first_of_more(warehouse):
    assert recommend(warehouse, USERS[1], 3) == recommend(warehouse, USERS[1], EVERYTHING)[:3]


def test_candidates_may_be_recommended(warehouse, dataset):
    listed = [(user, track) for user, track in dataset.candidates if track in TRACKS]
    user, track = next(pair for pair in listed if pair not in dataset.ratings)
    assert track in {row["track_id"] for row in recommend(warehouse, user, EVERYTHING)}


def test_the_reason_is_the_level_that_adds_most(warehouse):
    for user in USERS[::2]:
        for row in recommend(warehouse, user, 4):
            added = dict.fromkeys(("album", "artist", "genre"), -1.0)
            for piece in explain(warehouse, user, row["track_id"]):
                if piece["weight"] and piece["source"] in ("direct", "sibling"):
                    added[piece["level"]] = max(0, added[piece["level"]]) + piece["contribution"]
            most = max(added.values())
            named = next((level for level in added if f" {level}" in row["reason"]), "popular")
            assert added.get(named, -1.0) == pytest.approx(most, abs=1e-9), row


def test_the_score_is_the_one_that_is_explained(warehouse):
    for row in recommend(warehouse, USERS[2], 5):
        assert score(explain(warehouse, USERS[2], row["track_id"])) == pytest.approx(row["score"], abs=1e-9)


def test_a_user_without_ratings_gets_what_is_popular(warehouse):
    rows = recommend(warehouse, NEWCOMER, 4)
    assert len(rows) == 4
    assert all(row["reason"].startswith("popular: ") for row in rows)


def test_an_unknown_user_is_refused(warehouse):
    with pytest.raises(UsageError, match=r"^no user 77 in"):
        recommend(warehouse, 77)


def test_popular_tracks_are_the_most_rated_of_the_track_file(schemas):
    given = {
        "staging.tracks": "track_id\n1\n2\n3\n4",
        "priors.items": "item_id rating_count bayes_mean\n1 5 60\n2 7 50\n3 5 70\n9 99 90",
    }
    rows = result(schemas, "features.popular_tracks", given)
    assert [row["track_id"] for row in rows] == [2, 3, 1, 4]
    expect(rows, "track_id rating_count\n1 5\n2 7\n3 5\n4 0")
