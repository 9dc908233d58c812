"""Given/expect rows of the marts, and what the finished warehouse's macros return."""

import itertools
import math
import random
import statistics

import duckdb
import numpy as np
import pytest

from recsys.evaluation.statistics import bootstrap
from tests.given import expect, result

HEURISTICS = ("adaptive", "max_genre", "max_genre_bayes", "weighted_average", "weighted_average_bayes")


def predictions_of(schemas, scores, features):
    tables = {f"scores.{model}": scores for model in HEURISTICS}
    rows = result(schemas, "marts.predictions", {**tables, "features.candidates": features})
    return [row for row in rows if row["model"] == "adaptive"]


def test_ties_go_to_the_better_prior_then_to_the_smaller_id(schemas):
    scores = "user_id track_id score\n1 7 50\n1 8 50\n1 9 50\n1 6 90\n2 7 10\n2 8 0"
    features = "user_id track_id track_prior\n1 7 40\n1 8 60\n1 9 40\n1 6 0\n2 7 1\n2 8 99"
    expect(
        predictions_of(schemas, scores, features),
        """
        user_id track_id rank predicted
        1       6        1    1
        1       8        2    1
        1       7        3    0
        1       9        4    0
        2       7        1    1
        2       8        2    0
        """,
    )


def test_every_model_predicts_every_candidate(schemas):
    tables = {f"scores.{model}": "user_id track_id score\n1 7 50\n1 8 40" for model in HEURISTICS}
    features = {"features.candidates": "user_id track_id track_prior\n1 7 1\n1 8 1"}
    rows = result(schemas, "marts.predictions", {**tables, **features})
    assert sorted((row["model"], row["track_id"]) for row in rows) == [
        (model, track) for model in HEURISTICS for track in (7, 8)
    ]


def test_the_truth_judges_where_there_is_one(schemas):
    labels = {
        "staging.labels": "user_id track_id label\n1 7 1",
        "staging.truth": "user_id track_id label\n1 7 0",
    }
    rows = result(schemas, "marts.ground_truth", labels)
    expect(rows, "user_id track_id label judged_by\n1 7 0 truth2.txt")
    rows = result(schemas, "marts.ground_truth", {**labels, "staging.truth": "user_id track_id label"})
    expect(rows, "user_id track_id label judged_by\n1 7 1 test2_new.txt")


PREDICTIONS = """
    model    user_id track_id score rank predicted
    adaptive 1       7        90    1    1
    adaptive 1       8        50    2    0
    adaptive 2       7        50    1    1
    adaptive 2       8        10    2    0
"""


def as_text(rows, columns):
    """Rows as a text table of these columns."""
    lines = [
        " ".join("-" if row[name] is None else str(row[name]) for name in columns.split()) for row in rows
    ]
    return "\n".join([columns, *lines])


def leaderboard_of(schemas, judged, practised="model user_id judged correct"):
    probabilities = """
        model    user_id track_id probability
        adaptive 1       7        0.9
        adaptive 1       8        0.1
        adaptive 2       7        0.2
        adaptive 2       8        0.8
    """
    read = {
        "marts.predictions": PREDICTIONS,
        "marts.ground_truth": judged,
        "marts.probabilities": probabilities,
    }
    counted = result(schemas, "marts.user_accuracy", {name: read[name] for name in [*read][:2]})
    areas = result(schemas, "marts.auc", read, also=("scores.adaptive",))
    given = {
        "marts.predictions": PREDICTIONS,
        "marts.ground_truth": judged,
        "marts.user_accuracy": as_text(counted, "model user_id judged correct"),
        "marts.auc": as_text(areas, "model auc probability_auc"),
        "marts.validation_accuracy": practised,
    }
    return result(schemas, "marts.leaderboard", given, also=("scores.adaptive",))


def test_the_leaderboard_measures_accuracy_and_pooled_auc(schemas):
    judged = """
        user_id track_id label judged_by
        1       7        1     truth2.txt
        1       8        0     truth2.txt
        2       7        0     truth2.txt
        2       8        1     truth2.txt
    """
    rows = leaderboard_of(schemas, judged)
    # liked scores 90, 10 against 50, 50: two pairs of four in order
    expect(
        rows,
        """
        model    accuracy auc probability_auc users published_accuracy evaluated_on
        adaptive 0.5      0.5 1               2     0.792              truth2.txt
        """,
    )


def test_tied_scores_count_half_in_the_auc(schemas):
    judged = "user_id track_id label judged_by\n1 8 1 truth2.txt\n2 7 0 truth2.txt\n2 8 0 truth2.txt"
    rows = leaderboard_of(schemas, judged)
    expect(rows, "auc users\n0.75 2")


def test_without_labels_the_leaderboard_says_so(schemas):
    rows = leaderboard_of(schemas, "user_id track_id label judged_by")
    assert [(row["accuracy"], row["users"], row["evaluated_on"]) for row in rows] == [(None, 0, "no labels")]


