"""The lineage as text, Mermaid and a drawing."""

from __future__ import annotations

from itertools import combinations
from xml.etree import ElementTree

from recsys.docs_site.lineage.svg import svg
from recsys.docs_site.lineage.text import mermaid, text
from recsys.project import Project

EDGES = {
    "staging.lines": [],
    "staging.ratings": ["staging.lines"],
    "priors.items": ["staging.ratings"],
    "staging.audit": ["staging.ratings", "priors.items"],
    "scores.adaptive": ["priors.items", "staging.ratings"],
}
SVG = "{http://www.w3.org/2000/svg}"


def shipped() -> dict[str, tuple[str, ...]]:
    project = Project.load()
    return {name: project.parents(rendered) for name, rendered in project.graph().items()}


def with_class(drawing: str, name: str) -> list[ElementTree.Element]:
    root = ElementTree.fromstring(drawing)
    return [element for element in root.iter() if name in element.get("class", "").split()]


def test_text_lists_the_parents_of_each_model_by_layer() -> None:
    assert text(EDGES) == (
        "staging\n"
        "  staging.lines\n"
        "  staging.ratings  <- staging.lines\n"
        "  staging.audit    <- staging.ratings, priors.items\n"
        "\n"
        "priors\n"
        "  priors.items  <- staging.ratings\n"
        "\n"
        "scores\n"
        "  scores.adaptive  <- priors.items, staging.ratings\n"
    )


def test_mermaid_has_a_subgraph_for_each_layer() -> None:
    lines = mermaid({"staging.ratings": [], "priors.items": ["staging.ratings"]}).splitlines()
    assert lines == [
        "flowchart LR",
        "    subgraph staging_layer [staging]",
        '        staging__ratings["ratings"]',
        "    end",
        "    subgraph priors_layer [priors]",
        '        priors__items["items"]',
        "    end",
        "    staging__ratings --> priors__items",
    ]


def test_the_drawing_has_every_model_and_every_edge() -> None:
    drawing = svg(EDGES)
    models = {element.get("data-model") for element in with_class(drawing, "model")}
    edges = {(element.get("data-from"), element.get("data-to")) for element in with_class(drawing, "edge")}
    assert models == set(EDGES)
    assert edges == {(parent, model) for model, parents in EDGES.items() for parent in parents}


def test_an_edge_to_an_earlier_layer_is_dashed() -> None:
    backward = with_class(svg(EDGES), "backward")
    assert [(edge.get("data-from"), edge.get("data-to")) for edge in backward] == [
        ("priors.items", "staging.audit")
    ]


def test_the_drawing_of_the_shipped_project_has_no_overlapping_boxes_and_stays_on_its_sheet() -> None:
    drawing = svg(shipped())
    sheet = ElementTree.fromstring(drawing)
    boxes = [
        [float(rect.get(name, "nan")) for name in ("x", "y", "width", "height")]
        for model in with_class(drawing, "model")
        for rect in model.iter(f"{SVG}rect")
    ]
    for x, y, width, height in boxes:
        assert 0 <= x <= x + width <= float(sheet.get("width", "nan"))
        assert 0 <= y <= y + height <= float(sheet.get("height", "nan"))
    for one, other in combinations(boxes, 2):
        apart = (
            one[0] + one[2] <= other[0]
            or other[0] + other[2] <= one[0]
            or one[1] + one[3] <= other[1]
            or other[1] + other[3] <= one[1]
        )
        assert apart, (one, other)


def test_what_reads_a_later_layer_stands_after_what_that_is_made_of() -> None:
    edges = {"features.a": [], "scores.b": ["features.a"], "features.c": ["scores.b"]}
    lefts = {
        model.get("data-model"): float(rect.get("x", "nan"))
        for model in with_class(svg(edges), "model")
        for rect in model.iter(f"{SVG}rect")
    }
    assert lefts["features.a"] < lefts["features.c"] < lefts["scores.b"]


def test_an_empty_project_draws_an_empty_sheet() -> None:
    assert text({}) == "\n"
    assert with_class(svg({}), "model") == []
