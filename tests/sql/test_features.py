"""Given/expect rows of the features."""

from tests.given import expect, result

LINEAGE = """
    track_id album_id artist_id
    1        10       20
    2        10       20
    3        10       -
    4        -        -
    5        11       21
"""
CANDIDATES = "user_id track_id position\n100 1 1\n100 4 2\n100 5 3\n100 99 4"


def test_evidence_is_what_the_user_rated_near_a_candidate(schemas):
    rows = result(
        schemas,
        "features.nearby_ratings",
        {
            "staging.candidates": CANDIDATES,
            "hierarchy.track_lineage": LINEAGE,
            "hierarchy.track_genres": "track_id genre_id\n1 30\n1 31\n4 30",
            "staging.ratings": """
                user_id item_id rating
                100     10      90
                100     30      0
                100     1       70
                100     2       60
                100     3       50
                100     21      40
                101     20      10
            """,
        },
    )
    expect(
        rows,
        """
        user_id track_id level   item_id rating
        100     1        album   10      90
        100     1        genre   30      0
        100     1        sibling 2       60
        100     1        sibling 3       50
        100     4        genre   30      0
        100     5        artist  21      40
        """,
    )


def test_siblings_are_averaged_without_the_candidate(schemas):
    evidence = """
        user_id track_id level   item_id rating
        100     1        sibling 2       60
        100     1        sibling 3       51
        100     1        album   10      90
        100     5        sibling 6       0
    """
    rows = result(schemas, "features.sibling_averages", {"features.nearby_ratings": evidence})
    expect(rows, "user_id track_id sibling_count sibling_mean\n100 1 2 55.5\n100 5 1 0")


def test_level_ratings_are_the_users_own(schemas):
    evidence = """
        user_id track_id level   item_id rating
        100     1        album   10      0
        100     1        artist  20      80
        100     5        artist  21      40
        100     4        genre   30      70
    """
    rows = result(schemas, "features.level_ratings", {"features.nearby_ratings": evidence})
    expect(rows, "user_id track_id album_direct artist_direct\n100 1 0 80\n100 5 - 40")


GENRE_VALUES = {
    "staging.candidates": CANDIDATES,
    "hierarchy.track_genres": "track_id genre_id\n1 30\n1 31\n1 32\n5 33",
    "features.nearby_ratings": "user_id track_id level item_id rating\n100 1 genre 30 0",
    "priors.items": "item_id rating_mean bayes_mean\n31 80 60",
    "priors.overall": "rating_mean\n50",
}


def test_a_genre_is_worth_the_users_rating_then_its_prior_then_the_mean(schemas):
    rows = result(schemas, "features.genre_values", GENRE_VALUES)
    expect(
        rows,
        """
        user_id track_id genre_id direct value value_flat
        100     1        30       0      0     0
        100     1        31       -      60    80
        100     1        32       -      50    50
        100     5        33       -      50    50
        """,
    )


def test_genres_are_averaged_over_all_and_over_the_rated(schemas):
    values = """
        user_id track_id genre_id direct value value_flat
        100     1        30       10     10    10
        100     1        31       -      60    80
        100     1        32       -      50    30
        100     5        33       -      40    50
    """
    rows = result(schemas, "features.genre_averages", {"features.genre_values": values})
    # variance of 10, 60, 50: mean 40, squares 900 + 400 + 100, over 3
    expect(
        rows,
        """
        track_id genre_count genre_rated genre_direct genre_max genre_min genre_mean genre_var genre_max_flat genre_mean_flat
        1        3           1           10           60        10        40         466.6666666666667 80     40
        5        1           0           -            40        40        40         0         50             50
        """,
    )


KNOWN = {
    "staging.candidates": CANDIDATES,
    "hierarchy.track_lineage": LINEAGE,
    "features.level_ratings": "user_id track_id album_direct artist_direct\n100 1 0 -",
    "features.sibling_averages": "user_id track_id sibling_count sibling_mean\n100 5 1 77",
    "priors.items": "item_id rating_mean bayes_mean\n20 30 40\n11 20 35\n4 88 66",
    "priors.overall": "rating_mean\n50",
}


def test_what_is_known_of_each_level_is_gathered_and_nothing_filled_in(schemas):
    rows = result(schemas, "features.candidate_levels", KNOWN)
    expect(
        rows,
        """
        track_id album_direct sibling_mean sibling_count album_raw album_bayes artist_direct artist_raw artist_bayes track_bayes overall_mean
        1        0            -            0             -         -           -             30         40           -           50
        4        -            -            0             -         -           -             -          -            66          50
        5        -            77           1             20        35          -             -          -            -           50
        99       -            -            0             -         -           -             -          -            -           50
        """,
    )


LEVELS = {
    "features.candidate_levels": """
        user_id track_id album_id album_direct sibling_mean sibling_count album_raw album_bayes artist_direct artist_raw artist_bayes track_bayes overall_mean
        100     1        10       0            -            0             -         -           -             30         40           -           50
        100     4        -        -            -            0             -         -           -             -          -            66          50
        100     5        11       -            77           1             20        35          -             -          -            -           50
        100     6        11       -            -            0             20        35          -             -          -            -           50
        100     99       -        -            -            0             -         -           -             -          -            -           50
    """,
    "features.genre_averages": """
        user_id track_id genre_count genre_rated genre_direct genre_max genre_min genre_mean genre_var genre_max_flat genre_mean_flat
        100     1        2           1           90           90        60        75         225       90             70
    """,
}


def test_each_level_falls_through_its_chain(schemas):
    rows = result(schemas, "features.candidates", LEVELS)
    expect(
        rows,
        """
        track_id album_score album_source artist_score artist_source album_score_flat artist_score_flat track_prior
        1        0           direct       40           prior         0                30                50
        4        50          global       50           global        50               50                66
        5        77          sibling      50           global        20               50                50
        6        35          prior        50           global        20               50                50
        99       50          global       50           global        50               50                50
        """,
    )


def test_a_candidate_without_genres_has_the_mean_and_no_variance(schemas):
    rows = result(schemas, "features.candidates", LEVELS)
    expect(
        [row for row in rows if row["track_id"] in (1, 4)],
        """
        track_id genre_count genre_rated genre_direct genre_max genre_min genre_mean genre_var genre_max_flat genre_mean_flat
        1        2           1           90           90        60        75         225       90             70
        4        0           0           -            50        50        50         0         50             50
        """,
    )