def test_validation_judges_where_there_is_no_label_at_all(schemas):
    practised = "model user_id judged correct\nadaptive 1 6 4\nadaptive 2 6 2\nranker 1 6 6"
    rows = leaderboard_of(schemas, "user_id track_id label judged_by", practised)
    found = [(row["accuracy"], row["users"], row["auc"], row["evaluated_on"]) for row in rows]
    assert found == [(0.5, 2, None, "validation on held-out ratings")]
    rows = leaderboard_of(schemas, "user_id track_id label judged_by\n1 7 1 truth2.txt", practised)
    assert [(row["accuracy"], row["evaluated_on"]) for row in rows] == [(1, "truth2.txt")]


def test_fallback_coverage_counts_look_ups_by_source(schemas):
    rows = result(
        schemas,
        "marts.fallback_coverage",
        {
            "features.candidates": """
                user_id track_id album_source artist_source
                1       7        direct       prior
                1       8        sibling      prior
            """,
            "features.genre_values": "user_id track_id genre_id direct\n1 7 30 0\n1 7 31 -\n1 7 32 -\n1 8 31 -",
            "priors.items": "item_id rating_mean bayes_mean\n31 80 60",
        },
    )
    expect(
        rows,
        """
        feature source  candidates share
        album   direct  1          0.5
        album   sibling 1          0.5
        artist  prior   2          1
        genre   direct  1          0.25
        genre   prior   2          0.5
        genre   global  1          0.25
        """,
    )


def test_accuracy_is_told_by_the_number_of_rated_levels(schemas):
    rows = result(
        schemas,
        "marts.accuracy_by_levels",
        {
            "features.candidates": """
                user_id track_id album_direct sibling_mean artist_direct genre_direct
                1       7        90           -            80            70
                1       8        -            -            -             -
                2       7        -            40           -             -
                2       8        -            -            -             -
            """,
            "marts.predictions": PREDICTIONS,
            "marts.ground_truth": "user_id track_id label\n1 7 1\n1 8 0\n2 7 0",
        },
    )
    expect(
        rows,
        """
        rated_levels candidates judged_candidates liked_share accuracy
        0            2          1                 0           1
        1            1          1                 0           0
        3            1          1                 1           1
        """,
    )


def test_a_submission_has_every_candidate_once_in_file_order(small_warehouse):
    with duckdb.connect(str(small_warehouse), read_only=True) as connection:
        rows = connection.sql("from submission('adaptive')").fetchall()
    assert [track for track, _ in rows] == ["100_1", "100_3", "100_4", "100_5", "101_4", "101_99"]
    assert [sum(p for t, p in rows if t.startswith(f"{user}_")) for user in (100, 101)] == [2, 1]


def interval_of(schemas, users):
    """The bounds of one model's accuracy; users are pairs of what is judged and what is right."""
    lines = [f"adaptive {user} {judged} {correct}" for user, (judged, correct) in enumerate(users)]
    given = {"marts.user_accuracy": "model user_id judged correct\n" + "\n".join(lines)}
    return result(schemas, "marts.accuracy_intervals", given)


def test_the_interval_of_an_accuracy_is_that_of_a_ratio_over_users(schemas):
    (row,) = interval_of(schemas, [(6, 5), (6, 3), (4, 4), (2, 0)])
    accuracy = 12 / 18
    squares = sum((c - accuracy * j) ** 2 for j, c in [(6, 5), (6, 3), (4, 4), (2, 0)])
    error = math.sqrt(4 / 3 * squares) / 18
    assert row["accuracy"] == pytest.approx(accuracy)
    assert row["standard_error"] == pytest.approx(error)
    low, high = wilson(accuracy, 4)
    assert row["accuracy_low"] == pytest.approx(min(low, accuracy - 1.959964 * error))
    assert row["accuracy_high"] == pytest.approx(max(high, accuracy + 1.959964 * error))


def wilson(share, draws):
    """The bounds of a share of independent draws at 95 %."""
    z = 1.959964
    center, half = (
        share + z * z / 2 / draws,
        z * math.sqrt(share * (1 - share) / draws + (z / draws) ** 2 / 4),
    )
    return (center - half) / (1 + z * z / draws), (center + half) / (1 + z * z / draws)


def test_two_users_who_are_all_right_leave_much_open(schemas):
    (row,) = interval_of(schemas, [(6, 6), (6, 6)])
    assert row["accuracy"] == 1
    assert row["accuracy_low"] == pytest.approx(wilson(1, 2)[0])
    assert row["accuracy_low"] == pytest.approx(0.3424, abs=1e-4)
    assert row["accuracy_high"] == 1


@pytest.mark.parametrize("right", [0, 6])
def test_many_users_who_are_all_alike_have_an_interval_too(schemas, right):
    (row,) = interval_of(schemas, [(6, right)] * 40)
    assert row["accuracy_high"] - row["accuracy_low"] == pytest.approx(1.959964**2 / (40 + 1.959964**2))


def test_the_interval_of_thirty_users_is_the_ratios(schemas):
    (row,) = interval_of(schemas, [(6, 5), (6, 4)] * 15)
    error = math.sqrt(30 / 29 * 30 * 0.25) / 180
    assert row["accuracy_low"] == pytest.approx(0.75 - 1.959964 * error)


