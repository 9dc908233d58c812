"""An owner of films reads of films, on their own scale, and never of tracks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from markupsafe import escape
from starlette.testclient import TestClient

from recsys.sources.importing.recipe import Options, run
from recsys.sources.interactions import Interactions, plural_of
from recsys.ui import glossary
from recsys.ui.app import application
from tests.given import build_sql
from tests.ui.conftest import HOME

FILMS = ["Alien", "Brazil", "Casablanca", "Dune", "Eden", "Fargo", "Gandhi", "Heat"]
PAGES = (
    *("/", "/users", "/items", "/items?type=all", "/try", "/try?item=Alien&value=5", "/users/u1"),
    *("/users/u1/lists?list=popularity&list=item_knn", "/items/f2", "/genres/drama", "/users/u1/items/f2"),
    *(
        "/users/u1/items/f2?model=adaptive",
        "/compare",
        "/compare/overlap",
        "/lists/item_knn",
        "/search?q=zzz",
    ),
    *("/search?q=a&all=1", "/users/nothing", "/nothing"),
)


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """The explorer of a few films that a dozen people rated from half a star to five."""
    folder = tmp_path_factory.mktemp("films")
    lines = [f"f{place},{name},{'drama' if place % 2 else 'crime'}" for place, name in enumerate(FILMS)]
    (folder / "films.csv").write_text("\n".join(["item,name,genres", *lines]))
    ratings = [
        f"u{user},f{film},{5 - (user * film) % 9 / 2}"
        for user in range(12)
        for film in range(len(FILMS))
        if (user + film) % 3
    ]
    (folder / "ratings.csv").write_text("\n".join(["user,item,rating", *ratings]))
    items = str(folder / "films.csv")
    options = Options(
        [str(folder / "ratings.csv")], folder / "data", items=items, scale=(0.5, 5), holdout=0, noun="film"
    )
    run(options)
    build_sql(folder / "data", folder / "films.duckdb")
    return TestClient(application(folder / "films.duckdb", seed=1), base_url=HOME)


@pytest.fixture(scope="module")
def plays(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """The explorer of artists that a dozen people played, without times."""
    folder = tmp_path_factory.mktemp("plays")
    rows = [
        f"u{user},a{artist},{1 + user * artist % 90}"
        for user in range(12)
        for artist in range(8)
        if (user + artist) % 3
    ]
    (folder / "plays.csv").write_text("\n".join(["user,item,rating", *rows]))
    run(Options([str(folder / "plays.csv")], folder / "data", feedback="counts", noun="artist"))
    build_sql(folder / "data", folder / "plays.duckdb")
    return TestClient(application(folder / "plays.duckdb", seed=1), base_url=HOME)


@pytest.mark.parametrize("path", ["/", "/items", "/users/u1", "/items/a2", "/users/u1/items/a0", "/try"])
def test_an_owner_of_plays_reads_of_no_ratings_likes_or_times_that_are_not_there(
    plays: TestClient, path: str
):
    page = plays.get(path, follow_redirects=True)
    assert page.status_code == 200
    words = read(page.text.replace(" likes</span>", ""))
    assert re.search(r"\b(newest|over time|rated)\b", words) is None
    assert not re.search(r"Average rating|Mean rating|sort=likes[^>]*>likes", page.text)


def test_what_an_owner_of_plays_is_asked_and_told_is_in_the_verb_of_the_data(plays: TestClient):
    assert "artists that you have played" in read(plays.get("/try").text)
    assert "The user has not played it" in read(plays.get("/users/u1/items/a2").text)
    assert "The user has played 2 times" in read(plays.get("/users/u1/items/a1").text)


def read(page: str) -> str:
    """Return the words that a person reads in a page, those of tooltips among them."""
    shown = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    attributes = " ".join(re.findall(r'(?:title|placeholder|aria-label|alt|href)="([^"]*)"', shown))
    return f"{re.sub('<[^>]*>', ' ', shown)} {attributes}"


@pytest.mark.parametrize("path", PAGES)
def test_an_owner_of_films_never_meets_a_track(films: TestClient, path: str):
    page = films.get(path)
    assert page.status_code in (200, 404)
    assert re.search(r"\btracks?\b", read(page.text), re.IGNORECASE) is None


def test_lists_of_films_are_filtered_sorted_and_paged(films: TestClient):
    def names(path: str) -> list[str]:
        return re.findall(
            r'<th scope="row" class="name"><a href="/items/f\d">(\w+)</a>', films.get(path).text
        )

    assert sorted(names("/items")) == sorted(FILMS)
    assert names("/items?sort=name") == sorted(FILMS)
    assert names("/items?sort=name&reverse=1") == sorted(FILMS, reverse=True)
    assert names("/items?q=an&sort=name") == ["Casablanca", "Gandhi"]
    assert names("/items?page=99") == [] and films.get("/items?page=99").status_code == 200
    assert films.get("/items?sort=nothing").status_code == 404
    assert 'aria-sort="descending"' in films.get("/users").text


def test_a_visitor_gets_a_list_from_a_few_films(films: TestClient):
    page = films.get("/try", params={"item": ["Alien", "nothing", "Dune"], "value": ["5", "", "7"]}).text
    assert '<section class="card" id="list">' in page and '<span class="rank">1</span>' in page
    assert "No item nothing" in page and "Give a rating from 0.5 to 5" in page
    assert "recommend_for({&#39;f0&#39;: 5.0}, k=10)" in page
    assert "Your list appears here" in films.get("/try").text


def test_means_on_the_pages_are_on_the_scale_of_the_owner(films: TestClient):
    text = films.get("/users/u1").text
    mean = float(re.search(r"Mean rating ([\d.]+)", text)[1])
    assert 0.5 <= mean <= 5
    row = re.search(
        r"<a href=\"/users/u1\">u1</a></th><td>\d+</td><td>([\d.]+)</td>", films.get("/users").text
    )
    assert float(row[1]) == mean


def test_a_figure_of_a_list_model_is_the_same_on_every_page(films: TestClient):
    home = films.get("/").text
    row = re.search(r'<th scope="row"><a href="/lists/popularity">.*?</tr>', home, re.DOTALL)[0]
    ndcg, recall, mrr, coverage, _seconds = re.findall(r"<td(?: class=\"extra\")?>([^<( ]+)</td>", row)
    page, both = films.get("/lists/popularity").text, films.get("/compare?one=popularity&other=item_knn").text
    for name, figure in (("NDCG@10", ndcg), ("recall@10", recall), ("MRR", mrr), ("coverage", coverage)):
        shown = re.search(rf">{name}</a></dt><dd>([^<( ]+)", page)[1]
        compared = re.search(rf">{name}</a></th><td>([^<( ]+)</td>", both)[1]
        assert shown == compared == figure, name


def test_means_of_a_column_have_the_same_decimals(films: TestClient):
    means = re.findall(r"<td>(\d\.\d*|\d)</td><td class=\"meter extra\">", films.get("/items").text)
    assert len(means) == len(FILMS) and {len(mean) for mean in means} == {len("3.00")}


def test_a_genre_that_nobody_rates_has_no_empty_cards(films: TestClient):
    page = films.get("/genres/drama").text
    assert 'id="tracks"' in page
    assert not {'id="prior"', 'id="raters"', "No ratings"} & set(re.findall(r'id="\w+"|No ratings', page))
    assert re.search(r"\d+ ratings</span>", page)


def test_a_waterfall_begins_with_what_adds_and_names_every_step(films: TestClient):
    page = films.get("/users/u1/items/f2?model=item_knn").text
    headings = re.findall(r'<th scope="row">(.*?)</th>', page, re.DOTALL)
    assert headings and all(re.sub("<[^>]*>", "", heading).strip() for heading in headings)
    assert "test items" not in page  # films have none


def test_models_that_predict_nothing_are_not_said_to_agree(films: TestClient):
    page = films.get("/compare?of=models").text
    assert "no test items" in page and "predict the same" not in page


def test_the_first_query_of_the_sql_page_has_figures(films: TestClient):
    page = films.get("/sql").text
    assert "from marts.list_leaderboard" in page and "from marts.leaderboard" not in page
    for query in re.findall(r'<li><a href="(/sql\?query=[^"]*)">', page):
        assert films.get(query.replace("&amp;", "&")).status_code == 200, query


def test_a_typing_error_is_met_with_similar_names_and_their_numbers(films: TestClient):
    found = films.get("/search.json?q=Casablanka").json()
    assert found["is_near"] and found["found"][0]["title"] == "Casablanca"
    assert re.fullmatch(r"\d+ ratings?", found["found"][0]["note"])
    assert "Did you mean" in films.get("/search?q=Casablanka").text


def test_lists_and_tables_can_be_copied_as_commands(films: TestClient):
    user = films.get("/users/u1").text
    assert "from recommend(&#39;u1&#39;, 10)" in user and "recsys recommend u1 -k 10" in user
    assert "from marts.list_leaderboard" in films.get("/").text
    assert "recsys similar f2" in films.get("/items/f2").text


def test_terms_are_explained_where_they_are_used(films: TestClient):
    meaning = escape(glossary.meanings()["recall"])
    assert f'data-meaning="{meaning}"' in films.get("/").text
    page = films.get("/glossary").text
    assert 'id="recall"' in page and page.count("<dt ") == len(glossary.meanings())


def test_nothing_is_fresher_than_a_build_that_nothing_was_appended_to(films: TestClient):
    """A warehouse without appended rows shows nothing of it."""
    assert 'id="freshness"' not in films.get("/").text


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.5, 5, ["0.5", "2", "3.5", "5"]),
        (1, 5, ["1", "2", "3", "4", "5"]),
        (1, 10, ["1", "4", "7", "10"]),
        (0, 100, ["0", "25", "50", "75", "100"]),
        (-10, 10, ["-10", "-5", "0", "5", "10"]),
        (1, 2.2, ["1", "2.2"]),
    ],
)
def test_the_marks_of_a_scale_are_whole_or_half(low: float, high: float, ticks: list[str]):
    assert Interactions(scale_low=low, scale_high=high).ticks == ticks


@pytest.mark.parametrize(
    ("noun", "many"),
    [("film", "films"), ("story", "stories"), ("series", "series"), ("dish", "dishes"), ("day", "days")],
)
def test_a_noun_has_the_plural_of_spelling(noun: str, many: str):
    assert plural_of(noun) == many


def test_a_wheel_has_the_glossary():
    configured = Path(__file__).parents[2].joinpath("pyproject.toml").read_text(encoding="utf-8")
    assert (
        'force-include = { "docs/glossary.md" = "recsys/ui/glossary.md" }' in configured
        and glossary.file().is_file()
    )
