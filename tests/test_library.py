"""The library: relations that stream, closing, two warehouses at a time, and errors in the CLI's words."""

from __future__ import annotations

import importlib
import logging
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import recsys
from tests.given import build_sql, write_directory


@pytest.fixture
def warehouse(small_warehouse):
    with recsys.open(small_warehouse) as opened:
        yield opened


def rows(relation: duckdb.DuckDBPyRelation) -> list[tuple]:
    return relation.fetchall()


def test_every_public_name_is_there_and_is_all_that_is_shown():
    assert set(dir(recsys)) == {*recsys.__all__}
    assert all(getattr(recsys, name).__doc__ for name in recsys.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        recsys.nothing  # noqa: B018


def test_the_package_says_that_it_is_typed():
    assert importlib.resources.files("recsys").joinpath("py.typed").is_file()


def test_the_import_alone_loads_no_engine():
    """The command line answers fast, and listens to signals before it loads what takes long."""
    code = "import sys, recsys; sys.exit('duckdb' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_leaderboard_is_a_relation_best_first(warehouse):
    board = warehouse.leaderboard()
    assert isinstance(board, duckdb.DuckDBPyRelation)
    accuracies = [accuracy for (accuracy,) in rows(board.select("accuracy"))]
    assert accuracies == sorted(accuracies, reverse=True)
    assert board.to_arrow_table().num_rows == len(accuracies) == len(set(rows(board.select("model"))))


def test_the_leaderboard_of_lists_names_the_model_that_makes_them(warehouse):
    board = warehouse.list_leaderboard()
    models = dict(rows(board.select("model, is_chosen")))
    assert "popularity" in models and sum(models.values()) == 1


def test_predictions_are_those_of_the_model(warehouse):
    found = rows(warehouse.predictions("adaptive").select("model, user_id, rank"))
    assert found == [("adaptive", 100, rank) for rank in (1, 2, 3, 4)] + [
        ("adaptive", 101, rank) for rank in (1, 2)
    ]


def test_an_explanation_adds_up_to_the_score(warehouse):
    total = sum(row["contribution"] or 0 for row in warehouse.explain(100, 1, model="adaptive").to_dicts())
    score = warehouse.sql("select score from scores.adaptive where user_id = 100 and track_id = 1")
    assert total == pytest.approx(rows(score)[0][0])


COLUMNS = ["user", "rank", "item", "name", "score", "reason"]


def test_recommendations_are_by_user_and_rank_and_unrated(warehouse):
    both = rows(warehouse.recommend([101, 100], k=2))
    assert [(row[0], row[1]) for row in both] == [("100", 1), ("100", 2), ("101", 1), ("101", 2)]
    assert rows(warehouse.recommend(100, k=2)) == both[:2]
    assert rows(warehouse.recommend(k=2)) == both
    rated = set(rows(warehouse.sql("select user_id::varchar, item_id::varchar from staging.ratings")))
    assert not rated & {(row[0], row[2]) for row in rows(warehouse.recommend(k=9))}
    assert rated & {(row[0], row[2]) for row in rows(warehouse.recommend(k=9, include_rated=True))}


def test_lists_can_be_read_again_joined_and_written(warehouse, tmp_path):
    """Each reading begins the stream anew, over an engine of its own."""
    lists = warehouse.recommend(k=3)
    assert lists.columns == COLUMNS
    count = len(rows(lists))
    assert count == len(rows(lists))
    lists.write_parquet(str(tmp_path / "top.parquet"))
    assert pq.read_table(tmp_path / "top.parquet").num_rows == count
    others = warehouse.recommend(k=3, model="popularity")
    joined = lists.join(others, '"user", item', how="outer")
    assert len(rows(joined)) >= count


@pytest.fixture
def own(small_warehouse, tmp_path):
    """A warehouse of one's own, up to date with the small data."""
    return Path(shutil.copy(small_warehouse, tmp_path / "w.duckdb"))


def test_lists_are_of_the_build_that_was_opened(own, small_warehouse):
    with recsys.open(own) as first:
        lists, other = first.recommend(100, model="popularity"), first.recommend(100, where="item_id > 0")
        expected, of_condition = lists.fetchall(), other.fetchall()
        assert expected and of_condition
        anew = own.with_name("anew.duckdb")
        shutil.copy(small_warehouse, anew)
        with duckdb.connect(str(anew)) as connection:
            connection.execute("delete from marts.recommendations")
            connection.execute("update marts.build set build_id = 'another'")
        anew.replace(own)
        assert lists.fetchall() == expected == first.recommend(100, model="popularity").fetchall()
        assert other.fetchall() == of_condition
        with pytest.raises(recsys.UsageError, match="rebuilt since it was opened; open it again"):
            first.recommend(100, where="true")  # another process runs a condition, and finds the new file


@pytest.mark.parametrize(
    "condition",
    ["nosuch > 3", "true) or (from read_csv('/etc/passwd')", "", "exists (from read_text('/etc/passwd'))"],
)
def test_a_wrong_condition_is_a_usage_error(warehouse, condition):
    for lists in (
        lambda: warehouse.recommend(100, where=condition),
        lambda: warehouse.recommend_for({}, where=condition),
    ):
        with pytest.raises(recsys.UsageError, match="--where") as caught:
            lists()
        assert "\n" not in str(caught.value)


def test_a_visitor_with_the_ratings_of_a_user_gets_the_users_list(warehouse):
    query = "select item_id, rating from staging.ratings where user_id = 100 order by seq"
    visitor = warehouse.recommend_for(dict(rows(warehouse.sql(query))), k=3)
    assert visitor.columns == COLUMNS[1:]
    assert rows(visitor) == [row[1:] for row in rows(warehouse.recommend(100, k=3))]


def test_similar_items_are_those_of_the_macro(warehouse):
    found = warehouse.similar(10, k=2)
    assert found.columns == ["rank", "item", "name", "score", "source"]
    macro = warehouse.sql("select rank, track_id::varchar, null, score, source from similar(10, 2)")
    assert rows(found) == rows(macro)


def test_sql_takes_parameters_and_the_callers_frames(warehouse):
    by_place = warehouse.sql("select count(*) from staging.ratings where rating >= $1", [80])
    by_name = warehouse.sql("select count(*) from staging.ratings where rating >= $least", {"least": 80})
    assert rows(by_place) == rows(by_name) == [(3,)]
    mine = pa.table({"user_id": [101]})
    assert mine.num_rows == 1
    assert rows(warehouse.sql("select count(*) from staging.ratings join mine using (user_id)")) == [(2,)]


@pytest.mark.parametrize(
    "query", ["create table x as select 1", "drop table staging.ratings", "select 1; select 2", ""]
)
def test_sql_is_one_select(warehouse, query):
    with pytest.raises(recsys.UsageError, match="run one SELECT"):
        warehouse.sql(query)


def test_a_wrong_query_is_told_of_by_the_engine(warehouse):
    with pytest.raises(recsys.Error, match="nowhere"):
        warehouse.sql("from nowhere")


def test_ids_and_models_that_the_data_do_not_know(warehouse):
    for ask in (lambda: warehouse.recommend(999), lambda: warehouse.explain(999, 1)):
        with pytest.raises(recsys.UnknownIdError, match="no user 999"):
            ask()
    with pytest.raises(recsys.UnknownIdError, match="no item 888"):
        warehouse.explain(100, 888)
    with pytest.raises(recsys.UnknownIdError, match="no track 10 "):
        warehouse.explain(100, 10)
    assert rows(warehouse.explain(101, 99))
    with pytest.raises(recsys.UsageError, match="nope: no such model; choose from .*adaptive, "):
        warehouse.predictions("nope")
    for ask in (lambda: warehouse.similar(777), lambda: warehouse.recommend_for({777: 50})):
        with pytest.raises(recsys.UnknownIdError, match="no item 777"):
            ask()
    with pytest.raises(recsys.UsageError, match="ensemble: no such list model; choose from "):
        warehouse.recommend(model="ensemble")
    with pytest.raises(recsys.UsageError, match="value 101 of item 10: give a rating from 0 to 100"):
        warehouse.recommend_for({10: 101})
    for ask in (lambda: warehouse.recommend(100, k=0), lambda: warehouse.similar(10, k=0)):
        with pytest.raises(recsys.UsageError, match="k = 0"):
            ask()


def test_each_thread_has_a_cursor(small_warehouse):
    with recsys.open(small_warehouse) as warehouse:
        expected = rows(warehouse.sql("select sum(x.range * y.range) from range(300) x, range(1000) y"))

        def ask(number):
            with warehouse.cursor() as mine:
                found = rows(mine.sql("select sum(x.range * y.range) from range(300) x, range(1000) y"))
                lists = rows(mine.recommend(100, 2))
                return mine.build_id, found, lists, rows(mine.leaderboard())

        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(ask, range(24)))
        assert [found for _, found, _, _ in answers] == [expected] * 24
        assert {build for build, *_ in answers} == {warehouse.build_id}
        assert [lists for _, _, lists, _ in answers] == [rows(warehouse.recommend(100, 2))] * 24


