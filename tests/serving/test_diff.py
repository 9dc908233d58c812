"""What `recsys diff` says of two warehouses."""

from __future__ import annotations

import json

import pytest

from recsys.errors import UsageError
from recsys.serving import diff as module
from recsys.serving.diff import Difference, differences
from tests.commands import recsys
from tests.conftest import SMALL
from tests.given import build_sql, write_directory


@pytest.fixture(scope="module")
def changed(tmp_path_factory):
    """A warehouse of one more rating, with another weight."""
    folder = tmp_path_factory.mktemp("changed")
    train = SMALL["trainItem2.txt"].replace("101|2\n", "101|3\n22\t100\n")
    data = write_directory(folder / "data", {**SMALL, "trainItem2.txt": train})
    build_sql(data, folder / "w.duckdb", overrides=("adaptive.album=0.6",))
    return folder / "w.duckdb"


def found(before, after) -> dict[tuple[str, str], Difference]:
    return {(difference.kind, difference.name): difference for difference in differences(before, after)}


def test_a_warehouse_does_not_differ_from_one_of_the_same_data(small_data, small_warehouse, tmp_path):
    build_sql(small_data, tmp_path / "w.duckdb")
    assert differences(small_warehouse, tmp_path / "w.duckdb") == []


def test_parameters_inputs_and_relations_that_changed_are_named(small_warehouse, changed):
    changes = found(small_warehouse, changed)
    weight = changes["parameter", "adaptive.album"]
    assert (weight.before, weight.after) == ("0.5", "0.6")
    train = changes["input", "train"]
    assert (train.before, train.after) == ("trainItem2.txt, 8 lines", "trainItem2.txt, 9 lines")
    ratings = changes["relation", "staging.ratings"]
    assert ratings.before is not None and ratings.before.startswith("6 rows, ")
    assert ratings.after is not None and ratings.after.startswith("7 rows, ")
    assert changes["relation", "scores.adaptive"].reason == "its SQL or a parameter changed"
    assert ("relation", "staging.tracks") not in changes
    assert ("input", "tracks") not in changes
    assert not [name for kind, name in changes if kind == "setting"]


def test_they_come_in_the_order_in_which_one_causes_the_next(small_warehouse, changed):
    kinds = [module.ORDER[difference.kind] for difference in differences(small_warehouse, changed)]
    assert kinds == sorted(kinds)


def test_what_only_one_has_is_missing_in_the_other(small_data, small_warehouse, tmp_path):
    build_sql(small_data, tmp_path / "w.duckdb", selected=("+staging.tracks",))
    missing = found(small_warehouse, tmp_path / "w.duckdb")["relation", "staging.ratings"]
    assert (missing.after, missing.reason) == (None, "only in one of them")


def test_the_record_names_the_versions_that_made_it(small_warehouse):
    settings = module._records(small_warehouse)
    assert {name for kind, name in settings if kind == "setting"} >= {"recsys", "duckdb", "python", "numpy"}


def test_the_command_prints_a_table_or_json(small_warehouse, changed):
    done = recsys("diff", small_warehouse, changed)
    assert (done.returncode, done.stderr) == (0, "")
    assert "adaptive.album" in done.stdout and "trainItem2.txt, 9 lines" in done.stdout
    rows = json.loads(recsys("diff", small_warehouse, changed, "--json").stdout)
    assert set(rows[0]) == {"kind", "name", "before", "after", "reason"}
    assert (
        recsys("diff", changed, changed).stdout
        == "no differences: same settings, parameters, inputs and content\n"
    )


def test_no_warehouse_is_said_in_one_line(small_warehouse, tmp_path):
    with pytest.raises(UsageError, match="no warehouse at"):
        differences(small_warehouse, tmp_path / "none.duckdb")
