"""Directories of Parquet: the same data make the same warehouse as text, and bad files are refused by row."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from recsys.errors import InputError, RecsysError, UsageError
from recsys.project import Project
from recsys.sources import parquet_rows
from recsys.sources.importing.options import Options
from recsys.sources.importing.recipe import run as run_import
from tests.conftest import SMALL
from tests.given import build_sql, write_directory
from tests.parquet import converted
from tests.relations import untimed

BY_LAYER = "staging", "hierarchy", "priors", "features", "scores", "marts", "validation"


@pytest.fixture(scope="module")
def small_parquet(small_warehouse, tmp_path_factory) -> Path:
    return converted(small_warehouse, tmp_path_factory.mktemp("parquet") / "data")


@pytest.fixture
def data(small_parquet, tmp_path) -> Path:
    """A copy, to be spoilt."""
    folder = tmp_path / "data"
    folder.mkdir()
    for path in small_parquet.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def content(warehouse: Path) -> dict[str, list[tuple]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        names = connection.sql(
            "select table_schema || '.' || table_name from information_schema.tables "
            f"where table_schema in {BY_LAYER} and table_name not in ('build', 'requests') order by all"
        ).fetchall()
        return {
            name: connection.sql(f"select {untimed(name)} from {name} order by all").fetchall()
            for (name,) in names
        }


def test_the_same_data_make_the_same_warehouse(small_warehouse, small_parquet, tmp_path):
    build_sql(small_parquet, tmp_path / "w.duckdb")
    found, expected = content(tmp_path / "w.duckdb"), content(small_warehouse)
    assert found.keys() == expected.keys()
    assert len(expected["staging.ratings"]) == 6
    for name, rows in expected.items():
        assert found[name] == rows, name


def test_a_change_of_format_alone_reads_again_and_changes_nothing(small_data, small_parquet, tmp_path):
    build_sql(small_data, tmp_path / "w.duckdb")
    again = build_sql(small_parquet, tmp_path / "w.duckdb")
    assert "staging.ratings" in again.finished_models
    assert content(tmp_path / "w.duckdb")["marts.predictions"]


def spoil(data: Path, name: str, change: str) -> None:
    """Rewrite one file with what a query makes of it."""
    path = data / f"{name}.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"create table it as from '{path}'")
        connection.execute(change)
        connection.execute(f"copy it to '{path}'")


REFUSED = [
    ("rating above 100", "ratings", "update it set rating = 101 where item_id = 2", 3, "101", "a whole number 0..100"),
    ("rating missing", "ratings", "update it set rating = null where item_id = 2", 3, "None", "0..100 in the column rating"),
    ("negative id", "ratings", "update it set user_id = -1 where item_id = 10", 1, "-1", "in the column user_id"),
    ("id too large", "ratings", "alter table it alter item_id type bigint; update it set item_id = 3000000000 where item_id = 10", 1, "3000000000", "in the column item_id"),
    ("no order", "ratings", "update it set seq = null where item_id = 10", 1, "None", "in the column seq"),
    ("item rated twice", "ratings", "insert into it values (100, 2, 50, 99)", 7, "user_id = 100, item_id = 2, rating = 50, seq = 99", "one row for each user_id and item_id"),
    ("order repeated", "ratings", "update it set seq = 2 where item_id = 22", 4, "user_id = 100, item_id = 22, rating = 0, seq = 2", "one rating for each user_id and seq"),
    ("track twice", "tracks", "insert into it values (1, null, null, [])", 6, "track_id = 1, album_id = None, artist_id = None, genre_ids = []", "an id listed once"),
    ("artist that is a track", "artists", "insert into it values (1)", 4, "artist_id = 1", "an id listed once"),
    ("genre missing", "tracks", "update it set genre_ids = [30, null] where track_id = 1", 5, "[30, None]", "a list of ids"),
    ("odd number of candidates", "candidates", "delete from it where track_id = 5", 1, "user_id = 100, track_id = 1, position = 1", "an even number"),
    ("candidate twice", "candidates", "update it set track_id = 1 where track_id = 3", 2, "user_id = 100, track_id = 1, position = 2", "one row for each"),
    ("label of 2", "labels", "update it set label = 2 where track_id = 1", 1, "2", "a whole number 0..1"),
    ("label of no candidate", "truth", "update it set track_id = 2 where track_id = 1", 1, "user_id = 100, track_id = 2, label = 1", "a pair that is a candidate"),
    ("column missing", "ratings", "alter table it drop seq", None, None, "a column seq, found user_id, item_id, rating"),
    ("column of text", "ratings", "alter table it alter item_id type varchar", None, None, "whole numbers in the column item_id, found string"),
    ("column of reals", "truth", "alter table it alter label type double", None, None, "whole numbers in the column label, found double"),
    ("no list", "tracks", "alter table it alter genre_ids type varchar", None, None, "lists of whole numbers in the column genre_ids"),
    ("no ratings", "ratings", "delete from it", None, None, "rows, found a file without any"),
    ("no candidates", "candidates", "delete from it", None, None, "rows, found a file without any"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "file", "change", "row", "text", "expected"), REFUSED, ids=[case[0] for case in REFUSED]
)
def test_a_bad_file_is_refused_by_file_row_and_text(data, tmp_path, name, file, change, row, text, expected):
    spoil(data, file, change)
    (tmp_path / "w.duckdb").unlink(missing_ok=True)
    with pytest.raises(InputError) as caught:
        build_sql(data, tmp_path / "w.duckdb")
    error = caught.value
    assert (error.path.name, error.line, error.text) == (f"{file}.parquet", row, text)
    assert expected in error.expected
    assert "\n" not in str(error)
    assert not (tmp_path / "w.duckdb").exists()


def test_each_user_may_have_an_order_of_its_own_in_rows_of_any_order(data, small_warehouse, tmp_path):
    seq = "(select count(*) from it as b where b.user_id = it.user_id and b.seq < it.seq)"
    spoil(
        data,
        "ratings",
        f"create or replace table it as select * replace ({seq} as seq) from it order by rating",
    )
    build_sql(data, tmp_path / "w.duckdb")
    assert (
        content(tmp_path / "w.duckdb")["marts.predictions"] == content(small_warehouse)["marts.predictions"]
    )


@pytest.mark.parametrize("rows", [1, 2, 1000])
def test_a_repeated_order_is_found_in_any_parts_of_the_users(data, monkeypatch, rows):
    monkeypatch.setattr(parquet_rows, "SORTED_ROWS", rows)
    path = data / "ratings.parquet"
    spoil(data, "ratings", "create or replace table it as from it order by rating, user_id, item_id")
    parquet_rows.refuse_repeated_order(path)
    spoil(data, "ratings", "update it set seq = 0 where user_id = 100")
    with pytest.raises(InputError) as caught:
        parquet_rows.refuse_repeated_order(path)
    users = pq.read_table(path)["user_id"].to_pylist()
    assert caught.value.line == [row for row, user in enumerate(users, 1) if user == 100][1]


def test_positions_count_the_candidates_however_far_apart_the_given_ones_are(data, small_warehouse, tmp_path):
    spoil(data, "candidates", "update it set position = 700000 * position")
    build_sql(data, tmp_path / "w.duckdb", selected=("+staging.candidates",))
    name = "staging.candidates"
    assert content(tmp_path / "w.duckdb")[name] == content(small_warehouse)[name]


@pytest.mark.parametrize("size", [0, 3, -9])
def test_a_truncated_file_is_refused(data, tmp_path, size):
    path = data / "ratings.parquet"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(InputError, match=r"ratings\.parquet: expected a complete Parquet file"):
        build_sql(data, tmp_path / "w.duckdb")


@pytest.mark.parametrize("file", ["tracks", "albums", "artists", "genres"])
def test_a_missing_file_is_named(data, tmp_path, file):
    (data / f"{file}.parquet").unlink()
    with pytest.raises(UsageError, match=f"no file {file}.parquet"):
        build_sql(data, tmp_path / "w.duckdb")


def test_candidates_may_be_missing_only_if_somebody_says_so(data, tmp_path):
    for name in ("candidates", "labels", "truth"):
        (data / f"{name}.parquet").unlink()
    with pytest.raises(
        UsageError, match=r"no file candidates\.parquet; build without test items with --no-candidates"
    ):
        build_sql(data, tmp_path / "w.duckdb")
    build_sql(data, tmp_path / "w.duckdb", no_candidates=True)
    (data / "dataset.json").write_text(json.dumps({"format_version": 1, "counts": {"candidates": 0}}))
    build_sql(data, tmp_path / "other.duckdb")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "JSON as an import"),
        ('{"format_version": 3}', "format_version 1 or 2"),
        ('{"format_version": 2, "liked_rating": 80}', "the keys feedback, noun, split"),
        ("[]", "format_version 1"),
    ],
)
def test_metadata_that_no_import_wrote_are_refused(data, tmp_path, text, expected):
    (data / "dataset.json").write_text(text)
    with pytest.raises(InputError, match=expected):
        build_sql(data, tmp_path / "w.duckdb")


def test_what_was_imported_is_built_with_names_and_without_a_flag(tmp_path):
    (tmp_path / "ratings.csv").write_text("user,item,rating\nann,x,5\nann,y,1\nbob,x,3\nbob,z,5\n")
    run_import(Options(files=[str(tmp_path / "ratings.csv")], out=tmp_path / "data", holdout=0))
    build_sql(tmp_path / "data", tmp_path / "w.duckdb")
    with duckdb.connect(str(tmp_path / "w.duckdb"), read_only=True) as connection:
        assert connection.sql("from staging.users order by all").fetchall() == [
            (1, "ann", None),
            (2, "bob", None),
        ]
        assert connection.sql("select original_id from staging.items order by all").fetchall() == [
            ("x",),
            ("y",),
            ("z",),
        ]
        assert connection.sql("select count(*) from staging.candidates").fetchall() == [(0,)]


def test_a_flipped_byte_of_imported_data_is_found(tmp_path):
    (tmp_path / "ratings.csv").write_text("user,item,rating\nann,x,5\nann,y,1\nbob,x,3\n")
    run_import(Options(files=[str(tmp_path / "ratings.csv")], out=tmp_path / "data", holdout=0))
    path = tmp_path / "data" / "ratings.parquet"
    whole = bytearray(path.read_bytes())
    whole[60] ^= 1
    path.write_bytes(bytes(whole))
    with pytest.raises(
        RecsysError, match=r"ratings\.parquet: (checksum differs|expected a complete Parquet)"
    ):
        build_sql(tmp_path / "data", tmp_path / "w.duckdb")


def test_text_and_parquet_are_told_apart(tmp_path):
    both = write_directory(tmp_path / "data", SMALL)
    with pytest.raises(UsageError, match="no file trackData2.txt"):
        (both / "trackData2.txt").unlink()
        build_sql(both, tmp_path / "w.duckdb")


def test_candidates_of_data_without_any_read_no_lines_of_a_test_file():
    """Spark has no row numbers of lines, and the Cup's text format alone needs them."""
    sources = ["ratings", "tracks", "albums", "artists", "genres", "users", "items"]
    rendered = Project.load(present=sources).render("staging.candidates")
    assert not [name for name in rendered.refs if name.startswith("staging.test")]
