"""Relations that a model names itself, and what only looks like one."""

from __future__ import annotations

import pytest

from recsys.errors import BuildError
from recsys.project import Project
from recsys.project.literal import literal_names
from tests.given import headed

SCHEMAS = ("staging", "scores")


@pytest.mark.parametrize(
    "sql",
    [
        "from staging.a",
        "select x from staging.a",
        "select x from b join staging.a using (x)",
        "select x from b, staging.a",
        "select x from f(1, 2) as b, staging.a as c",
        "select x from b where x in (select x from staging.a)",
        "select x from b where x in (from staging.a)",
        "select x from (staging.a join b using (x))",
        "select x from (b join staging.a using (x))",
        "with a as (select x from staging.a) select x from a",
        "select x from b inner join c on b.x = c.x left join staging.a on true",
        "select x from b positional join staging.a",
        "select x from scratch.staging.a",
        'select x from "staging"."a"',
        "select x from STAGING.A",
        "select x from staging . a",
        "select x from staging.a(1, 2)",
        "select x from b union all select x from staging.a",
        "select x from /* from */ staging.a",
        "select x\n-- of all\nfrom staging.a",
    ],
)
def test_a_relation_is_found(sql):
    assert [name for _, name in literal_names(sql, SCHEMAS)] == ["staging.a"]


@pytest.mark.parametrize(
    "sql",
    [
        "select scores.a, staging.b from _ as scores, _ as staging",
        "select x from _ as scores join _ as b on scores.a = b.x where scores.a > 1 order by scores.a, scores.b",
        "select 'from staging.a' as x",
        "select 'it''s from staging.a' as x from b",
        "select x -- from staging.a\nfrom b",
        "select x /* from staging.a */ from b",
        "select scores.a is not distinct from scores.b as x from _ as scores",
        "select extract(year from scores.a) as x from _ as scores",
        "select sum(scores.a) filter (where scores.b) over (partition by scores.c, scores.d) from _ as scores",
        "select x from b group by scores.a, scores.b having count(*) > 1",
        "select x from b join c using (x, y) where f(scores.a, scores.b)",
        "select x from unnest([1]) as scores, _ as b",
        "select x from information_schema.tables",
    ],
)
def test_what_only_looks_like_one_is_not(sql):
    assert list(literal_names(sql, SCHEMAS)) == []


def project_of(folder, **models):
    (folder / "parameters.toml").write_text("")
    for name, text in {"staging__a": "select 1 as x", **models}.items():
        path = folder / f"{name.replace('__', '/')}.sql"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text if name.startswith("macros") else headed(text))
    return Project.load(folder)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("select x\nfrom staging.a", 6),
        ("with\n\na as (\n    select x from staging.a\n)\n\nselect * from a", 8),
        ("{% set y = 1 -%}\n\n\nselect x\nfrom staging.a", 9),
        ("{{ f(\n1) }}\nfrom staging.a", 7),
        ("select x from {{ ref('staging.a') }} as b\njoin staging.a using (x)", 6),
        ("select x from staging.typo", 5),
        ("select x\nfrom {{ 'staging.a' }}", 6),
        ("select x\nfrom {{ g('staging.a') }}", 6),
    ],
)
def test_it_is_refused_by_file_and_line(tmp_path, text, line):
    macros = "{% macro f(x) -%} select {{ x }} {%- endmacro %}{% macro g(x) -%} {{ x }} {%- endmacro %}"
    with pytest.raises(BuildError) as caught:
        project_of(tmp_path, marts__m=text, macros__f=macros).render("marts.m")
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'marts' / 'm.sql'}:{line}: 'staging.")
    assert "{{ ref('staging." in message
    assert len(message.splitlines()) == 1


def test_it_is_refused_in_a_macro_too(tmp_path):
    macros = "{# one #}\n{% macro f() -%}\nselect x from staging.a\n{%- endmacro %}"
    with pytest.raises(BuildError, match=r"f\.sql:3: 'staging\.a'"):
        project_of(tmp_path, marts__m="{{ f() }}", macros__f=macros).render("marts.m")
