"""Items that people rated close together, and what they say of a candidate: by hand, and against NumPy."""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import hierarchies
from tests.given import build_sql, expect, result
from tests.reference import Dataset, Evidence, Fraction, lineage, mean


def test_positions_count_from_zero_in_the_order_of_the_file(schemas):
    ratings = "user_id item_id rating seq\n1 7 90 12\n1 3 50 11\n1 9 0 19\n2 7 30 2"
    expect(
        result(schemas, "features.positions", {"staging.ratings": ratings}),
        "user_id item_id rating position\n1 3 50 0\n1 7 90 1\n1 9 0 2\n2 7 30 0",
    )


def test_weights_fall_with_the_distance_and_the_gap_and_end_at_the_window(schemas):
    """Users 1 and 2 rated track 7 next to item 5, user 3 as far as the window reaches, user 4 beyond it."""
    given = {
        "features.positions": """
            user_id item_id rating position
            1       7       90     0
            1       5       80     1
            2       5       50     8
            2       7       50     11
            3       5       0      5
            3       7       100    15
            4       5       70     5
            4       7       70     16
            1       6       90     2
        """,
        "staging.candidates": "user_id track_id\n9 7\n9 8\n10 7\n11 7",
        "staging.ratings": "user_id item_id rating\n9 5 30\n9 4 90\n10 5 0\n10 6 60",
        "priors.items": "item_id rating_count\n5 4\n6 1\n7 4",
    }
    weight = (11**-0.2 + 3**-1.1 + 10**-1.1 * 101**-0.2) / (4 + 4 - 3)
    closeness = (1 + 3**-1.1 + 10**-1.1) / (4 + 4 - 3)
    expect(
        result(schemas, "features.candidate_neighbours", given),
        f"""
        user_id track_id item_id rating weight closeness support
        9       7        5       30     {weight} {closeness} 3
        10      7        5       0      {weight} {closeness} 3
        10      7        6       60     {2**-1.1 / 4} {2**-1.1 / 4} 1
        """,
    )


def test_of_a_track_that_many_rated_some_are_drawn_and_stand_for_all(schemas):
    """600 users rated track 7 right before item 5, of whom about 60 are drawn; the estimate is never more than all."""
    users = 600
    positions = [f"{user} 7 50 0\n{user} 5 50 1" for user in range(users)]
    given = {
        "features.positions": "user_id item_id rating position\n" + "\n".join(positions),
        "staging.candidates": "user_id track_id\n9 7",
        "staging.ratings": "user_id item_id rating\n9 5 30",
        "priors.items": f"item_id rating_count\n5 {2 * users}\n7 {users}",
    }
    for raters, tolerance in ((60, 0.05), (users, 0)):
        overrides = (f"item_neighbours.raters={raters}",)
        (row,) = result(schemas, "features.candidate_neighbours", given, overrides=overrides)
        assert row["weight"] == row["closeness"] == pytest.approx(0.5, rel=2 * tolerance + 1e-9)
        assert row["support"] == pytest.approx(users, rel=tolerance) and row["support"] <= users


NEIGHBOURS = """
    user_id track_id item_id rating weight closeness support
    1       7        5       100    .5     .75       3
    1       7        6       0      .25    .5        2
    2       7        6       30     .25    .5        2
"""


def test_the_weight_of_a_pair_is_there_once(schemas):
    expect(
        result(schemas, "features.item_weights", {"features.candidate_neighbours": NEIGHBOURS}),
        "item_i item_j weight closeness support\n7 5 .5 .75 3\n7 6 .25 .5 2",
    )


def test_a_candidate_gathers_the_weights_of_what_its_user_rated(schemas):
    given = {
        "features.candidate_neighbours": NEIGHBOURS,
        "priors.items": "item_id rating_count\n5 4\n6 1\n7 9",
    }
    expect(
        result(schemas, "features.neighbours", given),
        f"""
        user_id track_id neighbour_count likeness likeness_plain cosine strongest_weight neighbour_rating_mean
        1 7 2 {101**0.65 * 0.5 + 0.25} 1.25 {3 / 6 + 2 / 3} .5 50
        2 7 1 {31**0.65 * 0.25} .5 {2 / 3} .25 30
        """,
    )


def test_a_cold_candidate_scores_nothing_but_the_tie_break(schemas):
    given = {
        "scores.content": "user_id track_id score\n1 7 100\n1 8 200\n1 9 0",
        "features.neighbours": "user_id track_id likeness\n1 7 6",
        "priors.items": "item_id rating_count\n7 4\n8 1",
    }
    rows = result(schemas, "scores.item_neighbours", given)
    found = {row["track_id"]: row["score"] for row in rows}
    assert found == {7: pytest.approx(3), 8: pytest.approx(2e-10), 9: 0}


