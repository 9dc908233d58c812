"""The files of a data directory, found with and without a look into them."""

from __future__ import annotations

import gzip

import pytest

from recsys.sources.directory import discover, names
from tests.given import write_directory


@pytest.mark.parametrize(
    "further",
    [
        {},
        {"test2_new.txt": "1|2|1\n"},
        {"truth2.txt.gz": gzip.compress(b"1|2|1\n"), "submissions/a.txt": "1|2|1\n"},
    ],
)
def test_names_are_those_of_the_files_that_are_found(tmp_path, further):
    data = write_directory(
        tmp_path / "data", {"trainItem2.txt": "1|0\n", "testItem2.txt": "1|0\n", **further}
    )
    found = discover(data)
    assert names(data) == found.keys()
    assert {"train", "test", "tracks"} <= found.keys()


def test_names_are_those_of_files_of_parquet(small_parquet):
    assert names(small_parquet) == discover(small_parquet).keys()
    assert "ratings" in names(small_parquet)


def test_there_are_no_names_where_there_is_no_directory(tmp_path):
    assert names(tmp_path / "missing") == set()
