"""One meaning: every interface gives the same lists and the same parts of a score."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

import recsys
from tests.backends.spark.stored import stored
from tests.given import build_sql
from tests.serving.imported import Answers, in_common, judged, users_of

KINDS = ("stars", "counts", "likes")


@pytest.fixture(params=[f"{kind} {place}" for kind in KINDS for place in ("file", "store")])
def answers(
    request: pytest.FixtureRequest,
    films: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Answers:
    """The answers from a file, and from a file as a cluster leaves it, whose relations are in a store."""
    kind, place = request.param.split()
    warehouse = films(kind)
    return Answers(
        warehouse if place == "file" else stored(warehouse, tmp_path / f"{kind}.duckdb"), monkeypatch, capsys
    )


def test_every_interface_gives_the_same_list_to_random_users(answers: Answers) -> None:
    for user in users_of(answers.warehouse, 2, seed=3):
        found = {name: in_common(rows) for name, rows in answers.recommend(user, 8).items()}
        assert len(found["SQL"]) == 8
        for name, rows in found.items():
            assert rows == found["SQL"], (user, name)


def test_visitors_get_a_list(answers: Answers) -> None:
    """A visitor without an interaction, and one with a single interaction, get a list."""
    with recsys.open(answers.warehouse) as warehouse:
        for values in ({}, {"f3": 1}):
            rows = warehouse.recommend_for(values, k=5).to_arrow_table().to_pylist()
            assert [row["rank"] for row in rows] == [1, 2, 3, 4, 5]
            assert not {row["item"] for row in rows} & values.keys()


def test_every_interface_has_the_leaderboard_of_lists_with_seconds(answers: Answers) -> None:
    """The seconds of a model are those of its relation, and of the search where it has hyperparameters."""
    with duckdb.connect(str(answers.warehouse), read_only=True) as connection:
        taken = dict(connection.execute("select name, seconds from marts.build").fetchall())
        searched = "select max(seconds) from marts.build where name in ('lists.settings', 'lists.trials')"
        ((least,),) = connection.execute(searched).fetchall()
    found = {name: judged(rows) for name, rows in answers.leaderboard().items()}
    seconds = {model: value for model, _, value in found["Python"]}
    assert seconds["popularity"] == taken["lists.popularity"] > 0
    assert seconds["item_knn"] >= taken["lists.item_knn"] + least > 0
    for name, rows in found.items():
        assert rows == found["Python"], name


def test_a_build_without_news_keeps_seconds_and_comments(tmp_path: Path, small_data: Path) -> None:
    warehouse = tmp_path / "w.duckdb"
    seen = []
    for changed in ((), ("lists.length=7",)):  # other lists, the same models
        build_sql(small_data, warehouse, overrides=changed)
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            seconds = connection.execute("select model, seconds from marts.list_leaderboard").fetchall()
            told = "select comment from duckdb_tables() where table_name = 'list_leaderboard'"
            seen.append((seconds, connection.execute(told).fetchall()))
    assert seen[0] == seen[1]
    assert all(value > 0 for _, value in seen[0][0]) and seen[0][1][0][0].startswith("One row")