def test_content_adds_up_what_the_user_says_of_album_and_artist(schemas):
    features = """
        user_id track_id album_id artist_id album_direct artist_direct sibling_mean
        1       1        10       20        90           80            70
        1       2        10       -         -            -             -
        1       3        -        20        -            0             -
        1       4        -        -         -            -             -
    """
    given = {
        "features.candidates": features,
        "features.artist_tracks": "user_id track_id artist_track_mean\n1 1 60\n1 3 40",
    }
    expect(result(schemas, "scores.content", given), "track_id score\n1 300\n2 0\n3 40\n4 35")


def test_tracks_of_the_artist_include_those_of_the_same_album(schemas):
    given = {
        "features.candidates": "user_id track_id artist_id\n1 1 20\n1 5 21\n1 6 -\n2 1 20",
        "staging.ratings": "user_id item_id rating is_like\n1 2 100 true\n1 3 50 false\n1 10 0 false\n3 2 0 false\n1 5 30 false",
        "hierarchy.track_lineage": "track_id artist_id\n1 20\n2 20\n3 20\n5 22\n6 -",
    }
    expect(
        result(schemas, "features.artist_tracks", given),
        """
        user_id track_id artist_track_count artist_track_mean artist_track_liked
        1       1        2                  75                1
        """,
    )


@pytest.mark.slow
@settings(max_examples=20, deadline=None, derandomize=True)
@given(dataset=hierarchies.datasets(), form=hierarchies.forms(), window=st.integers(1, 12))
def test_scores_equal_the_reference(dataset: Dataset, form: hierarchies.Form, window: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        data, warehouse = Path(folder) / "data", Path(folder) / "w.duckdb"
        data.mkdir()
        hierarchies.write(data, dataset, form)
        overrides = (f"item_neighbours.window={window}",)
        build_sql(data, warehouse, selected=("+scores.item_neighbours",), overrides=overrides)
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            found = {
                model: connection.execute(
                    f"select score from scores.{model} join staging.candidates using (user_id, track_id) "
                    "order by position"
                ).fetchnumpy()["score"]
                for model in ("content", "item_neighbours")
            }
    content = np.array([content_score(dataset, user, track) for user, track in dataset.candidates])
    assert found["content"] == pytest.approx(content, abs=1e-9)
    expected = neighbour_scores(dataset, window) + 1e-12 * content
    assert found["item_neighbours"] == pytest.approx(expected, abs=1e-9)


def content_score(dataset: Dataset, user: int, track: int) -> float:
    """C1, track by track."""
    evidence = Evidence(dataset, Fraction(10))
    album, artist, _ = lineage(dataset, track)
    if album is None and artist is None:
        return 35
    of_artist = [
        Fraction(rating)
        for (rater, item), rating in dataset.ratings.items()
        if rater == user and item in dataset.tracks and lineage(dataset, item).artist == artist
    ]
    of_album = evidence.siblings(user, track, album)
    parts = [evidence.own(user, artist), evidence.own(user, album)]
    parts += [mean(of_artist) if of_artist and artist is not None else None]
    parts += [mean(of_album) if of_album else None]
    return float(sum(part for part in parts if part is not None))


def neighbour_scores(dataset: Dataset, window: int) -> np.ndarray:
    """L over dense matrices of all users and items, one user after the other."""
    users = sorted({user for user, _ in (*dataset.ratings, *dataset.candidates)})
    items = sorted({item for _, item in (*dataset.ratings, *dataset.candidates)})
    position = np.full((len(users), len(items)), np.nan)
    rating = np.zeros((len(users), len(items)))
    for (user, item), value in dataset.ratings.items():
        row = users.index(user)
        position[row, items.index(item)] = np.count_nonzero(~np.isnan(position[row]))
        rating[row, items.index(item)] = value
    weight, both = np.zeros((2, len(items), len(items)))
    for places, values in zip(position, rating, strict=True):
        distance = np.abs(places[:, None] - places)
        close = (distance >= 1) & (distance <= window)
        gap = np.abs(values[:, None] - values)
        weight += np.where(close, np.where(close, distance, 1) ** -1.1 * (1 + gap) ** -0.2, 0)
        both += close
    raters = np.count_nonzero(~np.isnan(position), axis=0)
    similarity = weight / np.maximum(raters[:, None] + raters - both, 1)
    liking = np.where(np.isnan(position), 0, (1 + rating) ** 0.65)
    penalised = (liking @ similarity.T) / np.sqrt(np.maximum(raters, 1))
    return np.array([penalised[users.index(user), items.index(track)] for user, track in dataset.candidates])
