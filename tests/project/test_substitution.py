"""Models that are rendered once more over other inputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys.errors import BuildError
from recsys.project import Project
from tests.given import headed

MODELS = {
    "staging.ratings": "-- key: x\nselect 1 as x",
    "staging.pairs": "-- key: x\nselect 2 as x",
    "priors.items": "-- key: x\nselect x from {{ ref('staging.ratings') }}",
    "hierarchy.items": "-- key: x\nselect 3 as x",
    "features.near": (
        "-- key: x\n-- rows: staging.pairs\nselect p.x from {{ ref('staging.pairs') }} as p, "
        "{{ ref('priors.items') }} as i, {{ ref('hierarchy.items') }} as h"
    ),
    "features.learned": "-- key: x\n{{ learner('some.fit', data=ref('features.near')) }}",
    "marts.near": "-- key: x\nselect x from {{ ref('features.near') }}",
    "marts.learned": "-- key: x\nselect x from {{ ref('features.learned') }}",
    "marts.aloof": "-- key: x\nselect x from {{ ref('hierarchy.items') }}",
    "other.pairs": "-- key: x\nselect 5 as x from {{ ref('staging.pairs') }}",
    "other.ratings": "-- key: x\nselect 4 as x from {{ ref('staging.ratings') }}",
}
BOTH = '{ "staging.ratings" = "other.ratings", "staging.pairs" = "other.pairs" }'


def project_of(folder: Path, scenarios: str) -> Project:
    (folder / "parameters.toml").write_text("")
    (folder / "scenarios.toml").write_text(scenarios)
    for name, text in MODELS.items():
        path = folder / f"{name.replace('.', '/')}.sql"
        path.parent.mkdir(exist_ok=True)
        path.write_text(headed(text))
    return Project.load(folder)


def sql(project: Project, name: str) -> str:
    return project.render(name).sql.rsplit("\n", maxsplit=1)[-1]


def test_what_lies_between_is_rendered_again_and_the_rest_is_read(tmp_path: Path) -> None:
    project = project_of(tmp_path, f'[other]\nreplacing = {BOTH}\ntargets = ["marts.near"]')
    made = sorted(set(project.models) - set(MODELS))
    assert made == ["other.features_near", "other.marts_near", "other.priors_items"]
    assert sql(project, "other.priors_items") == "select x from other.ratings"
    expected = "select p.x from other.pairs as p, other.priors_items as i, hierarchy.items as h"
    assert sql(project, "other.features_near") == expected
    assert sql(project, "features.near") == (
        "select p.x from staging.pairs as p, priors.items as i, hierarchy.items as h"
    )


def test_a_variant_is_a_node_of_the_graph_with_the_contract_of_its_original(tmp_path: Path) -> None:
    project = project_of(tmp_path, f'[other]\nreplacing = {BOTH}\ntargets = ["marts.near"]')
    graph = project.graph()
    parents = project.parents(graph["other.features_near"])
    assert parents == ("other.pairs", "other.priors_items", "hierarchy.items")
    assert list(graph).index("other.features_near") > list(graph).index("other.pairs")
    variant = project.models["other.features_near"]
    assert (variant.key, variant.listed("rows")) == (("x",), ("other.pairs",))
    assert variant.path == project.models["features.near"].path
    assert project.layers[-1] == "other"


def test_what_is_replaced_by_itself_stays_with_all_that_it_is_made_from(tmp_path: Path) -> None:
    kept = BOTH.replace("}", ', "priors.items" = "priors.items" }')
    project = project_of(tmp_path, f'[other]\nreplacing = {kept}\ntargets = ["marts.near"]')
    assert "other.priors_items" not in project.models
    assert "priors.items as i" in sql(project, "other.features_near")


def test_a_glob_means_what_sql_alone_can_make(tmp_path: Path) -> None:
    project = project_of(tmp_path, f'[other]\nreplacing = {BOTH}\ntargets = ["marts.*"]')
    made = {name for name in project.models if name.startswith("other.marts")}
    assert made == {"other.marts_near"}


def test_what_python_writes_can_be_replaced(tmp_path: Path) -> None:
    replacing = BOTH.replace("}", ', "features.learned" = "other.pairs" }')
    project = project_of(tmp_path, f'[other]\nreplacing = {replacing}\ntargets = ["marts.learned"]')
    assert sql(project, "other.marts_learned") == "select x from other.pairs"


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("[staging]", r"\[staging\]: expected the name of a new schema"),
        ("[other]\nmagic = 1", "expected the keys replacing, targets, kept"),
        ('[other]\ntargets = ["marts.near"]', "expected replacing ="),
        (f"[other]\nreplacing = {BOTH}", "expected targets ="),
        (f'[other]\nreplacing = {BOTH}\ntargets = ["marts.none"]', r"marts\.none is no model"),
        (
            '[other]\nreplacing = { "staging.no" = "other.pairs" }\ntargets = ["marts.near"]',
            "staging.no is no",
        ),
        (
            '[other]\nreplacing = { "staging.pairs" = "other.no" }\ntargets = ["marts.near"]',
            "other.no is no",
        ),
        (
            f'[other]\nreplacing = {BOTH}\ntargets = ["marts.learned"]',
            "features.learned, which has no variant",
        ),
        (f'[other]\nreplacing = {BOTH}\ntargets = ["marts.near"]\non = "request"', "expected the keys"),
        ("[other", r"scenarios\.toml: Expected"),
    ],
)
def test_a_wrong_section_is_refused_by_file_and_name(tmp_path: Path, section: str, message: str) -> None:
    with pytest.raises(BuildError, match=message):
        project_of(tmp_path, section)


def test_variants_are_kept_as_their_originals_or_for_the_build(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="kept = 'view': expected kept = 'temp'"):
        project_of(tmp_path, f'[other]\nreplacing = {BOTH}\ntargets = ["marts.near"]\nkept = "view"')
