"""Given rows and expected rows of the relations that the report is made from."""

from __future__ import annotations

import duckdb
import pytest

from tests.given import expect, result

Schemas = duckdb.DuckDBPyConnection

PREDICTIONS = """
    model            user_id track_id rank predicted
    weighted_average 1       10       1    1
    weighted_average 1       11       2    0
    weighted_average 2       10       1    1
    weighted_average 2       12       2    0
    adaptive         1       10       2    0
    adaptive         1       11       1    1
    adaptive         2       10       1    1
    adaptive         2       12       2    0
"""
JUDGED = """
    user_id track_id label
    1       10       0
    1       11       1
    2       10       1
"""


def test_user_activity_begins_a_class_at_each_power_of_four(schemas: Schemas) -> None:
    ratings = "\n".join(
        f"{user} {item} {rating}"
        for user, count, rating in ((1, 1, 30), (2, 15, 90), (3, 16, 50), (4, 64, 0))
        for item in range(count)
    )
    rows = result(schemas, "marts.user_activity", {"staging.ratings": f"user_id item_id rating\n{ratings}"})
    expect(
        rows,
        """
        user_id rating_count rating_mean activity
        1       1            30          0
        2       15           90          0
        3       16           50          16
        4       64           0           64
        """,
    )


def test_user_accuracy_counts_judged_candidates_alone(schemas: Schemas) -> None:
    given = {"marts.predictions": PREDICTIONS, "marts.ground_truth": JUDGED}
    expect(
        result(schemas, "marts.user_accuracy", given),
        """
        model            user_id judged correct
        weighted_average 1       2      0
        weighted_average 2       1      1
        adaptive         1       2      2
        adaptive         2       1      1
        """,
    )


def test_accuracy_by_activity_weighs_candidates_and_knows_users_without_ratings(schemas: Schemas) -> None:
    given = {
        "marts.user_activity": "user_id activity\n1 16\n2 16",
        "marts.user_accuracy": "model user_id judged correct\na 1 2 0\na 2 6 6\na 3 4 1",
    }
    expect(
        result(schemas, "marts.accuracy_by_activity", given),
        """
        model activity users accuracy
        a     16       2     0.75
        a     0        1     0.25
        """,
    )


SIGNIFICANCE = """
    better   worse                  difference_low difference_high
    adaptive weighted_average       0.25           1.0
    adaptive weighted_average_bayes 0.1            0.9
"""


def test_lift_is_over_the_nearest_model_that_is_built(schemas: Schemas) -> None:
    """Adaptive builds on weighted_average_bayes, which builds on weighted_average."""
    given = {
        "marts.predictions": PREDICTIONS,
        "marts.ground_truth": JUDGED,
        "marts.significance": SIGNIFICANCE,
    }
    models = ("scores.weighted_average", "scores.adaptive")
    expect(
        result(schemas, "marts.lift", given, also=models),
        """
        model    previous_model   lift               lift_low lift_high published_lift gained lost
        adaptive weighted_average 0.6666666666666666 0.25     1.0       0.033          2      0
        """,
    )


def test_a_lift_that_is_a_loss_has_its_bounds_turned_round(schemas: Schemas) -> None:
    turned = "better worse difference_low difference_high\nweighted_average adaptive -0.1 0.3"
    given = {"marts.predictions": PREDICTIONS, "marts.ground_truth": JUDGED, "marts.significance": turned}
    rows = result(schemas, "marts.lift", given, also=("scores.weighted_average", "scores.adaptive"))
    assert [(row["lift_low"], row["lift_high"]) for row in rows] == [(-0.3, 0.1)]


def test_a_model_that_builds_on_none_that_is_built_has_no_lift(schemas: Schemas) -> None:
    given = {
        "marts.predictions": PREDICTIONS.replace("adaptive        ", "stacked_ensemble"),
        "marts.ground_truth": JUDGED,
        "marts.significance": "better worse difference_low difference_high",
    }
    models = ("scores.max_genre", "scores.stacked_ensemble")
    assert result(schemas, "marts.lift", given, also=models) == []


def test_calibration_sets_the_liked_share_beside_the_probability(schemas: Schemas) -> None:
    given = {
        "marts.probabilities": """
            model user_id track_id probability
            a     1       10       0.31
            a     1       11       0.35
            a     2       10       1.0
            b     2       10       0.0
            b     2       99       0.5
        """,
        "marts.ground_truth": JUDGED,
    }
    rows = result(schemas, "marts.calibration", given)
    expect(
        rows,
        """
        model tenth candidates probability liked_share
        a     3     2          0.33        0.5
        a     9     1          1.0         1.0
        b     0     1          0.0         1.0
        """,
    )
    # Wilson's bounds of 1 out of 2: (.5 + z^2/4 -+ z sqrt(.125 + z^2/16)) / (1 + z^2/2), z = 1.959964
    assert rows[0]["liked_low"] == pytest.approx(0.0945, abs=1e-4)
    assert rows[0]["liked_high"] == pytest.approx(0.9055, abs=1e-4)


