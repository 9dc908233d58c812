"""The JSON answers of the explorer are the library's, and what the OpenAPI document says of them."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import validate
from starlette.testclient import TestClient

import recsys
from recsys.ui.api import document

DOCUMENT = document()


def schema(path: str, status: int) -> dict[str, Any]:
    """What the document says of the body of an answer, with the components that it refers to."""
    response = DOCUMENT["paths"][path]["get"]["responses"][str(status)]
    if "$ref" in response:
        response = DOCUMENT["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    return {**response["content"]["application/json"]["schema"], "components": DOCUMENT["components"]}


def asked(client: TestClient, path: str, status: int = 200, **parameters: Any) -> Any:
    """The body of an answer, which has this status and is as documented."""
    answer = client.get(path, params=parameters)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    jsonschema.validate(body, schema(path, status))
    return body


def test_the_document_is_openapi_and_is_served(client):
    validate(DOCUMENT)
    assert client.get("/api/openapi.json").json() == DOCUMENT
    assert DOCUMENT["info"]["version"] == recsys.__version__


@pytest.mark.parametrize("name", ["recommend", "similar", "explain"])
def test_the_documented_parameters_are_those_that_are_taken(client, name):
    declared = [
        DOCUMENT["components"]["parameters"][one["$ref"].rsplit("/", 1)[1]]["name"]
        if "$ref" in one
        else one["name"]
        for one in DOCUMENT["paths"][f"/api/{name}"]["get"]["parameters"]
    ]
    refusal = asked(client, f"/api/{name}", 400, **dict.fromkeys(declared, "1"), other="1")
    assert refusal["error"] == f"unknown parameter 'other': use {', '.join(declared)}"


def test_answers_are_those_of_the_library(client, explored_warehouse):
    with recsys.open(explored_warehouse) as warehouse:
        lists = asked(client, "/api/recommend", user=100, k=2)
        assert lists == {"user": "100", "recommendations": warehouse.recommend(100, 2).to_dicts()}
        assert len(lists["recommendations"]) == 2
        by_model = asked(client, "/api/recommend", user=100, model="popularity")["recommendations"]
        assert by_model == warehouse.recommend(100, model="popularity").to_dicts()
        evidence = asked(client, "/api/explain", user=100, item=1)
        assert evidence == {"user": "100", "item": "1", "evidence": warehouse.explain(100, 1).to_dicts()}
        similar = asked(client, "/api/similar", item=10)
        assert similar == {"item": "10", "similar": warehouse.similar(10).to_dicts()}


@pytest.mark.parametrize(
    ("path", "parameters", "status", "words"),
    [
        ("/api/recommend", {}, 400, "parameter user is missing"),
        ("/api/recommend", {"user": ""}, 400, "parameter user is missing"),
        ("/api/recommend", {"user": "999"}, 404, "no user 999"),
        ("/api/recommend", {"user": "100", "model": "nope"}, 400, "nope: no such list model"),
        ("/api/recommend", {"user": "100", "k": "0"}, 400, "must be 1 to 100"),
        ("/api/recommend", {"user": "100", "k": "9" * 150}, 400, "must be 1 to 100"),
        ("/api/recommend", {"user": "9" * 201}, 400, "longer than 200 characters"),
        ("/api/recommend", {"user": "9" * 200}, 404, "no user"),
        ("/api/recommend", {"user": ["100", "101"]}, 400, "given twice"),
        ("/api/recommend", {"user": "100", "where": "nosuch > 3"}, 400, "no column nosuch"),
        (
            "/api/recommend",
            {"user": "100", "where": "true) union all (select 1"},
            400,
            "give one SQL condition",
        ),
        ("/api/recommend", {"user": "100", "where": "1 = 1; drop table x"}, 400, "give one SQL condition"),
        ("/api/recommend", {"user": "100", "where": "exists (from glob('/*'))"}, 400, "Cannot access"),
        ("/api/recommend", {"user": "100", "only": "nosuch"}, 404, "no item nosuch"),
        ("/api/recommend", {"user": "100", "diversity": "2"}, 400, "expected 0 to 1"),
        ("/api/similar", {"item": "777"}, 404, "no item 777"),
        ("/api/similar", {"item": "x'; drop table staging.ratings"}, 404, "x'; drop table"),
        ("/api/explain", {"user": "100"}, 400, "parameter item is missing"),
        ("/api/explain", {"user": "100", "item": "888"}, 404, "no item 888"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(client, path, parameters, status, words):
    message = asked(client, path, status, **parameters)["error"]
    assert words in message
    assert "\n" not in message


def test_other_paths_and_methods_are_json_too(client):
    assert client.get("/api/nothing").json() == {"error": "Not Found"}
    assert client.post("/api/recommend").status_code == 405
