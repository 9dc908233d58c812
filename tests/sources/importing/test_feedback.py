"""Ratings, likes, counts and events are distinguished, and mean what their owner means."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from recsys.errors import InputError, UsageError
from recsys.sources.parquet import parameters
from tests.sources.importing.reading import ids, imported, recipe, table, values


def rows_of(numbers: list[float], column: str = "rating") -> str:
    """A file with these values, each of another user."""
    lines = [f"u{place},m{place % 7},{value:g}" for place, value in enumerate(numbers)]
    return "\n".join([f"user,item,{column}", *lines, ""])


SCALES = [
    ("0/1", [0, 1], (0, 1), 0.8),
    ("-1/1", [-1, 1, 0], (-1, 1), 0.6),
    ("half stars", [0.5, 2.5, 5], (0.5, 5), 4),
    ("stars", [1, 2, 5], (1, 5), 4),
    ("stars without low ones", [3, 4, 5], (1, 5), 4),
    ("one to ten", [1, 7, 10], (1, 10), 8),
    ("zero to ten", [0, 7, 10], (0, 10), 8),
    ("fractions to ten", [7.96, 8, 3.1], (1, 10), 8),
    ("percent", [0, 50, 100, 60], (0, 100), 80),
    ("Jester", [-9.5, 3.25, 10], (-10, 10), 6),
    ("any range", [200, 300, 400], (200, 400), 320),
    ("one to seven", [1, 3, 5, 6, 7], (1, 7), 5.6),
    ("one to three", [1, 2, 3, 2], (1, 3), 2.4),
    ("five each way", [-5, 0, 2, 5], (-5, 5), 3),
    ("zero to three", [0, 0, 0, 1, 2, 3], (0, 3), 2.4),
]


@pytest.mark.parametrize(("name", "numbers", "scale", "liked"), SCALES, ids=[case[0] for case in SCALES])
def test_a_scale_is_found(tmp_path, name, numbers, scale, liked):
    result = imported(tmp_path, rows_of(numbers * 5))
    assert (result.feedback, result.scale) == ("ratings", scale)
    assert result.liked == pytest.approx(liked)
    found = table(tmp_path / "data", "ratings", "select value, rating from it order by all")
    low, high = scale
    expected = [
        (value, math.floor(100 * (value - low) / (high - low) + 0.5)) for value in sorted(numbers * 5)
    ]
    assert found == expected


COUNTS = [
    ("a heavy tail", "rating", [3, 5, 8, 2, 40, 350000]),
    ("an early maximum", "score", [1, 1, 2, 1, 1, 60]),
    ("called plays", "plays", [3, 4, 5]),
    ("called quantity", "Quantity", [1, 1, 1]),
    ("called weight", "weight", [0.5, 1, 2]),
]


@pytest.mark.parametrize(("name", "column", "numbers"), COUNTS, ids=[case[0] for case in COUNTS])
def test_counts_are_found_and_become_ratings_on_a_log_scale(tmp_path, name, column, numbers):
    result = imported(tmp_path, rows_of(numbers, column))
    assert (result.feedback, result.scale, result.liked) == ("counts", None, None)
    top = float(np.percentile(numbers, 99))
    assert result.top_count == pytest.approx(top)
    found = table(tmp_path / "data", "ratings", "select value, rating from it order by all")
    for (value, rating), expected in zip(found, sorted(numbers), strict=True):
        assert value == expected
        assert rating == max(1, min(100, math.floor(100 * math.log1p(value) / math.log1p(top) + 0.5)))


def test_a_threshold_of_counts_decides_likes(tmp_path):
    result = imported(tmp_path, rows_of([1, 2, 30, 4], "plays"), liked=3)
    assert result.liked == 3
    assert recipe(tmp_path / "data")["liked"] == 3


@pytest.mark.parametrize("text", ["user,item\na,1\na,2\n", "user,item,rating\na,1,3\na,2,3\n"])
def test_without_ratings_or_with_equal_ones_every_row_is_a_like(tmp_path, text):
    result = imported(tmp_path, text)
    assert (result.feedback, result.liked) == ("likes", None)
    assert table(tmp_path / "data", "ratings", "select value, rating from it") == [(1, 100), (1, 100)]


def test_events_are_counted_with_the_time_of_the_last(tmp_path):
    text = "user,item,time\na,x,5\na,y,2\na,x,1\na,x,3\nb,x,4\n"
    result = imported(tmp_path, text)
    assert (result.feedback, result.counts["ratings"]) == ("events", 3)
    assert values(tmp_path / "data") == [("a", "y", 1), ("a", "x", 3), ("b", "x", 1)]
    assert "2 repeated rows of the same user and item merged" in result.warnings


def test_counts_of_the_same_item_are_summed(tmp_path):
    imported(tmp_path, "user,item,quantity\na,x,2\na,y,1\na,x,5\n")
    assert sorted(values(tmp_path / "data")) == [("a", "x", 7), ("a", "y", 1)]


@pytest.mark.parametrize(("rule", "value"), [("last", 2), ("first", 4), ("mean", 3), ("max", 4), ("sum", 9)])
def test_ratings_of_the_same_item_follow_the_rule(tmp_path, rule, value):
    text = "user,item,rating,time\na,x,3,5\na,x,4,1\na,y,5,2\na,x,2,9\n"
    if rule == "sum":
        result = imported(tmp_path, text, duplicates="sum", feedback="counts")
        assert result.feedback == "counts"
    else:
        imported(tmp_path, text, duplicates=rule)
    assert {item: found for _, item, found in values(tmp_path / "data")}["x"] == value
    with pytest.raises(
        InputError,
        match=r"ratings\.csv:3: 'a,x,4,1': .*keep one with --duplicates last \(or first, mean, max\)",
    ):
        imported(tmp_path, text, force=True)


STARS = [1 + place % 5 for place in range(1200)]


@pytest.mark.parametrize("count", [20, 1200])
def test_one_mistyped_rating_is_refused_and_does_not_move_the_scale(tmp_path, count):
    numbers = [*STARS[:count], 50]
    expected = (
        rf"ratings\.csv:{count + 2}: 'u{count},m{count % 7},50': expected a rating 1\.\.5, as nearly all are "
        r"\(--scale 1 50 or --feedback counts accepts it\), in the column rating"
    )
    with pytest.raises(InputError, match=expected):
        imported(tmp_path, rows_of(numbers))
    result = imported(tmp_path, rows_of(numbers), scale=(1.0, 50.0))
    assert (result.scale, result.liked) == ((1.0, 50.0), 40.0)


def test_a_few_half_stars_belong_to_the_scale(tmp_path):
    assert imported(tmp_path, rows_of([*STARS, 0.5])).scale == (0.5, 5)


def test_likes_are_decided_before_rounding(tmp_path):
    """7.96 of 10 is the rating 80 of 100, and no like where likes start at 8."""
    text = "user,item,rating\n" + "".join(
        f"u,{item},{value}\n" for item, value in enumerate([0, 7.96, 8, 10, 9, 8.5])
    )
    result = imported(tmp_path, text, holdout=2)
    assert (result.scale, result.liked) == ((0, 10), 8)
    assert table(tmp_path / "data", "ratings", "select rating from it where value = 7.96") == [(80,)]


def many(users: int = 40, items: int = 60, time: bool = False) -> str:
    """A file in which each user rates 20 items, ten of them 5 and ten of them 1."""
    head = "user,item,rating,time" if time else "user,item,rating"
    lines = [
        f"u{user},m{(user * 7 + number * 3) % items},{1 + 4 * (number % 2)}{f',{number}' if time else ''}"
        for user in range(users)
        for number in range(20)
    ]
    return "\n".join([head, *lines, ""])


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 42, 2024, 2**31 - 2, 2**31 - 1])
def test_every_seed_has_a_split_of_its_own(tmp_path, seed):
    truths = set()
    for number, other in enumerate((seed, 7)):
        imported(tmp_path / str(number), many(), holdout=2, seed=other)
        truths.add(tuple(table(tmp_path / str(number) / "data", "truth")))
    assert len(truths) == 2


def test_the_first_and_the_last_seed_differ(tmp_path):
    for seed in (0, 2**31 - 1):
        imported(tmp_path / str(seed), many(), holdout=2, seed=seed)
    first, last = (table(tmp_path / str(seed) / "data", "truth") for seed in (0, 2**31 - 1))
    assert first != last


@pytest.mark.parametrize("seed", [-1, 2**31])
def test_a_seed_out_of_range_is_refused_by_name(tmp_path, seed):
    with pytest.raises(UsageError, match=f"--seed {seed}: expected a whole number 0..2147483647"):
        imported(tmp_path, many(), seed=seed)


def test_with_times_the_last_likes_are_held_out(tmp_path):
    result = imported(tmp_path, many(time=True), holdout=2)
    assert result.split == "time"
    users, items = ids(tmp_path / "data")
    truth = table(tmp_path / "data", "truth", "select user_id, track_id from it where label = 1")
    found = Counter((users[user], items[track]) for user, track in truth)
    assert found == Counter(
        (f"u{user}", f"m{(user * 7 + number * 3) % 60}") for user in range(40) for number in (17, 19)
    )
    assert table(tmp_path / "data", "held_out", "select user_id, item_id from it") == sorted(truth)


def test_the_split_can_be_random_with_times(tmp_path):
    imported(tmp_path / "a", many(time=True), holdout=2, split="random")
    imported(tmp_path / "b", many(time=True), holdout=2)
    assert table(tmp_path / "a" / "data", "truth") != table(tmp_path / "b" / "data", "truth")


def test_nothing_is_held_out_unless_asked(tmp_path):
    result = imported(tmp_path, many())
    assert result.counts["candidates"] == 0
    assert not (tmp_path / "data" / "truth.parquet").exists()


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("user,item\na,1\n", {"feedback": "ratings"}, "has no column of ratings; use --rating COLUMN"),
        ("user,item\na,1\n", {"feedback": "counts"}, "has no column of counts; use --rating COLUMN"),
        ("user,item\na,1\n", {"scale": (1.0, 5.0)}, "--scale: .* has no column of ratings"),
        ("user,item\na,1\n", {"liked": 3.0}, "--liked: .* every row is a like"),
        (
            "user,item,plays\na,1,3\n",
            {"scale": (1.0, 5.0), "feedback": "counts"},
            "--scale: only ratings have",
        ),
        ("user,item\na,1\n", {"feedback": "clicks"}, "--feedback clicks: expected auto or ratings or likes"),
        ("user,item\na,1\n", {"noun": " "}, "--noun ' ': expected a word, such as film"),
        ("user,item\na,1\n", {"split": "best"}, "--split best: expected random or time"),
    ],
)
def test_contradictions_are_refused(tmp_path, text, options, expected):
    with pytest.raises(UsageError, match=expected):
        imported(tmp_path, text, **options)


def test_a_negative_count_is_refused_by_its_row(tmp_path):
    with pytest.raises(
        InputError, match=r"ratings\.csv:4: .*expected a count of 0 or more in the column rating"
    ):
        imported(tmp_path, rows_of([1, 2, -3, 4]), feedback="counts")


def test_a_return_in_a_column_of_quantities_does_not_make_it_ratings(tmp_path):
    bought = rows_of([1, 2, 1, 1, -1, -12, 3, 1, 1, 1, 2], "quantity")
    expected = r"ratings\.csv:6: .*expected a count of 0 or more \(--feedback ratings accepts others\) in the column quantity"
    with pytest.raises(InputError, match=expected):
        imported(tmp_path, bought)
    assert imported(tmp_path, bought, feedback="ratings").scale == (-12, 3)
    assert imported(tmp_path, rows_of([1, -1, 1, 0], "weight"), force=True).scale == (-1, 1)


def test_what_could_be_wrong_is_said(tmp_path):
    result = imported(tmp_path, "user,item,rating\na,x,5\na,y,5\na,z,5\nb,x,1\n")
    assert result.warnings == [
        "75 % of the ratings are 5: they tell little about tastes",
        "no user has 6 likes (most: 3): models can hardly be compared",
        "1 user and 2 items with a single row",
    ]


@pytest.mark.parametrize(
    ("options", "split"),
    [({}, "time"), ({"split": "random"}, "random"), ({"refused": frozenset({"time"})}, "random")],
)
def test_validation_splits_as_the_import_says(tmp_path, options, split):
    imported(tmp_path, many(time=True), **options)
    known = parameters(recipe(tmp_path / "data"))
    assert (known["dataset.split"], known["validation.split"]) == (split, split)
