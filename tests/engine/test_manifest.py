"""``marts.build`` says how the content was made, after builds of a part as well."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from recsys.backends.duckdb.connection import query, reading
from recsys.errors import InputError
from tests.conftest import SMALL
from tests.given import build_sql, write_directory


@pytest.fixture
def warehouse(tmp_path, small_warehouse):
    return Path(shutil.copy(small_warehouse, tmp_path / "w.duckdb"))


def said(warehouse, name):
    """The parameter and its overrides as a warehouse has them."""
    asked = "select name, value from marts.build where kind in ('parameter', 'override') and starts_with(name, $1)"
    with reading(warehouse) as connection:
        rows = query(connection, asked, [name]).to_pylist()
    return {row["name"]: row["value"] for row in rows}


def content(warehouse, relation):
    with reading(warehouse) as connection:
        return query(connection, f"from {relation} order by all")


def test_a_part_built_with_another_value_is_named(warehouse, small_data):
    build_sql(small_data, warehouse, selected=("priors.items",), overrides=("bayes.confidence=3",))
    found = said(warehouse, "bayes.confidence")
    assert found.pop("bayes.confidence in priors.items") == "3.0"
    assert found == {"bayes.confidence": "10.0"}


def test_a_part_that_does_not_use_a_parameter_changes_nothing(warehouse, small_data):
    before = content(warehouse, "features.candidates")
    build_sql(small_data, warehouse, selected=("staging.genres",), overrides=("bayes.confidence=3",))
    assert said(warehouse, "bayes.confidence") == {"bayes.confidence": "10.0"}
    assert content(warehouse, "features.candidates").equals(before)


def test_a_plain_build_after_it_says_what_all_is_made_with(warehouse, small_data):
    before = content(warehouse, "priors.items")
    build_sql(small_data, warehouse, selected=("priors.items",), overrides=("bayes.confidence=3",))
    build_sql(small_data, warehouse)
    assert said(warehouse, "bayes.confidence") == {"bayes.confidence": "10.0"}
    assert content(warehouse, "priors.items").equals(before)


def test_a_build_of_all_says_the_new_value(warehouse, small_data):
    build_sql(small_data, warehouse, overrides=("bayes.confidence=3",))
    assert said(warehouse, "bayes.confidence") == {"bayes.confidence": "3.0"}


def test_a_parameter_that_macros_ask_for_counts_as_used(warehouse, small_data):
    build_sql(small_data, warehouse, selected=("scores.adaptive",), overrides=("adaptive.album=0.4",))
    assert said(warehouse, "adaptive.album")["adaptive.album in scores.adaptive"] == "0.4"


def test_a_rating_off_the_scale_is_named_by_file_and_line(warehouse, small_data):
    with pytest.raises(InputError) as caught:
        build_sql(small_data, warehouse, overrides=("scale.highest=90",))
    text = str(caught.value)
    place = small_data / "trainItem2.txt"
    assert text.startswith(f"{place}:8: '31\\t100': expected ItemId<TAB>Rating with a whole rating 0..90")
    assert "scale.highest" in text
    assert "\n" not in text


def test_a_rating_below_the_scale_is_named_too(warehouse, tmp_path):
    data = write_directory(tmp_path / "data", SMALL)
    with pytest.raises(InputError, match=r"trainItem2\.txt:5: '22\\t0': expected .* 10\.\.100"):
        build_sql(data, warehouse, overrides=("scale.lowest=10",))
