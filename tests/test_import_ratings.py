"""`recsys.import_ratings`: frames are read as files are, and the library takes ids and numbers of any library."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import recsys
from recsys.serving.scalars import count_of, many_ids, one_id, values_by_id
from tests.given import build_sql
from tests.sources.importing.reading import table, values

COLUMNS = {
    "user": ["ann", "ann", "bob"],
    "item": [7, 8, 7],
    "rating": [4.5, 2.0, 5.0],
    "when": ["2020-01-02", "2020-01-01", "2020-02-01"],
}
EXPECTED = [("ann", "8", 2.0), ("ann", "7", 4.5), ("bob", "7", 5.0)]
FRAMES = {
    "pandas": lambda: pd.DataFrame(COLUMNS),
    "pandas with times": lambda: pd.DataFrame(COLUMNS).assign(when=pd.to_datetime(COLUMNS["when"])),
    "pandas with an index": lambda: pd.DataFrame(COLUMNS).set_index("user"),
    "pandas with categories": lambda: pd.DataFrame(COLUMNS).astype({"user": "category"}),
    "pandas with real ids": lambda: pd.DataFrame(COLUMNS).astype({"item": float}),
    "pandas with mixed ids": lambda: pd.DataFrame({**COLUMNS, "item": [7, "8", 7]}),
    "polars": lambda: pl.DataFrame(COLUMNS),
    "polars with categories": lambda: pl.DataFrame(COLUMNS).with_columns(pl.col("user").cast(pl.Categorical)),
    "polars with an enum": lambda: pl.DataFrame(COLUMNS).with_columns(
        pl.col("user").cast(pl.Enum(["bob", "ann"]))
    ),
    "Arrow with categories": lambda: pa.table(
        {**COLUMNS, "user": pa.array(COLUMNS["user"]).dictionary_encode()}
    ),
    "polars, lazy": lambda: pl.DataFrame(COLUMNS).lazy(),
    "Arrow": lambda: pa.table(COLUMNS),
    "Arrow, streamed": lambda: pa.table(COLUMNS).to_reader(),
    "DuckDB": lambda: duckdb.connect().from_arrow(pa.table(COLUMNS)),
}


@pytest.mark.parametrize("kind", FRAMES)
def test_a_frame_is_read_as_a_file_is(tmp_path, kind):
    items = pd.DataFrame({"item": [7, 8], "title": ["Seven", "Eight"], "price": [1.5, None]})
    found = recsys.import_ratings(FRAMES[kind](), tmp_path / "data", items=items, time="when", noun="film")
    assert values(tmp_path / "data") == EXPECTED
    assert (found.feedback, found.scale, found.noun) == ("ratings", (1, 5), "film")
    assert table(tmp_path / "data", "items", "select name from it order by item_id") == [
        ("Seven",),
        ("Eight",),
    ]
    assert table(tmp_path / "data", "item_attributes", "select price from it order by item_id") == [
        (1.5,),
        (None,),
    ]


def test_what_was_imported_is_what_build_takes(tmp_path):
    found = recsys.import_ratings(pd.DataFrame(COLUMNS), str(tmp_path / "data"), holdout=0)
    with recsys.build(found, tmp_path / "w.duckdb", select=["staging.*"]) as warehouse:
        assert warehouse.sql("select feedback, noun from staging.dataset").fetchall() == [("ratings", "item")]


def test_a_bad_row_of_a_frame_is_named(tmp_path):
    frame = pd.DataFrame({"user": ["a", "b", "c", None], "item": [1, 2, 3, 4]})
    with pytest.raises(
        recsys.InputError, match=r"pandas\.DataFrame:4: 'user = None, item = 4': expected a user"
    ):
        recsys.import_ratings(frame, tmp_path / "data")


def test_two_columns_of_one_name_are_refused(tmp_path):
    frame = pd.DataFrame([[1, 2, 3]], columns=["user", "user", "item"])
    with pytest.raises(recsys.InputError, match=r"pandas\.DataFrame: expected columns with a name each"):
        recsys.import_ratings(frame, tmp_path / "data")


@pytest.mark.parametrize(
    ("ratings", "options", "expected"),
    [
        (17, {}, "int: expected a path, a data frame of pandas or polars"),
        ([], {}, "ratings: expected a file or a data frame"),
        (pd.DataFrame({"a": [1], "b": [2]}), {}, "cannot find the user column"),
        (pd.DataFrame(COLUMNS), {"scale": 5}, "scale = 5: expected the lowest and the highest rating"),
        (pd.DataFrame(COLUMNS), {"seed": -1}, "--seed -1: expected a whole number"),
        (pd.DataFrame(COLUMNS), {"rating": "stars"}, "no column 'stars'"),
    ],
    ids=str,
)
def test_wrong_arguments_are_usage_errors(tmp_path, ratings, options, expected):
    with pytest.raises(recsys.UsageError, match=expected):
        recsys.import_ratings(ratings, tmp_path / "data", **options)


@pytest.mark.parametrize(
    "given",
    [
        [17, "x"],
        (17, "x"),
        np.array([17, "x"], dtype=object),
        pd.Series([17, "x"]),
        (one for one in [np.int64(17), np.str_("x")]),
        pl.Series([17, "x"], dtype=pl.Object),
    ],
    ids=lambda given: type(given).__name__,
)
def test_ids_of_any_library_are_ids(given):
    assert many_ids(given) == [17, "x"]


@pytest.mark.parametrize(
    "given", [17, np.int64(17), np.uint8(17), np.array([17]), pl.Series([17]), pd.Series([17])]
)
def test_one_id_is_a_list_of_one(given):
    assert many_ids(given) == [17]


@pytest.mark.parametrize(
    "given", [1.5, None, b"x", {"a": 1}, pd.DataFrame({"a": [1]}), [None], [1.5], object()]
)
def test_what_is_no_id_is_a_usage_error(given):
    with pytest.raises(recsys.UsageError, match="expected"):
        many_ids(given, "user")


@pytest.mark.parametrize("k", ["2", None, 2.0, 0, -1, 1_000_001, 2**31, np.float64(3)])
def test_k_out_of_range_is_refused_by_name(k):
    with pytest.raises(recsys.UsageError, match=r"k = .*: expected a whole number 1\.\.1,000,000"):
        count_of(k)


@pytest.mark.parametrize("k", [1, np.int64(10), np.uint8(10), 1_000_000])
def test_whole_numbers_are_numbers_of_items(k):
    assert count_of(k) == int(k)


def test_ratings_may_be_a_series(tmp_path):
    assert values_by_id(pd.Series([4, 5.5], index=["x", "y"])) == {"x": 4.0, "y": 5.5}
    assert values_by_id({np.int64(3): np.float32(2)}) == {3: 2.0}
    for given in ([1, 2], {"x": "good"}, {"x": None}, {"x": float("nan")}, {1.5: 3}):
        with pytest.raises(recsys.UsageError, match="expected"):
            values_by_id(given)


def test_the_owners_ids_are_in_predictions_and_submissions(tmp_path):
    """Users 1 to 40 of the warehouse are u039 down to u000 of the owner, by the order of texts."""
    lines = [
        f"u{user:03},m{(user * 7 + number * 3) % 60},{1 + 4 * (number % 2)}"
        for user in range(40)
        for number in range(20)
    ]
    (tmp_path / "r.csv").write_text("\n".join(["user,item,rating", *lines, ""]))
    recsys.import_ratings(tmp_path / "r.csv", tmp_path / "data", holdout=2)
    build_sql(tmp_path / "data", tmp_path / "w.duckdb")
    known = {tuple(line.split(",")[:2]) for line in lines}
    with recsys.open(tmp_path / "w.duckdb") as warehouse:
        predicted = warehouse.predictions("adaptive").select('"user", item').fetchall()
        submitted = warehouse.sql("from submission('adaptive')").fetchall()
    assert len(predicted) == len(submitted) == 160
    assert sum(pair in known for pair in predicted) == 80
    assert {name for name, _ in submitted} == {f"{user}_{item}" for user, item in predicted}


def test_one_id_is_a_text_or_a_whole_number():
    assert (one_id("x"), one_id(np.int32(3)), one_id(np.str_("y"))) == ("x", 3, "y")
    with pytest.raises(recsys.UsageError, match=r"user 1\.5: expected a whole number or a text"):
        one_id(1.5, "user")
