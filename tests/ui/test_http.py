"""Statuses, Allow and conditional requests, as RFC 9110 has them."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from recsys.ui.app import application
from recsys.ui.http import is_held

HOME = "http://127.0.0.1:8350"
PAGES = ("/", "/users/100", "/search?q=1", "/models/adaptive")
API = ("/api/recommend?user=100", "/api/similar?item=1", "/api/explain?user=100&item=1")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize(
    "address", ["/", "/users/100", "/api/recommend", "/api/openapi.json", "/static/ui.css"]
)
def test_another_method_is_told_which_are_allowed(client: TestClient, method: str, address: str) -> None:
    answer = client.request(method, address)
    assert answer.status_code == 405
    assert {"GET", "HEAD"} <= set(answer.headers["allow"].split(", "))


def test_the_form_of_a_query_allows_post(client: TestClient) -> None:
    answer = client.put("/sql")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


class TestConditions:
    @pytest.fixture(params=["/users/100", "/static/ui.css"])
    def address(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    @pytest.mark.parametrize(
        "form",
        ["{tag}", "W/{tag}", '"other", {tag}', '"a,b" ,W/{tag}', "{tag},", "*"],
    )
    def test_what_the_client_has_is_not_sent_again(self, client: TestClient, address: str, form: str) -> None:
        tag = client.get(address).headers["etag"]
        answer = client.get(address, headers={"if-none-match": form.format(tag=tag)})
        assert answer.status_code == 304
        assert answer.headers["etag"] == tag
        assert answer.content == b""

    def test_several_header_lines_are_one_list(self, client: TestClient, address: str) -> None:
        tag = client.get(address).headers["etag"]
        answer = client.get(address, headers=[("if-none-match", '"other"'), ("if-none-match", tag)])
        assert answer.status_code == 304

    @pytest.mark.parametrize("form", ['"other"', "W/other", "other", '"', ""])
    def test_what_it_does_not_have_is_sent(self, client: TestClient, address: str, form: str) -> None:
        assert client.get(address, headers={"if-none-match": form}).status_code == 200

    def test_a_star_stands_for_nothing_where_there_is_nothing(self, client: TestClient) -> None:
        assert client.get("/users/nobody", headers={"if-none-match": "*"}).status_code == 404

    def test_a_tag_in_another_tag_is_none(self) -> None:
        assert not is_held(['"x, \\"y\\""'], '"y"')
        assert not is_held(['"xy"'], '"y"')


class TestWithoutAWarehouse:
    @pytest.fixture
    def missing(self, tmp_path: Path) -> TestClient:
        return TestClient(application(tmp_path / "none.duckdb"), base_url=HOME)

    @pytest.mark.parametrize("address", [*PAGES, *API, "/catalogue/", "/sql"])
    def test_it_is_the_servers_fault(self, missing: TestClient, address: str) -> None:
        answer = missing.get(address)
        assert answer.status_code == 503
        assert "no warehouse" in answer.text

    @pytest.mark.parametrize("address", [PAGES[0], API[0]])
    def test_a_file_that_is_none_is_the_servers_fault(self, tmp_path: Path, address: str) -> None:
        (tmp_path / "none.duckdb").write_text("no warehouse")
        client = TestClient(application(tmp_path / "none.duckdb"), base_url=HOME)
        assert client.get(address).status_code == 503


def test_a_wrong_parameter_is_the_clients_fault(client: TestClient) -> None:
    assert client.get("/api/recommend?user=100&model=nosuch").status_code == 400
    assert client.get("/api/recommend?user=nobody").status_code == 404
