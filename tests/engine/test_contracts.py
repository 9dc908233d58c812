"""Builds check every entry of a header against the data, however the model is selected."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from recsys.backends.database import Limits
from recsys.errors import BuildError
from tests.given import build_sql, headed

SQL = Path(__file__).parents[2] / "sql"
SCORES = {"key": "user_id, track_id", "rows": "staging.candidates", "nulls": "none"}
CANDIDATES = "{{ ref('staging.candidates') }}"


def mart(query: str, **entries: str) -> tuple[str, str]:
    return "marts.made", headed(query, **entries)


def score(expression: str, **entries: str) -> tuple[str, str]:
    query = f"select user_id, track_id, {expression} from {CANDIDATES}"
    return "scores.made", headed(query, **{**SCORES, **entries})


BROKEN = {
    "a key twice": (mart("select 1 as x union all select 1"), "key", "2 rows with the key x = 1"),
    "a key of two columns": (
        mart("select 1 as x, 'a' as y union all select 1, 'a'", key="x, y"),
        "key",
        "2 rows with the key x = 1, y = a",
    ),
    "no key": (
        mart("select 1 as x union all select null"),
        "key",
        "1 of 2 rows without a value in the key column x, such as x = NULL",
    ),
    "no key of two": (
        mart("select 1 as x, null::int as y", key="x, y"),
        "key",
        "1 of 1 rows without a value in the key column y, such as x = 1",
    ),
    "a key that is not there": (mart("select 1 as x", key="z"), "key", "key: no column z: expected one of x"),
    "a value is missing": (
        mart("select 1 as x, 2 as y union all select 3, null"),
        "nulls",
        "1 of 2 rows without a value in y, which nulls does not name, such as x = 3",
    ),
    "a value is missing in a view": (
        mart("select 1 as x, null::int as y", materialized="view"),
        "nulls",
        "1 of 1 rows without a value in y, which nulls does not name, such as x = 1",
    ),
    "another may be missing": (
        mart("select 1 as x, null::int as y, null::int as z", nulls="y where it rains"),
        "nulls",
        "1 of 1 rows without a value in z, which nulls does not name, such as x = 1",
    ),
    "a glob does not cover it": (
        mart("select 1 as x, null::int as a_mean, null::int as mean_b", nulls="*_mean where nobody rated"),
        "nulls",
        "1 of 1 rows without a value in mean_b",
    ),
    "a column that may be missing is not there": (
        mart("select 1 as x", nulls="y if at all"),
        "nulls",
        "nulls: no column y: expected one of x",
    ),
    "too few rows": (
        mart(f"select 1 as x from {CANDIDATES} limit 1", rows="staging.candidates"),
        "rows",
        "1 rows, expected the 6 of staging.candidates",
    ),
    "a macro without its column": (
        ("main.made", headed("select 1 as x", arguments="y", nulls="z of nobody")),
        "nulls",
        "nulls: no column z: expected one of x",
    ),
    "no score": (
        score("null as score"),
        "nulls",
        "6 of 6 scores are no finite numbers, such as user_id = 100, track_id = 1, score = NULL",
    ),
    "no score in a table": (
        score("null as score", materialized="table"),
        "nulls",
        "6 of 6 scores are no finite numbers, such as user_id = 100, track_id = 1, score = NULL",
    ),
    "one score is not a number": (
        score("case when track_id = 99 then 'nan'::double else 1 end as score"),
        "nulls",
        "1 of 6 scores are no finite numbers, such as user_id = 101, track_id = 99, score = nan",
    ),
    "one score is infinite": (
        score("case when track_id = 99 then '-inf'::double else 1 end as score"),
        "nulls",
        "1 of 6 scores are no finite numbers, such as user_id = 101, track_id = 99, score = -inf",
    ),
    "a score in words": (
        score("'high' as score"),
        "units",
        "the column score is of type VARCHAR: expected a number",
    ),
    "a score by another name": (
        score("1 as points"),
        "grain",
        "the columns user_id, track_id, points: expected user_id, track_id, score",
    ),
    "more than a score": (
        score("1 as score, 2 as weight"),
        "grain",
        "the columns user_id, track_id, score, weight: expected user_id, track_id, score",
    ),
    "a score of some": (
        ("scores.made", headed(f"select user_id, track_id, 1 as score from {CANDIDATES} limit 4", **SCORES)),
        "rows",
        "4 rows, expected the 6 of staging.candidates",
    ),
}


@pytest.fixture
def broken(request, tmp_path):
    """Return a folder of models; one breaks its contract."""
    (name, text), entry, message = request.param
    path = tmp_path / "sql" / f"{name.replace('.', '/')}.sql"
    shutil.copytree(SQL, tmp_path / "sql")
    path.write_text(text)
    line = next(n for n, line in enumerate(text.splitlines(), 1) if line.startswith(f"-- {entry}:"))
    return tmp_path / "sql", name, f"{path}:{line}: {name}: {message}"


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys(), indirect=True)
@pytest.mark.parametrize("is_alone", [True, False], ids=["selected", "whole"])
def test_a_broken_contract_is_named_and_the_old_warehouse_stays(
    broken, is_alone, small_data, small_warehouse, tmp_path
):
    sql, name, message = broken
    warehouse = Path(shutil.copy(small_warehouse, tmp_path / "w.duckdb"))
    before = warehouse.read_bytes()
    with pytest.raises(BuildError) as caught:
        one_by_one = Limits(
            threads=1, memory="1GB"
        )  # else another model may stumble over the broken one first
        build_sql(small_data, warehouse, sql=sql, selected=(name,) if is_alone else (), limits=one_by_one)
    assert str(caught.value).startswith(message)
    assert len(str(caught.value).splitlines()) == 1
    assert caught.value.exit_status == 1
    assert warehouse.read_bytes() == before


KEPT = {
    "named": mart("select 1 as x, null::int as y, null::int as z", nulls="y, z where it rains"),
    "by a glob": mart("select 1 as x, null::int as a_mean", nulls="*_mean"),
    "in two entries": mart("select 1 as x, null::int as y, null::int as z", nulls="y at night; z always"),
    "not missing though named": mart("select 1 as x, 2 as y", nulls="y"),
    "no row at all": mart("select 1 as x, 2 as y where false"),
    "no key of a temporary": mart("select 1 as x union all select 1", key="none", materialized="temp"),
    "a whole score": score("1 as score"),
    "a decimal score": score("1.5::decimal(4, 2) as score"),
    "a macro that makes a text of its argument": (
        "main.made",
        headed("select x from query(format('select {:d} as x', y))", arguments="y"),
    ),
    "a macro that compares it with a text": (
        "main.made",
        headed("select 1 as x where y in (select 'a')", arguments="y"),
    ),
}


@pytest.mark.parametrize(("name", "text"), KEPT.values(), ids=KEPT.keys())
def test_a_kept_contract_is_no_obstacle(name, text, small_data, small_warehouse, tmp_path):
    sql = Path(shutil.copytree(SQL, tmp_path / "sql"))
    (sql / f"{name.replace('.', '/')}.sql").write_text(text)
    warehouse = Path(shutil.copy(small_warehouse, tmp_path / "w.duckdb"))
    reader = [] if "temp" not in text else ["marts.reader"]
    for reading in reader:
        (sql / "marts" / "reader.sql").write_text(
            headed(f"select count(*) as x from {{{{ ref('{name}') }}}}")
        )
        name = reading
    ran = build_sql(small_data, warehouse, sql=sql, selected=(f"+{name}",) if reader else (name,))
    assert name in ran.finished_models
