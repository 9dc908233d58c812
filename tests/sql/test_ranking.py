"""Given/expect rows of the ranker's features."""

from __future__ import annotations

import math

from tests.given import expect, result


def test_history_keeps_what_is_not_rated_unknown(schemas):
    given = {
        "features.candidates": """
            user_id track_id album_direct artist_direct sibling_mean sibling_count
            1       1        90           -             45           2
            1       2        -            -             -            0
        """,
        "features.nearby_ratings": """
            user_id track_id level   item_id rating is_like
            1       1        sibling 5       90     true
            1       1        sibling 6       0      false
            1       1        artist  20      100    true
        """,
        "features.artist_tracks": """
            user_id track_id artist_track_count artist_track_mean artist_track_liked
            1       1        4                  60                1
        """,
        "features.artist_siblings": """
            user_id track_id artist_sibling_count artist_sibling_mean artist_sibling_liked
            1       1        2                    50                  2
        """,
    }
    expect(
        result(schemas, "features.ranking_history", given),
        """
        track_id album_direct sibling_liked_share artist_track_count artist_track_liked_share other_work_count other_work_liked_share
        1        90           0.5                 4                  0.25                     2                1
        2        -            -                   0                  -                        0                -
        """,
    )


def test_genres_count_the_tracks_that_the_user_rated_of_them(schemas):
    tracks = {
        "staging.candidates": "user_id track_id\n1 7",
        "staging.ratings": "user_id item_id rating\n1 2 100\n1 3 50\n2 2 0",
        "hierarchy.track_genres": "track_id genre_id\n2 30\n3 30\n3 31\n7 30",
    }
    rows = result(schemas, "features.genre_tracks", tracks)
    expect(rows, "user_id genre_id track_count track_mean\n1 30 2 75\n1 31 1 50")
    given = {
        "features.candidates": "user_id track_id genre_count\n1 7 2\n1 8 0",
        "features.genre_values": "user_id track_id genre_id direct\n1 7 30 80\n1 7 32 -",
        "features.genre_tracks": "user_id genre_id track_count track_mean\n1 30 2 75\n1 31 1 50",
    }
    expect(
        result(schemas, "features.ranking_genres", given),
        """
        track_id genre_count genre_rated genre_rating_max genre_rating_mean genre_track_count genre_track_mean_max
        7        2           1           80               80                2                 75
        8        0           0           -                -                 0                 -
        """,
    )


def test_a_users_ratings_are_told_by_kind(schemas):
    given = {
        "staging.candidates": "user_id track_id\n1 7\n3 7",
        "staging.ratings": "user_id item_id rating is_like\n1 2 100 true\n1 3 50 false\n1 20 0 false\n1 99 80 true\n2 2 0 false",
        "hierarchy.items": "item_id item_type\n2 track\n3 track\n20 artist",
    }
    kinds = result(schemas, "features.user_kinds", given)
    expect(
        kinds,
        """
        user_id track_count track_mean album_count album_mean artist_count artist_mean liked_share
        1       2           75         0           -          1            0           0.5
        """,
    )
    text = "user_id track_count track_mean artist_count artist_mean liked_share\n1 2 75 1 0 0.5"
    users = {
        "staging.candidates": given["staging.candidates"],
        "features.user_kinds": text,
        "features.user_statistics": "user_id rating_count rating_mean rating_deviation\n1 4 57.5 40",
    }
    expect(
        result(schemas, "features.ranking_users", users),
        """
        user_id user_count user_mean user_liked_share user_track_count user_artist_mean
        1       4          57.5      0.5              2                0
        3       0          -         -                0                -
        """,
    )


def test_unrated_items_have_no_mean(schemas):
    given = {
        "features.candidates": "user_id track_id album_id artist_id\n1 7 10 -\n1 8 - 20",
        "priors.items": "item_id rating_count rating_mean bayes_mean\n7 2 80 60\n20 5 40 45",
    }
    expect(
        result(schemas, "features.ranking_items", given),
        """
        track_id track_raters track_mean album_raters album_mean artist_raters artist_bayes_mean
        7        2            80         0            -          0             -
        8        0            -          0            -          5             45
        """,
    )


def test_neighbours_with_and_without_the_penalty(schemas):
    given = {
        "staging.candidates": "user_id track_id\n1 7\n1 8",
        "features.neighbours": """
            user_id track_id neighbour_count likeness likeness_plain cosine strongest_weight neighbour_rating_mean
            1       7        3               8        2              1.5    0.5              70
        """,
        "priors.items": "item_id rating_count\n7 4",
    }
    expect(
        result(schemas, "features.ranking_neighbours", given),
        """
        track_id neighbour_count likeness likeness_penalised likeness_plain cosine strongest_weight
        7        3               8        4                  1              1.5    0.5
        8        0               0        0                  0              0      -
        """,
    )


def test_contrasts_are_ranks_and_logarithms_within_the_user(schemas):
    pairs = "user_id track_id score\n1 7 99\n1 8 0\n2 7 5"
    zeros = "0 " * 3
    given = {
        "scores.content": pairs,
        "scores.adaptive": pairs.replace("99", "0"),
        "features.ranking_neighbours": "user_id track_id likeness likeness_penalised likeness_plain cosine\n"
        f"1 7 {zeros}0\n1 8 {zeros}0\n2 7 {zeros}0",
        "features.ranking_items": "user_id track_id track_raters album_raters artist_raters track_bayes_mean\n"
        f"1 7 {zeros}50\n1 8 3 0 0 50\n2 7 {zeros}50",
    }
    half = math.log(100) / 2
    expect(
        result(schemas, "features.ranking_contrasts", given),
        f"""
        user_id track_id content_rank content_contrast adaptive_contrast track_raters_rank cosine_contrast
        1       7        1            {half}           0                 0                 0
        1       8        0            {-half}          0                 1                 0
        2       7        0            0                0                 0                 0
        """,
    )
