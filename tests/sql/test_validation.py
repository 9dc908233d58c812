"""Validation: labels made from ratings, and that no feature knows the answer."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from recsys.project import Project
from recsys.sources.directory import OPTIONAL
from tests.given import build_sql, expect, result
from tests.hierarchies import write
from tests.reference import Album, Dataset, Track

LIKES = "user_id track_id\n" + "".join(f"{user} {track}\n" for user in range(4) for track in range(8))


def test_likes_are_likes_of_tracks(schemas):
    given = {
        "staging.ratings": "user_id item_id rating is_like\n1 7 80 true\n1 8 80 false\n1 10 100 true\n2 7 100 true",
        "staging.tracks": "track_id\n7\n8",
    }
    expect(result(schemas, "validation.likes", given), "user_id track_id\n1 7\n2 7")


def test_users_like_enough_tracks_and_are_no_more_than_wanted(schemas):
    few = {"validation.likes": LIKES + "9 1\n9 2\n9 3\n9 4\n9 5"}
    everybody = result(schemas, "validation.users", few)
    assert sorted(row["user_id"] for row in everybody) == [0, 1, 2, 3]
    assert sorted(row["ordinal"] for row in everybody) == [0, 1, 2, 3]
    some = result(schemas, "validation.users", few, overrides=("validation.users=2",))
    assert some == [row for row in everybody if row["ordinal"] < 2]


def test_draws_are_tracks_that_somebody_likes_each_once_a_user(schemas):
    given = {"validation.likes": LIKES, "validation.users": "user_id ordinal\n5 0\n6 1"}
    first, again, other = (
        {
            (row["user_id"], row["track_id"], row["turn"])
            for row in result(schemas, "validation.negative_draws", given, overrides=o)
        }
        for o in (
            ("validation.negative_draws=5",),
            ("validation.negative_draws=5",),
            ("validation.negative_draws=5", "validation.seed=7"),
        )
    )
    assert first == again != other
    assert {track for _, track, _ in first} <= set(range(8))
    assert {turn for _, _, turn in first} <= set(range(5))
    assert len({(user, track) for user, track, _ in first}) == len(first)


def test_draws_go_round_where_there_are_fewer_likes_than_draws(schemas):
    given = {
        "validation.likes": "user_id track_id\n1 7\n2 8",
        "validation.users": "user_id ordinal\n1 0\n2 1",
    }
    most = ("validation.users=2147483647",)  # times the draws, no 32-bit integer
    rows = result(schemas, "validation.negative_draws", given, overrides=most)
    assert sorted((row["user_id"], row["track_id"]) for row in rows) == [(1, 7), (1, 8), (2, 7), (2, 8)]
    assert {row["turn"] for row in rows} == {0, 1}


def test_a_popular_track_is_drawn_by_its_share_of_the_likes(schemas):
    """Track 1 has four fifths of 500 likes, and one draw for each user."""
    likes = "".join(f"{user} {1 if user % 5 else 2}\n" for user in range(500))
    users = "".join(f"{user} {user}\n" for user in range(250))
    given = {
        "validation.likes": f"user_id track_id\n{likes}",
        "validation.users": f"user_id ordinal\n{users}",
    }
    rows = result(schemas, "validation.negative_draws", given, overrides=("validation.negative_draws=1",))
    assert sum(row["track_id"] == 1 for row in rows) / len(rows) == pytest.approx(0.8, abs=0.08)


def test_unliked_tracks_are_neither_rated_nor_candidates(schemas):
    draws = "user_id track_id turn\n1 7 0\n1 8 1\n1 9 2\n1 10 3\n1 11 4\n1 12 5\n2 7 0\n2 8 1\n2 9 2"
    given = {
        "validation.negative_draws": draws,
        "validation.users": "user_id ordinal\n1 0\n2 1",
        "staging.ratings": "user_id item_id rating\n1 8 0\n2 7 100\n3 9 50",
        "staging.candidates": "user_id track_id\n1 10\n2 12",
    }
    expect(result(schemas, "validation.sampled_negatives", given), "user_id track_id\n1 7\n1 9\n1 11")


def test_labels_hold_out_as_many_likes_as_tracks_are_unliked(schemas):
    given = {"validation.likes": LIKES, "validation.sampled_negatives": "user_id track_id\n2 11\n2 12\n2 13"}
    rows = result(schemas, "validation.labels", given)
    assert {row["user_id"] for row in rows} == {2}
    assert sorted(row["track_id"] for row in rows if not row["label"]) == [11, 12, 13]
    liked = {row["track_id"] for row in rows if row["label"]}
    assert len(liked) == 3
    assert liked < set(range(8))


def test_what_is_held_out_is_no_rating_any_more(schemas):
    given = {
        "validation.labels": "user_id track_id label\n1 7 1\n1 9 0",
        "staging.ratings": "user_id item_id rating seq\n1 7 90 2\n1 8 90 3\n2 7 90 5\n1 9 10 6",
    }
    expect(result(schemas, "validation.ratings", given), "user_id item_id\n1 8\n2 7\n1 9")
    rows = result(schemas, "validation.candidates", given)
    assert [(row["track_id"], row["position"]) for row in rows] == [(7, 1), (9, 2)]


def test_no_feature_of_the_ranker_reads_a_label_of_the_data():
    project = Project.load(present=OPTIONAL)
    graph = project.graph()
    labelled = {"staging.labels", "staging.truth"}
    for name, rendered in graph.items():
        if labelled & set(project.parents(rendered)):
            labelled.add(name)
    wanted = {"features.ranking", "validation.features_ranking", "validation.labels", "scores.ranker"}
    assert wanted < graph.keys()
    assert not wanted & labelled
    lists = {"marts.recommendations", "lists.validation", "lists.settings"}
    assert lists < graph.keys()
    assert not lists & labelled


TRACKS, ALBUMS, ARTISTS, GENRES = range(60), range(200, 210), range(300, 305), range(400, 404)


def music(seed: int = 3) -> Dataset:
    """A dozen users, each with enough likes, and candidates of half of them."""
    draw = random.Random(seed)
    ratings = {
        (user, item): draw.choice([100, 90, 90, 50, 0])
        for user in range(12)
        for item in draw.sample([*TRACKS, *ALBUMS, *ARTISTS, *GENRES], 40)
    }
    unrated = {user: [track for track in TRACKS if (user, track) not in ratings] for user in range(12)}
    return Dataset(
        tracks={
            track: Track(draw.choice([None, *ALBUMS]), draw.choice([None, *ARTISTS]), (draw.choice(GENRES),))
            for track in TRACKS
        },
        albums={album: Album(draw.choice(ARTISTS), (GENRES[0],)) for album in ALBUMS},
        artists=ARTISTS,
        genres=GENRES,
        ratings=ratings,
        candidates=[(user, track) for user in range(0, 12, 2) for track in draw.sample(unrated[user], 6)],
    )


def practised(dataset: Dataset, folder: Path) -> duckdb.DuckDBPyConnection:
    write(folder / "data", dataset)
    build_sql(
        folder / "data",
        folder / "w.duckdb",
        sql_only=False,
        selected=("+validation.features_ranking", "+validation.scores_item_neighbours"),
    )
    return duckdb.connect(str(folder / "w.duckdb"), read_only=True)


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple]:
    return connection.execute(query).fetchall()


@pytest.mark.slow
def test_changing_a_held_out_rating_changes_no_validation_feature(tmp_path):
    before = music()
    with practised(before, tmp_path / "before") as connection:
        labels = rows(connection, "from validation.labels order by all")
        features = rows(connection, "from validation.features_ranking order by all")
        scores = rows(connection, "from validation.scores_item_neighbours order by all")
        real = rows(connection, "from staging.ratings order by all")
    held_out = {(user, track) for user, track, label in labels if label}
    assert held_out
    ratings = {pair: 85 if pair in held_out else rating for pair, rating in before.ratings.items()}
    with practised(replace(before, ratings=ratings), tmp_path / "after") as connection:
        assert rows(connection, "from validation.labels order by all") == labels
        assert rows(connection, "from validation.features_ranking order by all") == features
        assert rows(connection, "from validation.scores_item_neighbours order by all") == scores
        assert rows(connection, "from staging.ratings order by all") != real


def test_nothing_is_known_that_came_after_a_held_out_like(schemas):
    given = {
        "staging.ratings": """user_id item_id rating value is_like seq
            0 1 90 5 true 0
            0 2 90 5 true 1
            0 3 20 1 false 2
            0 4 90 5 true 3
            0 5 20 1 false 4
            1 4 90 5 true 9""",
        "staging.tracks": "track_id\n1\n2\n3\n4\n5",
        "validation.list_users": "user_id ordinal\n0 0",
        "validation.list_held_out": "user_id item_id\n0 2",
    }
    by_split = {
        split: {
            (row["user_id"], row["item_id"])
            for row in result(
                schemas, "validation.list_interactions", given, overrides=(f"validation.split={split}",)
            )
        }
        for split in ("time", "random")
    }
    assert by_split == {"time": {(0, 1), (1, 4)}, "random": {(0, 1), (0, 3), (0, 4), (0, 5), (1, 4)}}


OF_ITEMS = {
    "staging.ratings": "user_id item_id rating value is_like seq\n"
    + "".join(f"{user} {item} 90 5 true {item}\n" for user in range(3) for item in range(1, 41)),
    "staging.tracks": "track_id\n" + "".join(f"{item}\n" for item in range(1, 41)),
    "validation.list_users": "user_id ordinal\n0 0\n1 1",
}
BY_ITEM = ("validation.split=items", "validation.item_share=0.25")


def test_items_are_held_out_with_all_their_interactions(schemas):
    held_out = result(schemas, "validation.list_held_out", OF_ITEMS, overrides=BY_ITEM)
    items = {row["item_id"] for row in held_out}
    assert {(row["user_id"], row["item_id"]) for row in held_out} == {(u, i) for u in (0, 1) for i in items}
    assert 3 <= len(items) <= 20
    given = {
        **OF_ITEMS,
        "validation.list_held_out": "user_id item_id\n"
        + "".join(f"{row['user_id']} {row['item_id']}\n" for row in held_out),
    }
    left = result(schemas, "validation.list_interactions", given, overrides=BY_ITEM)
    assert {(row["user_id"], row["item_id"]) for row in left} == {
        (user, item) for user in range(3) for item in range(1, 41) if item not in items
    }
