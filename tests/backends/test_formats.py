"""Warehouses of other versions: one line that says so, whatever is asked of them, and a build that replaces them."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest

import recsys
from recsys.backends.duckdb.connection import FORMAT_VERSION, query, reading
from recsys.errors import UsageError
from tests.formats import FOLDER, earlier, relations, stored
from tests.given import build_sql

COMMANDS = (
    ("leaderboard",),
    ("sql", "from marts.leaderboard"),
    ("recommend", "100"),
    ("explain", "100", "1"),
    ("submit", "out.csv"),
    ("evaluate",),
)


@pytest.mark.parametrize("number", earlier())
class TestEarlierFormats:
    @pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
    def test_each_command_says_so_in_a_line(self, number, words, tmp_path):
        warehouse = stored(number, tmp_path)
        found = subprocess.run(
            [sys.executable, "-m", "recsys", *words, "--warehouse", warehouse],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
        )
        numbers = f"(format {number}, this is {FORMAT_VERSION})"
        expected = f"{warehouse}: made by an earlier version {numbers}; replace it with recsys build"
        assert found.stderr.strip().removeprefix("Error: ") == expected
        assert found.returncode == 2

    def test_appending_and_forgetting_say_so(self, number, tmp_path):
        ratings = pd.DataFrame({"user": [1, 2], "item": [2, 1], "rating": [5, 4]})
        recsys.import_ratings(ratings, tmp_path / "data")
        given = {"data": tmp_path / "data", "warehouse": stored(number, tmp_path)}
        message = rf"made by an earlier version \(format {number}, .*; replace it with recsys build$"
        with pytest.raises(UsageError, match=message):
            recsys.append(ratings, **given)
        with pytest.raises(UsageError, match=message):
            recsys.forget(1, **given)

    def test_the_library_says_so(self, number, tmp_path):
        with pytest.raises(
            UsageError, match=rf"earlier version \(format {number}, this is {FORMAT_VERSION}\)"
        ):
            recsys.open(stored(number, tmp_path))

    def test_a_build_replaces_it(self, number, tmp_path, small_data):
        warehouse = stored(number, tmp_path)
        build_sql(small_data, warehouse, selected=("+staging.genres",))
        with reading(warehouse) as connection:
            assert len(query(connection, "from staging.genres")) == 2


def test_every_earlier_format_is_stored():
    assert earlier() == [*range(1, FORMAT_VERSION)]


def test_the_format_has_the_relations_of_its_number(small_warehouse):
    listed = (FOLDER / f"{FORMAT_VERSION}.txt").read_text(encoding="utf-8")
    assert relations(small_warehouse) == listed, "relations changed: see tests/formats.py"
