"""``inline``: a model's SQL over other inputs, which is how the macros use the formulas of the build."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys.errors import BuildError
from recsys.project import Project
from recsys.project.parameters import Parameters
from tests.given import headed

MODELS = {
    "staging.a": "select 1 as x",
    "priors.b": "select x from {{ ref('staging.a') }}",
    "features.c": "-- key: x\nselect a.x from {{ ref('staging.a') }} as a, {{ ref('priors.b') }} as b",
    "features.d": "{{ learner('some.fit', data=ref('staging.a')) }}",
}


def render(tmp_path: Path, template: str) -> tuple[str, tuple[str, ...]]:
    """The SQL of one more model, and what it reads."""
    for name, text in {**MODELS, "marts.m": template}.items():
        path = tmp_path / f"{name.replace('.', '/')}.sql"
        path.parent.mkdir(exist_ok=True)
        path.write_text(headed(text))
    rendered = Project(tmp_path, Parameters({})).render("marts.m")
    return " ".join(line for line in rendered.sql.splitlines() if not line.startswith("--")), rendered.refs


def test_what_depends_on_a_replaced_relation_is_inlined_too(tmp_path):
    sql, refs = render(tmp_path, "from {{ inline('features.c', {'staging.a': 'mine'}) }}")
    assert sql == "from (select a.x from mine as a, (select x from mine) as b)"
    assert refs == ()


def test_a_relation_can_be_kept_by_replacing_it_with_itself(tmp_path):
    replacing = "{'staging.a': 'mine', 'priors.b': ref('priors.b')}"
    sql, refs = render(tmp_path, f"from {{{{ inline('features.c', {replacing}) }}}}")
    assert sql == "from (select a.x from mine as a, priors.b as b)"
    assert refs == ("priors.b",)


def test_without_replacement_everything_is_read_from_the_warehouse(tmp_path):
    sql, refs = render(tmp_path, "from {{ inline('features.c', {}) }}")
    assert sql == "from (select a.x from staging.a as a, priors.b as b)"
    assert refs == ("staging.a", "priors.b")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("inline('features.x', {})", "features.x is no model"),
        ("inline('features.c', {'staging.aa': 'mine'})", "staging.aa is no model"),
        ("inline('features.d', {'staging.a': 'mine'})", "Python writes it"),
    ],
)
def test_what_cannot_be_inlined_is_refused_by_name(tmp_path, call, message):
    with pytest.raises(BuildError, match=rf"m\.sql:5: .*{message}"):
        render(tmp_path, f"from {{{{ {call} }}}}")
