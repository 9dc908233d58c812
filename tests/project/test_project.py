"""Reading ``sql/``: headers, names, references, and the house rules that hold for every model."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys.engine.selection import select
from recsys.errors import BuildError, UsageError
from recsys.project import Project
from recsys.sources.directory import OPTIONAL
from tests.given import headed

SHIPPED = Project.load(present=OPTIONAL)


def project_of(folder: Path, models: dict[str, str], parameters: str = "") -> Project:
    folder.mkdir(exist_ok=True)
    (folder / "parameters.toml").write_text(parameters)
    for name, text in models.items():
        path = folder / f"{name.replace('.', '/')}.sql"
        path.parent.mkdir(exist_ok=True)
        path.write_text(headed(text))
    return Project.load(folder)


def body(sql: str) -> str:
    return "\n".join(line for line in sql.splitlines() if not line.startswith("--"))


def test_the_graph_comes_from_the_references(tmp_path):
    project = project_of(
        tmp_path,
        {
            "marts.c": "select * from {{ ref('staging.a') }}, {{ ref('features.b') }}",
            "features.b": "select * from {{ ref('staging.a') }}",
            "staging.a": "select 1 as x",
        },
    )
    graph = project.graph()
    assert list(graph) == ["staging.a", "features.b", "marts.c"]
    assert project.parents(graph["marts.c"]) == ("staging.a", "features.b")


def test_a_circle_is_refused_by_name(tmp_path):
    models = {"staging.a": "from {{ ref('staging.b') }}", "staging.b": "from {{ ref('staging.a') }}"}
    with pytest.raises(BuildError, match=r"circle: staging\.. -> staging\.. -> staging\.."):
        project_of(tmp_path, models).graph()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("select 1\nfrom {{ ref('staging.typo') }}", r"a\.sql:6: ref\('staging\.typo'\) names no model"),
        ("select\n\n{{ var('no.such') }}", r"a\.sql:7: no parameter 'no\.such'"),
        ("select\n{{ nonsense(1) }}", r"a\.sql:6: 'nonsense' is undefined"),
        ("select\n{{ 1 +", r"a\.sql:6: unexpected"),
    ],
)
def test_a_wrong_template_is_named_by_file_and_line(tmp_path, text, message):
    with pytest.raises(BuildError, match=message):
        project_of(tmp_path, {"staging.a": text}).graph()


def test_a_near_name_is_suggested(tmp_path):
    models = {"staging.ratings": "select 1", "marts.a": "from {{ ref('staging.rating') }}"}
    with pytest.raises(BuildError, match="did you mean staging.ratings"):
        project_of(tmp_path, models).graph()


def test_a_reference_in_a_comment_is_the_name_that_was_written(tmp_path):
    models = {
        "staging.a": "-- materialized: temp\nselect 1 as x",
        "staging.b": "select 2 as x",
        "marts.c": (
            "-- formula: of {{ ref('staging.a') }} and {{ ref('staging.gone') }}\n"
            "select x -- not {{ ref(\"staging.a\") }}\nfrom {{ ref('staging.b') }}"
        ),
    }
    rendered = project_of(tmp_path, models).render("marts.c")
    assert rendered.refs == ("staging.b",)
    assert "-- formula: of staging.a and staging.gone\n" in rendered.sql
    assert rendered.sql.endswith("select x -- not staging.a\nfrom staging.b")


def test_a_reference_beside_dashes_in_a_text_is_one(tmp_path):
    models = {"staging.a": "select 1 as x", "marts.b": "select '--' as x from {{ ref('staging.a') }}"}
    assert project_of(tmp_path, models).render("marts.b").refs == ("staging.a",)


def test_only_staging_reads_files(tmp_path):
    with pytest.raises(BuildError, match="only staging reads files"):
        project_of(tmp_path, {"marts.a": "from {{ source('train') }}"}).graph()


def test_file_names_must_be_identifiers(tmp_path):
    with pytest.raises(BuildError, match="lower-case letters"):
        project_of(tmp_path, {"staging.a; drop table x": "select 1"})


def test_rendered_places_lead_back_to_the_file(tmp_path):
    text = "select\n{% for i in range(3) %}\n    {{ i }} as c{{ i }},\n{% endfor %}\n    wrong\nfrom x\n"
    rendered = project_of(tmp_path, {"staging.a": text}).render("staging.a")
    line, column = rendered.origin(rendered.sql.index("wrong"))
    assert (line, column) == (9, 5)
    assert rendered.origin(rendered.sql.index("2 as c2")) == (7, 5)


def test_string_parameters_are_literals_in_sql(tmp_path):
    models = {"staging.a": "select {{ var('text') }} as x"}
    project = project_of(tmp_path, models, parameters='text = "it\'s; drop table x --"  # text: of a kind')
    assert body(project.render("staging.a").sql) == "select 'it''s; drop table x --' as x"


def test_inlined_models_read_what_replaces_their_inputs(tmp_path):
    models = {
        "staging.a": "select 1 as x",
        "staging.b": "select 2 as y",
        "features.c": "-- grain: one\nselect x from {{ ref('staging.a') }}",
        "features.d": "select x, y from {{ ref('features.c') }}, {{ ref('staging.b') }}",
        "marts.e": "from {{ inline('features.d', {'staging.a': 'wanted'}) }}",
    }
    rendered = project_of(tmp_path, models).render("marts.e")
    assert "".join(body(rendered.sql).split()) == "from(selectx,yfrom(selectxfromwanted),staging.b)"
    assert rendered.refs == ("staging.b",)


class TestSelection:
    @staticmethod
    def chosen(*patterns):
        return select(SHIPPED, SHIPPED.graph(), patterns)

    def test_a_name_is_one_model(self):
        assert self.chosen("scores.adaptive") == {"scores.adaptive"}
        assert self.chosen("adaptive") == {"scores.adaptive"}

    def test_a_plus_before_takes_all_it_reads(self):
        chosen = self.chosen("+hierarchy.track_lineage")
        assert chosen == {
            "hierarchy.track_lineage",
            "staging.tracks",
            "staging.albums",
            "staging.track_lines",
            "staging.album_lines",
        }

    def test_a_plus_after_takes_all_that_read_it(self):
        chosen = self.chosen("marts.predictions+")
        assert {"marts.predictions", "marts.leaderboard", "main.submission"} <= chosen
        assert "scores.adaptive" not in chosen

    def test_an_unknown_name_is_refused(self):
        with pytest.raises(UsageError, match="no such model"):
            self.chosen("nobody")


@pytest.mark.parametrize("name", SHIPPED.models)
class TestHouseRules:
    def test_only_staging_reads_a_source(self, name):
        assert SHIPPED.models[name].layer == "staging" or not SHIPPED.render(name).sources

    def test_models_are_short(self, name):
        assert len(SHIPPED.models[name].path.read_text().splitlines()) <= 130


def test_no_model_that_others_train_on_reads_the_truth():
    for name, rendered in SHIPPED.graph().items():
        if "staging.truth" in rendered.refs:
            assert name in ("marts.ground_truth", "marts.user_checks", "marts.recommendations")