def test_correlation_is_of_the_ranks_within_users(schemas: Schemas) -> None:
    built = ("scores.adaptive", "scores.weighted_average")
    rows = result(schemas, "marts.score_correlation", {"marts.predictions": PREDICTIONS}, also=built)
    expect(
        rows,
        """
        model            other_model      correlation
        adaptive         weighted_average 0
        weighted_average adaptive         0
        """,
    )


def test_correlation_of_like_rankings_is_one_and_of_one_rank_alone_unknown(schemas: Schemas) -> None:
    names = ("adaptive", "content", "max_genre")
    ranks = [(1, 2), (1, 2), (1, 1)]  # of tracks 10 and 11
    alike = "\n".join(
        f"{name} 1 10 {one}\n{name} 1 11 {two}" for name, (one, two) in zip(names, ranks, strict=True)
    )
    given = {"marts.predictions": f"model user_id track_id rank\n{alike}"}
    rows = result(schemas, "marts.score_correlation", given, also=[f"scores.{name}" for name in names])
    found = {(row["model"], row["other_model"]): row["correlation"] for row in rows}
    assert found["adaptive", "content"] == pytest.approx(1)
    assert found["adaptive", "max_genre"] is None


def test_rating_histogram_has_a_row_for_each_value(schemas: Schemas) -> None:
    ratings = "user_id item_id rating value\n1 1 0 0\n1 2 90 90\n2 1 90 89.6\n2 2 90 90"
    expect(
        result(schemas, "marts.rating_histogram", {"staging.ratings": ratings}),
        "rating value rating_count share\n0 0 1 0.25\n90 89.6 3 0.75",
    )


def test_rating_counts_cumulate_from_the_top(schemas: Schemas) -> None:
    given = {
        "marts.user_activity": "user_id rating_count\n1 1\n2 3\n3 3\n4 1000",
        "hierarchy.items": "item_id item_type\n7 genre\n8 genre",
        "priors.items": "item_id rating_count\n7 5",
    }
    expect(
        result(schemas, "marts.rating_counts", given),
        """
        entity at_least entities
        user   1        4
        user   3        3
        user   1000     1
        genre  5        1
        """,
    )


def test_rating_mean_by_activity_doubles_from_class_to_class(schemas: Schemas) -> None:
    users = "user_id rating_count rating_mean\n1 2 80\n2 3 40\n3 4 50"
    expect(
        result(schemas, "marts.rating_mean_by_activity", {"marts.user_activity": users}),
        "at_least users rating_count rating_mean\n2 2 2.5 60\n4 1 4 50",
    )


def test_data_summary_of_an_empty_data_set_has_no_figure_that_divides_by_nothing(schemas: Schemas) -> None:
    empty = (
        "staging.ratings",
        "marts.user_activity",
        "hierarchy.items",
        "priors.items",
        "staging.tracks",
        "hierarchy.track_lineage",
        "staging.albums",
        "hierarchy.track_genres",
        "staging.candidates",
        "marts.ground_truth",
        "staging.labels",
    )
    given = {**dict.fromkeys(empty, "-"), "priors.overall": "rating_count rating_mean\n0 50"}
    rows = result(schemas, "marts.data_summary", given)
    values = {row["measure"]: row["value"] for row in rows}
    assert values["ratings"] == values["users"] == values["candidates"] == 0
    assert (
        values["ratings per user, mean"]
        is values["tracks without album"]
        is values["genres per track"]
        is None
    )


def test_data_summary_counts_and_shares(schemas: Schemas) -> None:
    given = {
        "staging.ratings": "is_like\ntrue\nfalse\nfalse\nfalse",
        "priors.overall": "rating_count rating_mean\n4 60",
        "marts.user_activity": "user_id rating_count\n1 1\n2 3",
        "hierarchy.items": "item_id item_type\n10 track\n11 track\n20 album",
        "priors.items": "item_id rating_count\n10 3\n20 1",
        "staging.tracks": "track_id album_id artist_id\n10 20 -\n11 - -",
        "hierarchy.track_lineage": "track_id album_id artist_id\n10 20 30\n11 - -",
        "staging.albums": "album_id artist_id\n20 30",
        "hierarchy.track_genres": "track_id genre_id\n10 40\n10 41\n11 40",
        "staging.candidates": "user_id track_id\n1 10\n1 11",
        "marts.ground_truth": "user_id track_id\n1 10",
        "staging.labels": "user_id track_id\n1 10",
    }
    values = {row["measure"]: row["value"] for row in result(schemas, "marts.data_summary", given)}
    assert values["tracks"] == 2
    assert values["share of likes"] == 0.25
    assert values["ratings per user, mean"] == 2
    assert values["ratings per rated item, largest"] == 3
    assert values["share of ratings on tracks"] == 0.75
    assert values["tracks without artist"] == 1
    assert values["tracks without artist after the fill"] == 0.5
    assert values["genres per track"] == 1.5
    assert (values["test users"], values["candidates"], values["judged candidates"]) == (1, 2, 1)
