"""Ratings are shown on the scale of their owner, wherever they are shown: stars, plays, or 0 to 100."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import pytest
from starlette.testclient import TestClient

import recsys
from recsys.backends.duckdb.connection import fetch, reading
from recsys.cli.program import program
from recsys.report.data_sections import data_summary
from recsys.report.relations import Relations
from recsys.serving.interactions import interactions
from recsys.sources.interactions import Interactions
from recsys.ui.app import application
from tests import cache
from tests.given import build_sql

ITEMS = ("a", "b", "c", "d", "e", "f")
USERS = ("ann", "bob", "eve", "joe", "sue")
SEEN = {"ann": "abd", "bob": "abcd", "eve": "cdef", "joe": "adef", "sue": "bce"}
STARS = (4, 4.5, 2, 0.5, 5, 3.5)
PLAYS = (3, 40, 1, 120, 7, 900)
C = 10  # bayes.confidence


@dataclass(frozen=True)
class World:
    """A warehouse of imported data, with the values that the file had."""

    warehouse: Any
    values: Mapping[tuple[str, str], float]

    def of_item(self, item: str) -> list[float]:
        return [value for (_, one), value in self.values.items() if one == item]

    def of_user(self, user: str) -> list[float]:
        return [value for (one, _), value in self.values.items() if one == user]

    @property
    def mean(self) -> float:
        return fmean(self.values.values())

    def rows(self, sql: str) -> list[dict[str, Any]]:
        with reading(self.warehouse) as connection:
            return fetch(connection, sql, {})

    @property
    def words(self) -> Interactions:
        with reading(self.warehouse) as connection:
            return interactions(connection)


def world(kind: str, numbers: tuple[float, ...], folder: Any, config: pytest.Config) -> World:
    """Import and build what the users rated: the value of a pair is the next one of the numbers."""
    pairs = [(user, item) for user in USERS for item in SEEN[user]]
    values = {pair: numbers[place * 5 % len(numbers)] for place, pair in enumerate(pairs)}
    ratings = folder / "ratings.csv"
    ratings.write_text(
        f"user,item,{kind}\n" + "".join(f"{user},{item},{value}\n" for (user, item), value in values.items())
    )
    items = folder / "items.csv"
    items.write_text(
        "item,title,album,artist\n" + "".join(f"{item},Item {item},one,band\n" for item in ITEMS)
    )

    def make(path: Any) -> None:
        recsys.import_ratings(ratings, folder / "data", items=items, noun="song")
        build_sql(folder / "data", path)

    made = cache.warehouse(
        config, f"scale_{kind}", f"{values} {items.read_text()}", make, folder / "w.duckdb"
    )
    return World(made, values)


@pytest.fixture(scope="module")
def stars(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> World:
    return world("rating", STARS, tmp_path_factory.mktemp("stars"), pytestconfig)


@pytest.fixture(scope="module")
def plays(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> World:
    return world("plays", PLAYS, tmp_path_factory.mktemp("plays"), pytestconfig)


@pytest.fixture(params=["stars", "plays"])
def any_world(request: pytest.FixtureRequest) -> Iterator[World]:
    return request.getfixturevalue(request.param)


def test_means_of_items_and_users_are_those_of_the_file(any_world: World) -> None:
    facts = {row["original_id"]: row for row in any_world.rows("from marts.item_facts")}
    for item in ITEMS:
        values = any_world.of_item(item)
        assert facts[item]["rating_mean"] == pytest.approx(fmean(values))
        adjusted = (sum(values) + C * any_world.mean) / (len(values) + C)
        assert facts[item]["bayes_mean"] == pytest.approx(adjusted)
    activity = any_world.rows(
        "select original_id, rating_mean from marts.user_activity join staging.users using (user_id)"
    )
    assert {row["original_id"]: row["rating_mean"] for row in activity} == {
        user: pytest.approx(fmean(any_world.of_user(user))) for user in USERS
    }
    summary = {row["measure"]: row["value"] for row in any_world.rows("from marts.data_summary")}
    assert summary["rating mean"] == pytest.approx(any_world.mean)


def test_raters_taste_and_the_distribution_have_the_values_of_the_file(any_world: World) -> None:
    raters = any_world.rows("from raters((select item_id from staging.items where original_id = 'd'))")
    assert sorted(user["value"] for row in raters for user in row["users"]) == sorted(any_world.of_item("d"))
    assert all(
        row["value_from"] <= user["value"] <= row["value_to"] for row in raters for user in row["users"]
    )
    taste = any_world.rows("from taste((select user_id from staging.users where original_id = 'ann'))")
    assert [row["rating_mean"] for row in taste] == [pytest.approx(fmean(any_world.of_user("ann")))]
    shown = {row["value"] for row in any_world.rows("from marts.rating_histogram")}
    assert shown == set(any_world.values.values())


def test_an_explanation_of_stars_adds_up_in_stars(stars: World) -> None:
    rows = stars.rows("from explain('ann', 'c', 'adaptive')")
    own = [row for row in rows if row["source"] == "sibling"]
    assert sorted(row["value"] for row in own) == sorted(stars.of_user("ann"))
    assert sum(row["contribution"] for row in rows) == pytest.approx(fmean(stars.of_user("ann")))
    [adaptive] = [row["value"] for row in rows if row["source"] == "adaptive"]
    assert adaptive == pytest.approx(fmean(stars.of_user("ann")), abs=0.5 / 100 * 4.5)  # ratings are rounded
    [track] = [row for row in rows if row["level"] == "track" and row["source"] == "prior"]
    assert track["rating_mean"] == pytest.approx(fmean(stars.of_item("c")), abs=0.5 / 100 * 4.5)


def test_an_explanation_of_plays_has_plays_and_adds_up_on_the_log_scale(plays: World) -> None:
    rows = plays.rows("from explain('ann', 'c', 'adaptive')")
    own = [row for row in rows if row["source"] == "sibling"]
    assert sorted(row["value"] for row in own) == sorted(plays.of_user("ann"))
    [adaptive] = [row["value"] for row in rows if row["source"] == "adaptive"]
    assert sum(row["contribution"] for row in rows) == pytest.approx(adaptive)
    assert 0 <= adaptive <= 100
    [track] = [row for row in rows if row["level"] == "track" and row["source"] == "prior"]
    geometric = math.expm1(fmean(math.log1p(value) for value in plays.of_item("c")))
    assert track["rating_mean"] == pytest.approx(geometric, rel=0.05)


def test_steps_of_a_model_of_ratings_begin_with_the_mean_in_stars(stars: World) -> None:
    pair = "(select user_id from staging.users where original_id = 'ann'), (select item_id from staging.items where original_id = 'c')"
    rows = [row for row in stars.rows(f"from waterfall({pair})") if row["model"] == "adaptive"]
    assert rows[0]["amount"] == pytest.approx(stars.mean, abs=0.03)
    assert rows[0]["value"] == pytest.approx(stars.mean, abs=0.03)
    assert rows[-1]["after"] == pytest.approx(fmean(stars.of_user("ann")), abs=0.03)
    album = next(row for row in rows if row["level"] == "album")
    assert album["value"] == pytest.approx(fmean(stars.of_user("ann")), abs=0.03)


def test_the_command_line_and_json_speak_of_stars(stars: World, capsys: pytest.CaptureFixture[str]) -> None:
    mean = fmean(stars.of_user("ann"))
    program.main(
        ["explain", "ann", "c", "--model", "adaptive", "--warehouse", str(stars.warehouse)],
        standalone_mode=False,
    )
    printed = capsys.readouterr().out
    assert f"adaptive score {mean:.2f}" in printed
    assert all(f"{value:.2f}" in printed for value in stars.of_user("ann"))
    client = TestClient(application(stars.warehouse), base_url="http://127.0.0.1")
    evidence = client.get("/api/explain", params={"user": "ann", "item": "c", "model": "adaptive"}).json()[
        "evidence"
    ]
    assert sum(row["contribution"] for row in evidence) == pytest.approx(mean)


def test_pages_speak_of_stars(stars: World) -> None:
    client = TestClient(application(stars.warehouse), base_url="http://127.0.0.1")
    item = client.get("/tracks/c", follow_redirects=True).text
    assert f"with mean {fmean(stars.of_item('c')):.4g}" in item
    for value in stars.of_item("c"):
        assert f'title="{value:g} of 5"' in item
    user = client.get("/users/ann").text
    assert f"Mean rating {fmean(stars.of_user('ann')):.3g} (all users: {stars.mean:.3g})" in user
    home = client.get("/").text
    for value in stars.of_item("c"):
        assert f"<span>{value:g}<small>" in home


def test_pages_speak_of_plays(plays: World) -> None:
    client = TestClient(application(plays.warehouse), base_url="http://127.0.0.1")
    item = client.get("/tracks/c", follow_redirects=True).text
    for value in plays.of_item("c"):
        assert f'title="played {value:g} time' in item
    assert "played 900 times" in client.get("/users/joe").text + client.get("/users/eve").text


def test_the_report_speaks_of_stars(stars: World) -> None:
    with reading(stars.warehouse) as connection:
        section = data_summary(Relations(connection))
    cells = dict(row[:2] for row in section.table.rows)
    likes = fmean(value >= 4 for value in stars.values.values())
    assert cells["ratings of 4 and more"] == f"{likes:.1%}"
    assert cells["rating mean"] == f"{stars.mean:.2f}"


@pytest.mark.parametrize(
    "scale",
    [
        Interactions(),
        Interactions("ratings", 0.5, 5.0, 4.0),
        Interactions("ratings", -10, 10, 6),
        Interactions("counts", top_count=900.0),
        Interactions("likes"),
    ],
    ids=lambda scale: f"{scale.feedback} {scale.scale_high:g}",
)
def test_a_position_on_the_scale_has_one_value(scale: Interactions) -> None:
    for position in (0, 12.5, 50, 100):
        value = scale.value(position)
        assert scale.position(value) == pytest.approx(position)
        if not scale.has_log_scale:
            assert scale.score(position) == pytest.approx(value)
