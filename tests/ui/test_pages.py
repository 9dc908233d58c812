"""The pages, as HTML."""

from __future__ import annotations

import hashlib
import html
import re
import shutil
from pathlib import Path

import duckdb
import pytest
from starlette.testclient import TestClient

from recsys.backends.duckdb.connection import reading
from recsys.ui.app import application
from recsys.ui.schema import header_of
from tests.given import build_sql, write_directory
from tests.ui.conftest import HOME, PATIENT


def asked(warehouse: Path, sql: str) -> list[tuple]:
    with reading(warehouse, guarded=True) as connection:
        return connection.execute(sql).fetchall()


def test_home_shows_the_leaderboard_and_links_to_users(client: TestClient, explored_warehouse: Path):
    text = client.get("/").text
    models = [model for (model,) in asked(explored_warehouse, "select model from marts.leaderboard")]
    assert f"2 test users with 6 test items, {len(models)} models" in text
    assert all(f'<a href="/models/{model}">' in text for model in models)
    lists = [model for (model,) in asked(explored_warehouse, "select model from marts.list_leaderboard")]
    assert all(f'<a href="/lists/{model}">' in text for model in lists)
    assert 'href="/users/100"' in text and 'href="/compare?of=models"' in text


@pytest.mark.parametrize(
    "path",
    [
        *("/users/7", f"/users/{10**30}", f"/users/100/tracks/{10**30}", "/users/x", "/users/", "/y"),
        *("/tracks/10", "/albums/1", "/artists/999", "/items/777", "/models/nope", f"/ids/user/{2**31}"),
        *(
            "/users/100?model=%3Cb%3E",
            "/users/100?list=nope",
            "/compare?other=adaptive&one=%3Cb%3E",
        ),
        *("/users/100/tracks/1?model=nope", "/users/100/tracks/99999999", f"/tracks/{'9' * 300}"),
    ],
)
def test_an_unknown_page_is_not_found_and_offers_links(client: TestClient, path: str):
    answer = client.get(path)
    assert answer.status_code == 404
    assert 'role="alert"' in answer.text and 'href="/users/random"' in answer.text
    assert "<b>" not in answer.text


def test_a_random_user_is_a_test_user_and_the_seed_fixes_which(explored_warehouse: Path):
    def walk() -> list[str]:
        client = TestClient(application(explored_warehouse, seed=7), base_url=HOME, follow_redirects=False)
        return [client.get("/users/random").headers["location"] for _ in range(6)]

    assert set(walk()) == {"/users/100", "/users/101"}
    assert walk() == walk()


def test_two_models_of_test_items_are_compared_on_users_where_they_disagree(
    client: TestClient, explored_warehouse: Path
):
    pairs = asked(
        explored_warehouse,
        "select distinct a.model, b.model, a.user_id from marts.predictions a join marts.predictions b "
        "using (user_id, track_id) where a.predicted <> b.predicted",
    )
    one, other, user = pairs[0]
    text = client.get("/compare", params={"of": "models", "one": one, "other": other}).text
    assert f'href="/users/{user}?model={one}&amp;model={other}#candidates"' in text
    accuracy = dict(asked(explored_warehouse, "select model, accuracy from marts.leaderboard"))
    assert f"<td>{accuracy[one]:.4f}</td><td>{accuracy[other]:.4f}</td>" in text


def test_two_list_models_are_compared_by_their_measures_and_their_lists(client: TestClient):
    page = client.get("/compare?one=popularity&other=item_knn")
    assert page.status_code == 200 and "/compare/overlap?one=popularity&amp;other=item_knn" in page.text
    part = client.get("/compare/overlap?one=popularity&other=item_knn").text
    assert "are in both lists" in part
    assert '?list=popularity&amp;list=item_knn#recommendations"' in part
    itself = client.get("/compare/overlap?one=popularity&other=popularity").text
    assert "10 are in both lists" in itself or "on average over" in itself


