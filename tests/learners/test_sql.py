"""Given/expect rows of the SQL models that feed the learners and blend what they say."""

from __future__ import annotations

import duckdb
import pytest

from tests.given import expect, result

Warehouse = duckdb.DuckDBPyConnection

OVERALL = "rating_count rating_mean\n9 50"


def test_als_levels_fall_back_to_priors_then_to_the_overall_mean(planted: Warehouse) -> None:
    given = {
        "features.als_pairs": """
            user_id track_id level  item_id
            1       100      genre  30
            1       100      genre  31
            1       100      genre  32
            1       100      artist 20
            1       100      album  10
        """,
        "features.als_predictions": """
            user_id track_id level item_id prediction
            1       100      genre 30      80
            1       100      genre 31      20
        """,
        "priors.items": "item_id bayes_mean\n20 66\n32 10",
        "priors.overall": OVERALL,
    }
    expect(
        result(planted, "features.als_levels", given),
        """
        level  als_score als_source
        genre  50        als
        artist 66        prior
        album  50        global
        """,
    )


def test_als_has_a_level_for_a_track_without_one(planted: Warehouse) -> None:
    given = {
        "staging.candidates": "user_id track_id\n1 100\n1 101",
        "features.als_levels": """
            user_id track_id level als_score als_source
            1       100      track 70        als
            1       100      album 40        prior
        """,
        "priors.overall": OVERALL,
    }
    expect(
        result(planted, "features.als", given),
        """
        track_id track_score track_source album_score album_source artist_score artist_source genre_source
        100      70          als          40          prior        50           global        global
        101      50          global       50          global       50           global        global
        """,
    )


ALS = """
    user_id track_id track_score album_score artist_score genre_score
    1       1        10          40          50           50
    1       2        20          40          50           50
    1       3        60          40          80           50
    2       4        99          99          99           99
"""


@pytest.mark.parametrize(
    ("blend", "scores"),
    [
        # weights: track .1, album .4, artist .3, genre .2
        ("raw", [1 + 16 + 15 + 10, 2 + 16 + 15 + 10, 6 + 16 + 24 + 10, 99]),
        ("rank", [0, 0.1 * 0.5, 0.1 + 0.3, 0]),
        (
            "normalized",
            [
                0.1 * -20 / 466.66666666666669**0.5 + 0.3 * -10 / 200**0.5,
                0.1 * -10 / 466.66666666666669**0.5 + 0.3 * -10 / 200**0.5,
                0.1 * 30 / 466.66666666666669**0.5 + 0.3 * 20 / 200**0.5,
                0,
            ],
        ),
    ],
)
def test_blends_of_the_als_levels(planted: Warehouse, blend: str, scores: list[float]) -> None:
    rows = "".join(f"{track} {score}\n" for track, score in enumerate(scores, 1))
    expect(result(planted, f"scores.als_{blend}_blend", {"features.als": ALS}), f"track_id score\n{rows}")


def test_autoencoder_fallback_fills_only_unrated_albums(planted: Warehouse) -> None:
    given = {
        "features.candidates": """
            user_id track_id album_score album_source artist_direct genre_direct
            1       1        90          direct       -             -
            1       2        60          sibling      80            -
            1       3        55          prior        80            40
            1       4        50          global       -             -
        """,
        "features.autoencoder": """
            user_id track_id prediction
            1       1        5
            1       2        5
            1       3        10
            1       4        20
        """,
    }
    sibling, prior = (0.5 * 60 + 0.3 * 80) / 0.8, 0.5 * 10 + 0.3 * 80 + 0.2 * 40
    expect(
        result(planted, "scores.autoencoder_fallback", given),
        f"track_id score\n1 90\n2 {sibling}\n3 {prior}\n4 20",
    )


def test_a_rating_vector_has_albums_by_own_rating_or_by_tracks(planted: Warehouse) -> None:
    given = {
        "staging.ratings": """
            user_id item_id rating
            1       1       100
            1       2       50
            1       3       0
            1       10      70
            1       20      30
            2       1       100
            2       2       51
            2       9       40
        """,
        "hierarchy.track_lineage": "track_id album_id artist_id\n1 10 20\n2 10 20\n3 - 20",
    }
    expect(
        result(planted, "features.autoencoder_ratings", given),
        "user_id item_id rating\n1 10 70\n1 3 0\n1 20 30\n2 10 75.5\n2 9 40",
    )


def test_siblings_of_the_artist_leave_the_candidates_own_album_out(planted: Warehouse) -> None:
    given = {
        "features.candidates": """
            user_id track_id album_id artist_id
            1       1        10       20
            1       5        -        20
            1       6        12       -
        """,
        "staging.ratings": """
            user_id item_id rating is_like
            1       2       100    true
            1       10      100    true
            1       3       80     true
            1       11      40     false
            1       5       90     true
        """,
        "hierarchy.track_lineage": """
            track_id album_id artist_id
            1        10       20
            2        10       20
            3        11       20
            5        -        20
            6        12       -
        """,
        "staging.albums": "album_id artist_id\n10 20\n11 20\n12 -",
    }
    expect(
        result(planted, "features.artist_siblings", given),
        """
        track_id artist_sibling_count artist_sibling_mean artist_sibling_liked
        1        3                    70                  2
        5        4                    80                  3
        """,
    )


def test_deviations_are_zero_where_nothing_is_rated_or_nothing_varies(planted: Warehouse) -> None:
    given = {
        "features.candidates": """
            user_id track_id album_direct artist_direct genre_direct sibling_mean
            1       1        90           -             40           -
            2       2        70           -             -            -
            3       3        -            -             -            -
        """,
        "features.artist_siblings": "user_id track_id artist_sibling_mean\n1 1 60",
        "features.user_statistics": "user_id rating_mean rating_deviation\n1 60 20\n2 70 0",
        "priors.overall": OVERALL,
    }
    expect(
        result(planted, "features.candidate_deviations", given),
        """
        track_id album_deviation artist_deviation genre_deviation artist_sibling_deviation user_mean
        1        1.5             0                -1              0                        60
        2        0               0                0               0                        70
        3        0               0                0               0                        50
        """,
    )


def test_user_statistics(planted: Warehouse) -> None:
    given = {"staging.ratings": "user_id item_id rating\n1 1 0\n1 2 100\n1 3 50\n2 1 70"}
    expect(
        result(planted, "features.user_statistics", given),
        f"user_id rating_count rating_mean rating_deviation\n1 3 50 {(5000 / 3) ** 0.5}\n2 1 70 0",
    )


def test_folds_deal_every_labelled_user_once_and_evenly(planted: Warehouse) -> None:
    given = {
        "staging.labels": "user_id track_id\n"
        + "".join(f"{user} {track}\n" for user in range(10) for track in (1, 2))
    }
    folds = result(planted, "features.folds", given)
    assert sorted(row["user_id"] for row in folds) == list(range(10))
    counts = [sum(row["fold"] == fold for row in folds) for fold in range(4)]
    assert sorted(counts) == [2, 2, 3, 3]


def test_marts_of_the_learned_models_are_empty_without_any(planted: Warehouse) -> None:
    assert result(planted, "marts.feature_importance", {}) == []
    assert result(planted, "marts.tuning", {}) == []


def test_importances_sum_to_one(planted: Warehouse) -> None:
    for model in ("decision_tree", "random_forest", "logistic_regression", "gradient_boosted_trees"):
        (total,) = planted.execute(f"select sum(importance) from features.{model}_importance").fetchall()[
            0
        ] or (0,)
        assert total == pytest.approx(1)