def test_the_interval_agrees_with_a_bootstrap_over_users(schemas):
    generator = np.random.default_rng(5)
    judged = generator.choice([2, 4, 6, 10], 400)
    users = [
        (int(j), int(generator.binomial(j, p)))
        for j, p in zip(judged, generator.beta(4, 1, 400), strict=True)
    ]
    (row,) = interval_of(schemas, users)
    rows = [{"model": "a", "user_id": u, "judged": j, "correct": c} for u, (j, c) in enumerate(users)]
    low, high = bootstrap(rows, 4000).interval("a")
    assert (row["accuracy_low"], row["accuracy_high"]) == pytest.approx((low, high), abs=0.003)


def test_an_interval_stays_in_range_and_needs_two_users(schemas):
    (row,) = interval_of(schemas, [(2, 2), (2, 2), (2, 1)])
    assert row["accuracy_high"] == 1
    assert interval_of(schemas, [(2, 1)]) == []


@pytest.mark.parametrize("asked", ["from {}", "select count(*) from {}", "select 1 from {} limit 1"])
def test_a_submission_of_an_unknown_model_is_an_error(small_warehouse, asked):
    with duckdb.connect(str(small_warehouse), read_only=True) as connection:
        with pytest.raises(duckdb.Error, match="no model of that name"):
            connection.sql(asked.format("submission('nobody')")).fetchall()


def test_probabilities_given_that_half_are_liked_equal_the_sum_over_halves(schemas):
    scores = {1: [0.3, 2.0, -1.0, 0.5, 0.1, 4.0], 2: [1.0, 0.0], 3: [5.0, 5.0, 5.0, 5.0]}
    draw = random.Random(3)
    scores |= {n: [draw.gauss(0, 1) for _ in range(n)] for n in (4, 8, 10, 12)}
    scores |= {40 + n: [draw.gauss(0, 1) ** 5 for _ in range(n)] for n in (6, 12)}  # one stands far out
    lines = [f"adaptive {user} {t} {s}" for user, values in scores.items() for t, s in enumerate(values, 1)]
    text = "model user_id track_id score\n" + "\n".join(lines)
    rows = result(schemas, "marts.probabilities", {"marts.predictions": text})
    found = {(row["user_id"], row["track_id"]): row["probability"] for row in rows}
    assert len(found) == sum(map(len, scores.values()))
    for user, values in scores.items():
        spread = statistics.pstdev(values)
        odds = [math.exp(2.0 * (s - statistics.median(values)) / spread) if spread else 1.0 for s in values]
        halves = list(itertools.combinations(range(len(values)), len(values) // 2))
        total = sum(math.prod(odds[i] for i in half) for half in halves)
        for i in range(len(values)):
            liked = sum(math.prod(odds[j] for j in half) for half in halves if i in half)
            assert found[user, i + 1] == pytest.approx(liked / total, abs=1e-12)


@pytest.mark.parametrize(
    ("count", "slope"), [(6, "1000"), (6, "0"), (120, "2"), (120, "50"), (700, "2")], ids=str
)
def test_probabilities_are_finite_and_sum_to_half_for_any_number_and_slope(schemas, count, slope):
    lines = [f"adaptive 1 {t} {math.sin(t)}" for t in range(count)]
    lines += [f"adaptive 2 {t} {t // 4}" for t in range(count)]
    given = {"marts.predictions": "model user_id track_id score\n" + "\n".join(lines)}
    rows = result(schemas, "marts.probabilities", given, overrides=(f"probabilities.slope={slope}",))
    for user in (1, 2):
        found = [row["probability"] for row in rows if row["user_id"] == user]
        assert all(0 <= probability <= 1 for probability in found)
        assert sum(found) == pytest.approx(count / 2, abs=1e-9)


def test_the_macro_of_probabilities_gives_every_candidate_one(small_warehouse):
    with duckdb.connect(str(small_warehouse), read_only=True) as connection:
        rows = connection.sql("from probabilities('adaptive')").fetchall()
        for asked in ("from {}", "select count(*) from {}"):
            with pytest.raises(duckdb.Error, match="no model of that name"):
                connection.sql(asked.format("probabilities('nobody')")).fetchall()
    assert [(user, track) for user, track, _ in rows] == [
        (100, 1),
        (100, 3),
        (100, 4),
        (100, 5),
        (101, 4),
        (101, 99),
    ]
    assert sum(p for user, _, p in rows if user == 100) == pytest.approx(2)


def test_models_that_tell_no_candidates_apart_are_listed(schemas):
    """One user with one candidate says nothing, and one user with two scores is enough."""
    predictions = """model user_id track_id score
        flat 1 10 5
        flat 1 11 5
        flat 2 10 7
        flat 2 11 7
        useful 1 10 5
        useful 1 11 5
        useful 2 10 7
        useful 2 11 8
        single 1 10 5"""
    expect(
        result(schemas, "marts.constant_scores", {"marts.predictions": predictions}),
        """model user_count
        flat 2""",
    )