def test_a_model_page_names_classes_of_users_by_their_range(client: TestClient, explored_warehouse: Path):
    starts = asked(
        explored_warehouse,
        "select distinct activity from marts.accuracy_by_activity where model = 'adaptive' order by activity",
    )
    shown = re.findall(r'<span class="name">([\d,+ to]+) ratings <span', client.get("/models/adaptive").text)
    assert [int(label.replace(",", "").split("+")[0].split(" to ")[0]) for label in shown] == [
        start for (start,) in starts
    ]


def test_a_model_never_disagrees_with_itself(client: TestClient):
    answer = client.get("/compare?of=models&one=adaptive&other=adaptive")
    assert "adaptive and adaptive predict the same for every user" in answer.text


def test_the_candidates_stand_in_the_order_of_each_model(client: TestClient, explored_warehouse: Path):
    models = ["adaptive", "max_genre"]
    text = client.get("/users/100", params={"model": models}).text
    shown = [re.findall(r'data-track="(\d+)"', card) for card in text.split('<div class="ranking">')[1:]]
    for model, tracks in zip(models, shown, strict=True):
        order = (
            f"select track_id from marts.predictions where model = '{model}' and user_id = 100 order by rank"
        )
        assert tracks == [str(track) for (track,) in asked(explored_warehouse, order)]


def test_truth_taste_and_history_are_shown(client: TestClient):
    text = client.get("/users/100").text
    assert text.count('title="liked"') >= 2 and text.count('title="not liked"') >= 2
    assert "4 ratings: 1 track, 1 album, 1 artist, 1 genre" in " ".join(text.split())
    assert 'id="taste-artist"' in text and 'id="taste-genre"' in text
    ratings = text.split('id="history"')[1]
    assert re.search(r'href="/albums/10">10</a>.*?class="score">90 of 100</span>', ratings, re.DOTALL)
    assert 'href="/albums/10"' not in client.get("/users/100?type=track").text.split('id="history"')[1]


def test_lists_of_two_models_stand_side_by_side(client: TestClient, explored_warehouse: Path):
    page = client.get("/users/100/lists?list=popularity&list=item_knn").text
    part = client.get("/users/100/lists?list=popularity&list=item_knn&part=1").text
    assert "<html" in page and "<html" not in part
    for model in ("popularity", "item_knn"):
        assert f'<a href="/lists/{model}">{model}</a>' in part.replace("<wbr>", "")
        assert re.search(rf'href="/users/100/tracks/\d+\?model={model}"', part)


def test_an_item_shows_its_place_who_rates_it_and_its_prior(client: TestClient):
    text = client.get("/albums/10").text
    assert 'href="/artists/20"' in text and 'href="/genres/30"' in text
    assert 'href="/tracks/1"' in text.split('id="tracks"')[1]
    assert 'href="/users/100" title="90 of 100"' in text.split('id="raters"')[1]
    prior = text.split('id="prior"')[1].split("</section>")[0]
    assert "1 rating with mean 90" in prior and "adds 10 ratings" in prior
    mean = (90 + 70 + 80 + 0 + 50 + 100) / 6
    assert f"{(90 + 10 * mean) / 11:.2f}" in prior


def test_a_rating_from_which_on_is_a_like_has_the_colour_of_likes(named_client: TestClient):
    """4 of 1 to 5 is 75 of 100: the like begins within the ten points from 70 on."""
    rows = named_client.get("/items/s3").text.split('id="raters"')[1].split("<tr>")
    tones = {re.search(r"<th scope=\"row\">(\d)", row)[1]: row for row in rows if 'scope="row"' in row}
    assert 'class="bar high"' in tones["4"] and 'class="bar low"' in tones["1"]


@pytest.mark.parametrize("model", ["popularity", "item_knn"])
def test_a_pair_is_explained_by_the_model_of_the_lists(named_warehouse: Path, tmp_path: Path, model: str):
    copy = Path(shutil.copyfile(named_warehouse, tmp_path / "copy.duckdb"))
    with duckdb.connect(str(copy)) as connection:
        connection.execute("update lists.chosen set model = ?", [model])
    client = TestClient(application(copy, PATIENT), base_url=HOME, follow_redirects=False)
    assert f"{model}, step by step" in client.get("/users/ann/items/s%2F1").text.replace("<wbr>", "")


