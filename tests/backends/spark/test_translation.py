"""Models as Spark SQL: each has a translation, and what sqlglot does not know is written as Spark has it."""

from __future__ import annotations

import pytest

from recsys.backends.database import EngineError
from recsys.backends.spark.translation import translated
from recsys.project import Project
from recsys.sources.parquet import COLUMNS

sqlglot = pytest.importorskip("sqlglot", reason="the extra 'spark' is not installed")

PROJECT = Project.load(present=[*COLUMNS, "submissions"])
MODELS = sorted(
    name
    for name, model in PROJECT.models.items()
    if model.materialized != "macro" and PROJECT.render(name).call is None
)


def test_every_model_has_a_translation() -> None:
    assert len(MODELS) > 100
    for name in MODELS:
        text = translated(PROJECT.render(name).sql).sql
        assert sqlglot.parse_one(text, read="spark"), name


@pytest.mark.parametrize(
    ("model", "text"),
    [
        ("select a from scratch.features.x", "SELECT a FROM features__x"),
        ("select a from read_parquet($ratings)", "SELECT a FROM source__ratings"),
        ("select 0.5 * a", "SELECT CAST(0.5 AS DOUBLE) * a"),
        ("select a[1], a[k], a[-1]", "SELECT GET(a, (1) - 1), GET(a, (k) - 1), TRY_ELEMENT_AT(a, -1)"),
        ("select a[3:], a[1:k]", "SELECT SLICE(a, 3, SIZE(a)), SLICE(a, 1, k)"),
        ("select avg(a order by b)", "SELECT AVG(a)"),
        ("select fsum(a), error('x')", "SELECT SUM(a), RAISE_ERROR('x')"),
        (
            "select list_dot_product(a, b)",
            "SELECT AGGREGATE(ZIP_WITH(a, b, (one, other) -> one * other), CAST(0 AS DOUBLE),"
            " (total, value) -> total + value)",
        ),
        ("select list_transform(a, lambda x, k: x + k)", "SELECT TRANSFORM(a, (x, k) -> x + (k + 1))"),
        (
            "select list_reduce(a, lambda s, x: s + x, 0)",
            "SELECT AGGREGATE(a, 0, (s, x) -> s + x)",
        ),
        (
            "select list(a order by b)",
            "SELECT TRANSFORM(SORT_ARRAY(COLLECT_LIST(NAMED_STRUCT('k0', b, 'item', a))), pair -> pair.item)",
        ),
        (
            "select row_number() over (order by a)",
            "SELECT ROW_NUMBER() OVER (ORDER BY a NULLS LAST)",
        ),
        ("select a from b order by a", "SELECT a FROM b"),
        ("select a from b order by a limit 1", "SELECT a FROM b ORDER BY a NULLS LAST LIMIT 1"),
    ],
)
def test_what_the_engines_write_otherwise(model: str, text: str) -> None:
    assert translated(model).sql == text


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ("select list(a order by b desc) from c", "ascending"),
        ("select list_reduce(a, lambda s, x: s + x)", "begin with"),
        ("select a fro b c d", "sqlglot"),
        ("select * from read_parquet('x')", "an input file"),
    ],
)
def test_what_has_no_translation_says_so(model: str, reason: str) -> None:
    with pytest.raises(EngineError, match=reason):
        translated(model)


def test_a_place_in_sparks_text_leads_back_to_the_model() -> None:
    model = "select\n    first_column,\n    avg(wrong order by x) as y\nfrom scratch.features.x"
    translation = translated(model)
    assert "/*" not in translation.sql
    assert translation.origin(translation.sql.index("wrong")) == model.index("wrong")
    assert translation.origin(len(translation.sql)) is None
