"""No model has SQL with another meaning on Spark; the message for one that does names the place."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("sqlglot", reason="the extra 'spark' is not installed")

from recsys.backends.spark.dialect_lint import complaints, lint
from recsys.project import Project
from recsys.sources.parquet import COLUMNS
from tests.given import headed


def test_the_models_mean_the_same_on_both_engines() -> None:
    assert lint(Project.load(present=COLUMNS)) == []


@pytest.mark.parametrize(
    ("sql", "word"),
    [
        ("select hash(a)", "hash"),
        ("select log(a)", "log"),
        ("select (a / 2)::integer", "a"),
        ("select cast(2.5 as int)", "cast"),
        ("select list(a)", "list"),
        ("select string_agg(a, ',')", "a"),
        ("select quantile_cont(a, 0.5)", "a"),
        ("select approx_quantile(a, 0.5)", "a"),
        ("select first(a)", "first"),
        ("select any_value(a)", "a"),
        ("select arg_max(a, b)", "a"),
        ("select random()", "random"),
        ("select floor(log2(a))", "log2"),
        ("select len(a)", "len"),
        ("select regexp_replace(a, 'x', '')", "regexp_replace"),
    ],
)
def test_what_differs_is_found_where_it_stands(sql: str, word: str) -> None:
    (offset, _), *others = complaints(sql)
    assert not others
    assert sql[offset:].startswith(word) or word == "cast"


@pytest.mark.parametrize(
    "sql",
    [
        "select ln(a), log10(a), log2(a)",
        "select round(a / 2)::integer, a::integer, (row_number() over (order by a) - 1)::integer",
        "select (a is null)::int, (a / 2 > 1)::int, count(*)::integer, case when a > 0.5 then 1 else 0 end::int",
        "select list(a order by b), list_sort(list(a)), median(a), md5(concat(a, ' ')), floor(8 * log2(a) + 1e-9)",
        "select array_length(a), length(b), regexp_replace(a, 'x', '', 'g'), regexp_replace(a, 'x$', '')",
    ],
)
def test_what_is_the_same_is_left_alone(sql: str) -> None:
    assert list(complaints(sql)) == []


def test_a_complaint_names_file_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "features").mkdir()
    (tmp_path / "parameters.toml").write_text("")
    path = tmp_path / "features" / "odd.sql"
    path.write_text(headed("select\n    1 as x,\n    hash(2) as y\n"))
    (found,) = lint(Project.load(tmp_path))
    assert found.startswith(f"{path}:7:5: hash(")