def test_a_list_model_says_in_a_sentence_what_it_does(client: TestClient, explored_warehouse: Path):
    rows = asked(explored_warehouse, "select model, is_chosen from marts.list_leaderboard")
    home = html.unescape(client.get("/").text)
    for model, is_chosen in rows:
        sentence = header_of(f"lists.{model}")["summary"]
        assert sentence.endswith(".") and sentence in html.unescape(client.get(f"/lists/{model}").text)
        assert (sentence in home) == is_chosen


def test_the_page_of_a_model_is_found_by_its_name_of_either_kind(client: TestClient):
    assert client.get("/models/item_knn").headers["location"] == "/lists/item_knn"
    assert client.get("/lists/adaptive").headers["location"] == "/models/adaptive"


def test_ids_of_the_warehouse_lead_to_the_pages(client: TestClient):
    assert client.get("/ids/item/20").headers["location"] == "/artists/20"
    assert client.get("/ids/user/100").headers["location"] == "/users/100"
    assert client.get("/items/10").headers["location"] == "/albums/10"
    assert client.get("/pair?user=100&track=1").headers["location"] == "/users/100/tracks/1"


def test_the_steps_of_a_pair_end_at_the_score(client: TestClient, explored_warehouse: Path):
    text = client.get("/users/100/tracks/1?model=adaptive").text
    score = asked(
        explored_warehouse, "select score from scores.adaptive where (user_id, track_id) = (100, 1)"
    )
    assert f'id="score">{score[0][0]:.4g}<' in text
    assert 'href="/albums/10"' in text.split('id="explanation"')[1]
    assert 'title="liked"' in text.split('<div class="columns')[0]
    other = client.get("/users/100/tracks/2?model=item_neighbours").text.split('id="explanation"')[1]
    assert "item_neighbours" in other.split("</section>")[0] and 'class="full waterfall"' not in other


def test_search_opens_a_single_match_and_lists_others(client: TestClient):
    assert client.get("/search", params={"q": " 20 "}).headers["location"] == "/artists/20"
    assert 'href="/users/100"' in client.get("/search", params={"q": "10", "all": "1"}).text
    assert 'role="alert"' in client.get("/search", params={"q": "<b>zz"}).text
    found = client.get("/search.json", params={"q": "10"}).json()["found"]
    assert found[0] == {
        "url": "/albums/10",
        "title": "Album 10",
        "kind": "album",
        "word": "album",
        "id": "10",
        "note": "1 rating",
    }


def test_names_and_original_ids_are_shown_and_found(named_client: TestClient):
    client = named_client
    song = client.get("/search.json", params={"q": "shine"}).json()["found"][0]
    assert (song["title"], song["url"], song["word"]) == ("Shine & on", "/items/s%2F1", "item")
    page = client.get(song["url"])
    assert page.status_code == 200 and "Shine &amp; on" in page.text
    assert 'href="/artists/AC%2FDC"' in page.text
    assert client.get("/artists/AC%2FDC").status_code == 200
    assert "AC/DC" in client.get("/users/ann").text
    assert client.get("/search", params={"q": "ann"}).headers["location"] == "/users/ann"
    assert client.get("/users/ann/items/s%2F1").status_code == 200
    assert client.get("/tracks/s%2F1").headers["location"] == "/items/s%2F1"