def test_a_cursor_is_closed_by_itself_and_ends_with_its_warehouse(small_warehouse):
    warehouse = recsys.open(small_warehouse)
    with warehouse.cursor() as closed:
        assert rows(closed.sql("select 1")) == [(1,)]
    with pytest.raises(recsys.UsageError, match="closed"):
        closed.cursor()
    other = warehouse.cursor()
    assert rows(warehouse.sql("select 2")) == [(2,)]
    warehouse.close()
    with pytest.raises(recsys.Error, match="closed"):
        other.sql("select 1")


def test_a_closed_warehouse_says_so(small_warehouse):
    with recsys.open(str(small_warehouse)) as warehouse:
        relation = warehouse.leaderboard()
    with pytest.raises(recsys.UsageError, match="closed"):
        warehouse.leaderboard()
    with pytest.raises(duckdb.Error):
        relation.fetchall()
    warehouse.close()


def test_no_warehouse_and_something_else(tmp_path):
    with pytest.raises(recsys.UsageError, match="no warehouse at"):
        recsys.open(tmp_path / "nothing.duckdb")
    (tmp_path / "text").write_text("hello" * 9999)
    with pytest.raises(recsys.UsageError, match="not a readable warehouse"):
        recsys.open(tmp_path / "text")


@pytest.mark.slow
def test_a_build_returns_its_warehouse_open(small_data, tmp_path, caplog):
    with caplog.at_level(logging.INFO, logger="recsys"):
        built = recsys.build(small_data, tmp_path / "w.duckdb", sql_only=True, threads=1, memory="1GB")
    with built:
        assert "scores.adaptive" in {row[0] for row in rows(built.sql("select name from marts.build"))}
    assert any("scores.adaptive: 6 rows" in message for message in caplog.messages)


