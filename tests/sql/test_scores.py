"""Given/expect rows of the heuristic scores, worked out by hand from their formulas."""

import pytest

from tests.given import expect, result

FEATURES = """
    user_id track_id album_direct sibling_mean artist_direct genre_direct album_score artist_score genre_mean genre_max album_score_flat artist_score_flat genre_mean_flat genre_max_flat
    100     1        90           10           80            40           90          80           60         70        30               20                50              100
    100     2        -            60           -             40           60          50           45         55        30               20                50              100
    100     3        -            -            -             -            55          50           45         60        30               20                50              100
    100     4        0            -            -             -            0           50           45         60        30               20                50              100
    100     5        -            -            70            -            50          70           50         50        30               20                50              100
"""

EXPECTED = {
    # .5 album + .3 artist + .2 genre over the rated levels, renormalised; none rated: of the fallbacks
    "adaptive": [
        (0.5 * 90 + 0.3 * 80 + 0.2 * 40),
        (0.5 * 60 + 0.2 * 40) / 0.7,
        0.5 * 55 + 0.3 * 50 + 0.2 * 45,
        0.0,
        70.0,
    ],
    "weighted_average": [0.4 * 30 + 0.3 * 20 + 0.3 * 50] * 5,
    "max_genre": [0.7 * 100 + 0.2 * 20 + 0.1 * 30] * 5,
    "weighted_average_bayes": [
        0.4 * 90 + 0.3 * 80 + 0.3 * 60,
        0.4 * 60 + 0.3 * 50 + 0.3 * 45,
        0.4 * 55 + 0.3 * 50 + 0.3 * 45,
        0.4 * 0 + 0.3 * 50 + 0.3 * 45,
        0.4 * 50 + 0.3 * 70 + 0.3 * 50,
    ],
    "max_genre_bayes": [
        0.7 * 70 + 0.2 * 80 + 0.1 * 90,
        0.7 * 55 + 0.2 * 50 + 0.1 * 60,
        0.7 * 60 + 0.2 * 50 + 0.1 * 55,
        0.7 * 60 + 0.2 * 50 + 0.1 * 0,
        0.7 * 50 + 0.2 * 70 + 0.1 * 50,
    ],
}


@pytest.mark.parametrize("model", EXPECTED)
def test_scores_follow_their_formula(schemas, model):
    rows = result(schemas, f"scores.{model}", {"features.candidates": FEATURES})
    lines = [f"{track} {score!r}" for track, score in enumerate(EXPECTED[model], 1)]
    expect(rows, "track_id score\n" + "\n".join(lines))


def test_weights_are_parameters(schemas):
    rows = result(
        schemas,
        "scores.adaptive",
        {"features.candidates": FEATURES},
        overrides=("adaptive.album=1.0", "adaptive.artist=0", "adaptive.genre=0"),
    )
    expect([row for row in rows if row["track_id"] == 1], "track_id score\n1 90")