def test_a_long_history_is_cut_until_all_is_requested(tmp_path: Path):
    ratings = "".join(f"{item}\t{item % 101}\n" for item in range(1000, 1100))
    files = {
        "trackData2.txt": "".join(f"{item}|None|None\n" for item in range(1000, 1102)),
        "trainItem2.txt": f"5|100\n{ratings}",
        "testItem2.txt": "5|2\n1100\n1101\n",
    }
    warehouse = tmp_path / "warehouse.duckdb"
    build_sql(write_directory(tmp_path / "data", files), warehouse)
    client = TestClient(application(warehouse), base_url=HOME)
    cut, whole = (client.get(f"/users/5{query}").text.split('id="history"')[1] for query in ("", "?all=1"))
    assert "Newest 30 of 100." in cut
    assert "/tracks/1000" not in cut and "/tracks/1000" in whole
    assert client.get("/users/5").text.count('title="unknown"') >= 2


def test_without_a_warehouse_the_page_says_what_to_do(tmp_path: Path):
    client = TestClient(application(tmp_path / "none.duckdb"), base_url=HOME)
    answer = client.get("/")
    assert answer.status_code == 503
    assert "recsys build" in answer.text


def test_a_warehouse_replaced_underneath_is_read_anew(explored_warehouse: Path, tmp_path: Path):
    warehouse = tmp_path / "warehouse.duckdb"
    shutil.copyfile(explored_warehouse, warehouse)
    client = TestClient(application(warehouse), base_url=HOME)
    before = client.get("/").text
    track = client.get("/tracks/1")
    files = {"testItem2.txt": "5|2\n1\n2\n", "trackData2.txt": "1|None|None\n2|None|None\n"}
    build_sql(write_directory(tmp_path / "data", files), tmp_path / "new.duckdb")
    (tmp_path / "new.duckdb").replace(warehouse)
    after = client.get("/").text
    assert "2 test users" in before and "1 test users" in after
    assert 'href="/albums/10"' in track.text
    anew = client.get("/tracks/1", headers={"if-none-match": track.headers["etag"]})
    assert anew.status_code == 200 and 'href="/albums/10"' not in anew.text
    assert 'id="history"' not in client.get("/users/5").text
    assert client.get("/users/100").status_code == 404
    warehouse.unlink()
    assert client.get("/").status_code == 503


def test_a_browser_with_the_page_gets_not_modified(client: TestClient, explored_warehouse: Path):
    page = client.get("/users/100")
    assert page.headers["cache-control"] == "private, no-cache"
    known = {"if-none-match": page.headers["etag"]}
    again = client.get("/users/100", headers=known)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", page.headers["etag"])
    assert client.get("/users/101", headers=known).status_code == 200
    assert client.get("/users/100?all=1", headers=known).status_code == 200
    restarted = TestClient(application(explored_warehouse), base_url=HOME)
    assert restarted.get("/users/100", headers=known).status_code == 200
    assert "etag" not in client.get("/users/random").headers
    assert client.get("/users/random").headers["cache-control"] == "no-store"


def test_nothing_is_written(client: TestClient, explored_warehouse: Path):
    def digests() -> dict[str, str]:
        files = (path for path in explored_warehouse.parent.rglob("*") if path.is_file())
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    before = digests()
    for path in ("/", "/users/100", "/users/100/lists", "/users/100/tracks/1", "/tracks/1", "/sql"):
        assert client.get(path).status_code == 200
    client.post("/sql", data={"query": "drop table marts.leaderboard"})
    assert digests() == before


def test_the_page_of_an_item_that_nobody_chose_says_what_makes_others_similar(client: TestClient):
    shown = client.get("/tracks/2").text.split('id="neighbours"')[1].split("</section>")[0]
    assert "These share its artist, album or genres" in shown and "<li>" in shown


def test_models_that_score_all_test_items_alike_have_one_line(explored_warehouse: Path, tmp_path: Path):
    warehouse = Path(shutil.copy(explored_warehouse, tmp_path / "constant.duckdb"))
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("delete from marts.constant_scores")
        connection.execute("insert into marts.constant_scores values ('max_genre', 2)")
    text = TestClient(application(warehouse), base_url="http://127.0.0.1:8350").get("/").text
    assert 'href="/models/adaptive"' in text and 'href="/models/max_genre"' not in text
    assert "Warning: max_genre: all test items of a user score the same" in text