@pytest.mark.slow
def test_two_builds_of_one_file_are_open_at_a_time(small_data, own):
    """Each shows the build that it was opened on, as it does for readers in other processes."""
    query = "select value from marts.build where name = 'bayes.confidence'"
    with recsys.build(small_data, own, sql_only=True) as first:
        with recsys.build(small_data, own, sql_only=True, parameters={"bayes.confidence": 25}) as second:
            assert rows(first.sql(query)) == [("10.0",)]
            assert rows(second.sql(query)) == [("25.0",)]


@pytest.mark.slow
def test_two_warehouses_are_open_at_a_time(small_warehouse, tmp_path):
    other = write_directory(
        tmp_path / "data", {"trackData2.txt": "7|None|None\n", "trainItem2.txt": "5|1\n7\t50\n"}
    )
    build_sql(other, tmp_path / "other.duckdb")
    count = "select count(*) from staging.ratings"
    with recsys.open(small_warehouse) as one, recsys.open(tmp_path / "other.duckdb") as two:
        assert rows(one.sql(count)) == [(6,)]
        assert rows(two.sql(count)) == [(1,)]


def test_bad_input_and_bad_arguments_leave_the_warehouse_alone(small_data, own, tmp_path):
    before = own.read_bytes()
    bad = Path(shutil.copytree(small_data, tmp_path / "bad"))
    (bad / "trainItem2.txt").write_text("100|1\n10\tninety\n")
    with pytest.raises(recsys.InputError, match=r"trainItem2.txt:2: '10\\tninety'"):
        recsys.build(bad, own, sql_only=True)
    with pytest.raises(recsys.UsageError, match=r"bayes.confidence"):
        recsys.build(small_data, own, parameters={"bayes.confidence": "much"})
    with pytest.raises(recsys.UsageError, match="bayes.weight"):
        recsys.build(small_data, own, parameters={"bayes.weight": 1})
    with pytest.raises(recsys.UsageError, match="memory"):
        recsys.build(small_data, own, memory="lots")
    assert own.read_bytes() == before
    assert issubclass(recsys.InputError, recsys.Error)
