"""Lists: the stored ones, computed ones that agree with them, filters, visitors."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from starlette.testclient import TestClient

import recsys
from recsys.backends.duckdb.connection import reading
from recsys.errors import UnknownIdError, UsageError
from recsys.serving.filters import ItemFilter
from recsys.serving.recommender import Recommender, RecommendRequest
from recsys.ui.app import application
from tests.commands import recsys as command
from tests.given import build_sql, write_directory
from tests.serving.worlds import TRACKS, USERS, files

ASKED = (3, 7, 19)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lists")
    build_sql(write_directory(folder / "data", files()), folder / "w.duckdb")
    return folder / "w.duckdb"


@pytest.fixture(scope="module")
def connection(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with reading(warehouse) as connection:
        yield connection


@pytest.fixture
def recommender(connection: duckdb.DuckDBPyConnection, warehouse: Path) -> Recommender:
    return Recommender(connection, warehouse)


def lists(
    recommender: Recommender, request: RecommendRequest, users: object = None, size: int = 2000
) -> pa.Table:
    return pa.concat_tables(recommender.blocks(request, users, size=size))  # type: ignore[arg-type]


def rows(table: pa.Table) -> list[tuple]:
    columns = ["user", "rank", "item", "score", "reason"]
    return [tuple(row.values()) for row in table.select(columns).to_pylist()]


def test_computed_lists_equal_the_stored_ones(recommender: Recommender) -> None:
    stored = lists(recommender, RecommendRequest(5))
    every = ItemFilter(only=[*TRACKS])  # allows everything, so that the list is computed
    for size in (1, 7, 2000):
        computed = lists(recommender, RecommendRequest(5, items=every), size=size)
        assert rows(computed) == rows(stored)


def test_a_list_has_nothing_that_the_user_rated_unless_that_is_asked_for(
    recommender: Recommender, connection: duckdb.DuckDBPyConnection
) -> None:
    rated = set(connection.sql("select user_id, item_id from staging.ratings").fetchall())
    found = lists(recommender, RecommendRequest(50))
    assert not rated & set(zip(found["user_id"].to_pylist(), found["item_id"].to_pylist(), strict=True))
    everything = lists(recommender, RecommendRequest(len(TRACKS), includes_rated=True), [3])
    assert sorted(everything["item_id"].to_pylist()) == [*TRACKS]


def test_a_longer_list_than_is_left_is_what_is_left(
    recommender: Recommender, connection: duckdb.DuckDBPyConnection
) -> None:
    count = "select count(*) from staging.ratings where user_id = 3 and item_id <= 60"
    rated = connection.sql(count).fetchall()[0][0]
    assert lists(recommender, RecommendRequest(5000), [3]).num_rows == len(TRACKS) - rated


def test_a_filter_that_keeps_three_items_returns_three(recommender: Recommender) -> None:
    unrated = lists(recommender, RecommendRequest(50), [7])["item_id"].to_pylist()[-3:]
    found = lists(recommender, RecommendRequest(10, items=ItemFilter(only=unrated)), [7])
    assert sorted(found["item_id"].to_pylist()) == sorted(unrated)
    chosen = ItemFilter(where="album = '104' or list_contains(genres, '302')")
    for row in lists(recommender, RecommendRequest(50, items=chosen), [7]).to_pylist():
        assert row["item_id"] % 3 == 2 or (row["item_id"] - 1) // 4 == 4
    first = lists(recommender, RecommendRequest(1), [7])["item_id"].to_pylist()
    without = lists(recommender, RecommendRequest(1, items=ItemFilter(excluding=first)), [7])
    assert (
        without["item_id"].to_pylist()
        == lists(recommender, RecommendRequest(2), [7])["item_id"].to_pylist()[1:]
    )


@pytest.mark.parametrize("user", ASKED)
def test_five_ways_to_ask_give_the_same_list(warehouse: Path, user: int) -> None:
    with recsys.open(warehouse) as opened:
        python = [tuple(row.values()) for row in opened.recommend(user, k=5).to_dicts()]
        columns = "rank, item, name, score, reason"
        macro = opened.sql(f"select '{user}', {columns} from recommend({user}, 5)").fetchall()
    printed = command("recommend", user, "-k", "5", "--json", "--warehouse", warehouse)
    cli = [tuple(row.values()) for row in json.loads(printed.stdout)]
    client = TestClient(application(warehouse), base_url="http://127.0.0.1:8350")
    answer = client.get(f"/api/recommend?user={user}&k=5").json()["recommendations"]
    assert python == macro == cli == [tuple(row.values()) for row in answer]
    page = client.get(f"/users/{user}/lists?part=1").text
    places = [page.index(f'data-track="{row[2]}"') for row in python]
    assert places == sorted(places)
    assert all(row[-1] is None or row[-1] in page for row in python)


def test_a_visitor_with_a_users_history_gets_the_users_list(
    recommender: Recommender, connection: duckdb.DuckDBPyConnection
) -> None:
    for model in recommender.models:
        values = dict(
            connection.execute(
                "select item_id, value from staging.ratings where user_id = 7 order by seq"
            ).fetchall()
        )
        request = RecommendRequest(5, model)
        visitor, user = recommender.for_values(request, values), lists(recommender, request, [7])
        assert visitor["item_id"].to_pylist() == user["item_id"].to_pylist()
        assert visitor["score"].to_pylist() == pytest.approx(user["score"].to_pylist(), abs=1e-6)


def test_a_new_user_gets_what_most_like(
    recommender: Recommender, connection: duckdb.DuckDBPyConnection
) -> None:
    found = recommender.for_values(RecommendRequest(5), {})
    likes = "select item_id, like_count from lists.items order by like_count desc, item_id limit 5"
    listed = zip(found["item_id"].to_pylist(), found["score"].to_pylist(), strict=True)
    assert [*listed] == connection.sql(likes).fetchall()
    assert set(found["model"].to_pylist()) == {"popularity"}
    other = recommender.for_values(RecommendRequest(5, "item_knn"), {})
    assert set(other["model"].to_pylist()) == {"item_knn"}


def test_where_there_are_times_a_new_user_gets_what_is_liked_lately(films: Callable[[str], Path]) -> None:
    with reading(films("stars")) as opened:
        recommender = Recommender(opened, films("stars"))
        (batch,) = recommender.batch(RecommendRequest(5), ["stranger"])
        visitor = recommender.for_values(RecommendRequest(5), {})
        best = """
            select item_id, trending.score from lists.trending as trending join lists.items using (item_id)
            order by trending.score desc, like_count desc, item_id limit 5
        """
        expected = opened.sql(best).fetchall()
    for found in (batch, visitor):
        assert found["item_id"].to_pylist() == [item for item, _ in expected]
        assert found["score"].to_pylist() == pytest.approx([score for _, score in expected], rel=1e-6)
        assert set(found["model"].to_pylist()) == {"trending"}


def test_diverse_lists_begin_alike_and_differ_later(recommender: Recommender) -> None:
    plain = lists(recommender, RecommendRequest(5), [3])["item_id"].to_pylist()
    mixed = lists(recommender, RecommendRequest(5, diversity=0.9), [3])["item_id"].to_pylist()
    assert mixed[0] == plain[0]
    assert mixed != plain
    assert len(set(mixed)) == 5


def test_unknown_models_and_users_are_refused_with_the_nearest(recommender: Recommender) -> None:
    with pytest.raises(UsageError, match="popularty: no such list model; did you mean popularity"):
        recommender.model(RecommendRequest(model="popularty"))
    with pytest.raises(UnknownIdError, match="no user 999 in the data"):
        lists(recommender, RecommendRequest(), [999])


def test_every_model_makes_lists_for_everybody(recommender: Recommender) -> None:
    for model in recommender.models:
        found = lists(recommender, RecommendRequest(3, model))
        assert found.num_rows == 3 * len(USERS)
        assert set(found["model"].to_pylist()) == {model}
