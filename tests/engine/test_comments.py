"""Every relation and column has a comment, which older clients read, and which says what the header says."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from recsys.engine.comments import RECORDS, comment, of_column
from recsys.project.files import shipped
from recsys.project.model import Model, read_models
from recsys.project.parameters import Parameters
from tests.given import build_sql

RELATIONS = """
    select schema_name || '.' || table_name as relation, comment from duckdb_tables()
    union all
    select schema_name || '.' || view_name, comment from duckdb_views() where not internal
    union all
    select function_name, comment from duckdb_functions() where function_type = 'table_macro' and not internal"""
COLUMNS = "select schema_name || '.' || table_name || '.' || column_name, comment from duckdb_columns() where not internal"


def asked(warehouse, query):
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return dict(connection.execute(query).fetchall())


@pytest.mark.parametrize("query", [RELATIONS, COLUMNS], ids=["relations", "columns"])
def test_each_has_a_comment(small_warehouse, query):
    found = asked(small_warehouse, query)
    assert len(found) > 80
    assert [name for name, text in found.items() if not text] == []


def test_a_comment_says_what_the_header_says(small_warehouse):
    relations, columns = asked(small_warehouse, RELATIONS), asked(small_warehouse, COLUMNS)
    assert relations["marts.predictions"].startswith(
        "One row: one candidate scored by one model. Key: model,"
    )
    assert columns["features.candidates.user_id"] == "Part of the key. Id of the user. Never NULL"
    assert columns["features.candidates.album_direct"].endswith("NULL where the user has no such rating")
    assert columns["marts.build.seconds"] == RECORDS["marts.build"].columns["seconds"]


DESCRIBED = (
    "recommendations",
    "list_leaderboard",
    "leaderboard",
    "predictions",
    "item_facts",
    "user_facts",
    "best_model",
)


def test_each_column_that_people_read_has_a_meaning(small_warehouse):
    """A header describes all columns of its relation or none, and no others."""
    found = {}
    for name in asked(small_warehouse, COLUMNS):
        relation, column = name.rsplit(".", 1)
        found.setdefault(relation, set()).add(column)
    root = shipped()
    models = read_models(root, Parameters.load(root / "parameters.toml").values["materialized"])
    described = {model.name: set(model.described) for model in models if model.described}
    assert {f"marts.{name}" for name in DESCRIBED} <= described.keys()
    assert {name: columns for name, columns in described.items() if name in found} == {
        name: found[name] for name in described if name in found
    }
    assert asked(small_warehouse, COLUMNS)["marts.leaderboard.accuracy"].startswith("Share of candidates")


def test_the_oldest_client_reads_them(small_warehouse):
    client = Path(sys.executable).with_name("duckdb")
    found = {}
    for query in (RELATIONS, COLUMNS):
        words = [str(client), "-readonly", "-bail", "-csv", str(small_warehouse), query]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        found |= dict(list(csv.reader(io.StringIO(done.stdout)))[1:])
    assert found == asked(small_warehouse, RELATIONS) | asked(small_warehouse, COLUMNS)


def test_they_stay_through_a_build_of_a_part(small_warehouse, small_data, tmp_path):
    warehouse = Path(shutil.copy(small_warehouse, tmp_path / "w.duckdb"))
    build_sql(small_data, warehouse, overrides=("adaptive.album=0.4",))
    assert asked(warehouse, RELATIONS) == asked(small_warehouse, RELATIONS)
    assert asked(warehouse, COLUMNS) == asked(small_warehouse, COLUMNS)


def test_odd_texts_are_kept(tmp_path):
    header = {"grain": "it's; one", "key": "x", "units": 'a "b"; c', "nulls": "y, z_* where it's so; w"}
    model = Model("staging.a", tmp_path / "a.sql", header, "table")
    found = comment(model, "staging.a")
    assert found.text == "One row: it's; one. Key: x. Units: a \"b\"; c. NULL: y, z_* where it's so; w"
    assert of_column(model, "x") == 'Part of the key. Units of the row: a "b"; c. Never NULL'
    assert of_column(model, "z_1").endswith("NULL where it's so")
    assert of_column(model, "w").endswith("May be NULL")
    assert comment(model, "staging.b").text.startswith("Written by staging.a. One row: ")


KEYS = """
    select schema_name || '.' || table_name as relation, constraint_column_names::varchar as columns
    from duckdb_constraints() where constraint_type = 'PRIMARY KEY'"""


def test_relations_of_users_items_and_models_have_a_primary_key(small_warehouse, small_data, tmp_path):
    found = asked(small_warehouse, KEYS)
    expected = {
        "marts.item_facts": "[item_id]",
        "marts.user_facts": "[user_id]",
        "staging.tracks": "[track_id]",
    }
    assert expected.items() <= found.items()
    assert {"features.candidates", "marts.predictions", "marts.build"}.isdisjoint(found)
    assert {name.partition(".")[0] for name in found} == {"staging", "hierarchy", "priors", "marts"}
    assert all(key.strip("[]").endswith("_id") for key in found.values())
    warehouse = Path(shutil.copy(small_warehouse, tmp_path / "w.duckdb"))
    build_sql(small_data, warehouse, overrides=("bayes.confidence=3",))
    assert asked(warehouse, KEYS) == found


def test_a_key_is_declared_for_a_whole_relation_with_a_key_of_one_column(tmp_path):
    header = {"grain": "one", "key": "x_id", "units": "none", "nulls": "none"}

    def key(relation="staging.a", is_keyed=True, layer="staging", **lines):
        model = Model(f"{layer}.a", tmp_path / "a.sql", {**header, **lines}, "table")
        return comment(model, relation, is_keyed).key

    assert key() == "x_id"
    assert key(is_keyed=False) is None
    assert key(key="x_id, y_id") is None
    assert key(key="model") is None
    assert key("lists.a", layer="lists") is None
    assert key(partition_by="x") is None
    assert key("staging.b") is None
