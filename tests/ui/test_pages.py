"""The pages, as HTML."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

import duckdb
import pytest
from starlette.testclient import TestClient

from recsys.ui.server import application
from tests.given import build_sql, write_directory
from tests.ui.conftest import HOME


def test_home_shows_the_leaderboard_and_the_ways_to_a_user(client: TestClient) -> None:
    text = client.get("/").text
    assert re.search(r"2 test users, \d+ models", text)
    assert all(f'<th scope="row">{model}</th>' in text for model in ("adaptive", "max_genre"))
    assert 'action="/users/random"' in text and 'action="/users/disagreeing"' in text


def test_a_user_can_be_found_by_id(client: TestClient) -> None:
    answer = client.get("/users?user=+100+")
    assert (answer.status_code, answer.headers["location"]) == (303, "/users/100")


@pytest.mark.parametrize("text", ["", "abc", "-1", "1.5", "1;drop", "\u0663"])
def test_what_is_no_id_is_told_so(client: TestClient, text: str) -> None:
    answer = client.get("/users", params={"user": text})
    assert answer.status_code == 400
    assert "is no user id" in answer.text


@pytest.mark.parametrize(
    "path", ["/users/7", f"/users/{10**30}", f"/users/100/tracks/{10**30}", "/users/x", "/y"]
)
def test_what_is_not_there_is_told_so(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert 'role="alert"' in answer.text


def test_a_random_user_is_a_test_user_and_the_seed_fixes_which(explored_warehouse: Path) -> None:
    def walk() -> list[str]:
        client = TestClient(application(explored_warehouse, seed=7), base_url=HOME, follow_redirects=False)
        return [client.get("/users/random").headers["location"] for _ in range(6)]

    assert set(walk()) == {"/users/100", "/users/101"}
    assert walk() == walk()


def test_a_user_on_whom_two_models_disagree(client: TestClient, explored_warehouse: Path) -> None:
    with duckdb.connect(str(explored_warehouse), read_only=True) as connection:
        pairs = connection.execute(
            "select distinct a.model, b.model, a.user_id from marts.predictions a join marts.predictions b "
            "using (user_id, track_id) where a.predicted <> b.predicted"
        ).fetchall()
    one, other, _ = pairs[0]
    answer = client.get("/users/disagreeing", params={"one": one, "other": other})
    user = int(re.match(r"/users/(\d+)", answer.headers["location"])[1])
    assert (one, other, user) in pairs
    assert answer.headers["location"].endswith(f"?model={one}&model={other}")


def test_a_model_never_disagrees_with_itself(client: TestClient) -> None:
    answer = client.get("/users/disagreeing?one=adaptive&other=adaptive")
    assert (answer.status_code, "predict the same" in answer.text) == (404, True)


def test_an_unknown_track_is_not_found(client: TestClient) -> None:
    answer = client.get("/users/100/tracks/99999999")
    assert (answer.status_code, "no track 99999999 in" in answer.text) == (404, True)


def test_an_unknown_model_is_a_text_on_the_page(client: TestClient) -> None:
    for path in ("/users/100?model=", "/users/disagreeing?other=adaptive&one="):
        answer = client.get(path + "%3Cb%3E';--")
        assert answer.status_code == 404
        assert "<b>" not in answer.text


def test_the_candidates_stand_in_the_order_of_each_model(
    client: TestClient, explored_warehouse: Path
) -> None:
    models = ["adaptive", "max_genre"]
    text = client.get("/users/100", params={"model": models}).text
    shown = [re.findall(r'data-track="(\d+)"', card) for card in text.split('<div class="card ranking">')[1:]]
    with duckdb.connect(str(explored_warehouse), read_only=True) as connection:
        for model, tracks in zip(models, shown, strict=True):
            rows = connection.execute(
                "select track_id from marts.predictions where model = ? and user_id = 100 order by rank",
                [model],
            ).fetchall()
            assert tracks[: len(rows)] == [str(track) for (track,) in rows]


def test_truth_and_history_are_shown(client: TestClient) -> None:
    text = client.get("/users/100").text
    assert text.count('title="liked"') >= 2 and text.count('title="not liked"') >= 2
    for heading in ("Tracks", "Albums", "Artists", "Genres"):
        assert f"<h3>{heading} " in text
    assert re.search(r'class="id">10</span>.*?class="score">90</span>', text, re.DOTALL)


def test_the_evidence_on_a_candidate_adds_up(client: TestClient, explored_warehouse: Path) -> None:
    text = client.get("/users/100/tracks/1").text
    with duckdb.connect(str(explored_warehouse), read_only=True) as connection:
        score = connection.execute(
            "select score from scores.adaptive where user_id = 100 and track_id = 1"
        ).fetchone()
    assert "own rating of album 10" in text
    assert f"<td>{score[0]:.2f}</td></tr></tfoot>" in text


def test_a_long_history_is_cut_until_all_of_it_is_asked_for(tmp_path: Path) -> None:
    ratings = "".join(f"{item}\t{item % 101}\n" for item in range(1000, 1100))
    files = {
        "trackData2.txt": "".join(f"{item}|None|None\n" for item in range(1000, 1102)),
        "trainItem2.txt": f"5|100\n{ratings}",
        "testItem2.txt": "5|2\n1100\n1101\n",
    }
    warehouse = tmp_path / "warehouse.duckdb"
    build_sql(write_directory(tmp_path / "data", files), warehouse)
    client = TestClient(application(warehouse), base_url=HOME)
    assert "The last 60 of 100." in client.get("/users/5").text
    assert 'class="id">1000<' not in client.get("/users/5").text
    assert 'class="id">1000<' in client.get("/users/5?all").text
    assert client.get("/users/5").text.count('title="not known"') >= 2


def test_without_a_warehouse_the_page_says_what_to_do(tmp_path: Path) -> None:
    client = TestClient(application(tmp_path / "none.duckdb"), base_url=HOME)
    answer = client.get("/")
    assert answer.status_code == 503
    assert "recsys build" in answer.text


def test_a_warehouse_replaced_underneath_is_read_anew(explored_warehouse: Path, tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    shutil.copyfile(explored_warehouse, warehouse)
    client = TestClient(application(warehouse), base_url=HOME)
    before = client.get("/").text
    build_sql(write_directory(tmp_path / "data", {"testItem2.txt": "5|2\n1\n2\n"}), tmp_path / "new.duckdb")
    (tmp_path / "new.duckdb").replace(warehouse)
    after = client.get("/").text
    assert "2 test users" in before and "1 test users" in after


def test_nothing_is_written(client: TestClient, explored_warehouse: Path) -> None:
    def digests() -> dict[str, str]:
        files = (path for path in explored_warehouse.parent.rglob("*") if path.is_file())
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    before = digests()
    for path in ("/", "/users/100", "/users/100/tracks/1", "/users/random", "/sql"):
        client.get(path)
    client.post("/sql", data={"query": "drop table marts.leaderboard"})
    assert digests() == before
