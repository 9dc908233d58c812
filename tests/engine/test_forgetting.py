"""Users and items that are forgotten leave no row, no id and no name, and the next build is as one without them."""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

import recsys
from recsys.errors import UnknownIdError, UsageError
from recsys.sources import parquet
from tests import shop
from tests.given import build_sql
from tests.shop import HEADER, ITEM, NAME, OTHER, USER

TEXTS = (USER, ITEM, NAME, "qzxj-7", "wvkq-3")
ID_COLUMNS = ("user_id", "item_id", "track_id", "item_i", "item_j", "reason_item_id", "album_id", "group_id")


@pytest.fixture(scope="module")
def imported(tmp_path_factory) -> Path:
    return shop.imported(tmp_path_factory.mktemp("imported"))


@pytest.fixture(scope="module")
def built(imported, tmp_path_factory, pytestconfig) -> Path:
    return shop.built(pytestconfig, imported, tmp_path_factory.mktemp("built") / "w.duckdb")


@pytest.fixture
def data(imported, tmp_path) -> Path:
    return Path(shutil.copytree(imported, tmp_path / "data"))


@pytest.fixture
def warehouse(built, tmp_path) -> Path:
    return Path(shutil.copy(built, tmp_path / "w.duckdb"))


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(".lock")
    }


def found_in(folder: Path, texts: tuple[str, ...] = TEXTS) -> list[tuple[str, str]]:
    """The files that have a text, as bytes or in a column."""
    found = [
        (name, text)
        for name, content in contents(folder).items()
        for text in texts
        if text.encode() in content
    ]
    for path in folder.rglob("*.parquet"):
        texts_of_file = str(pq.read_table(path).to_pydict())
        found += [(path.name, text) for text in texts if f"'{text}'" in texts_of_file]
    return found


def tables(warehouse: Path) -> dict[str, list[str]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return dict(
            connection.sql(
                "select schema_name || '.' || table_name, list(column_name) from duckdb_columns() "
                "where not internal group by 1"
            ).fetchall()
        )


def rows(warehouse: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.sql(query).fetchall()


def of_each(warehouse: Path, queries: dict[str, str]) -> dict[str, int]:
    """The number that each query gives."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return {name: connection.sql(query).fetchall()[0][0] for name, query in queries.items()}


def digests(warehouse: Path) -> dict[str, str]:
    return dict(rows(warehouse, "select name, digest from marts.build where kind in ('table', 'view')"))


def number(warehouse: Path, kind: str, text: str) -> int:
    return rows(warehouse, f"select {kind}_id from staging.{kind}s where original_id = '{text}'")[0][0]


def test_no_byte_of_an_id_or_name_is_left(data, warehouse):
    assert {name for name, _ in found_in(data.parent)} >= {"users.parquet", "items.parquet", "w.duckdb"}
    recsys.forget(USER, ITEM, data=data, warehouse=warehouse)
    assert found_in(data.parent) == []
    anywhere = " or ".join(f"contains(content::varchar, '{text}')" for text in TEXTS)
    queries = {name: f"select count(*) from {name} as content where {anywhere}" for name in tables(warehouse)}
    assert of_each(warehouse, queries) == dict.fromkeys(queries, 0)


def test_no_relation_has_a_row_of_them_and_the_ids_of_others_stay(data, warehouse):
    user, item = number(warehouse, "user", USER), number(warehouse, "item", ITEM)
    before = rows(warehouse, f"from staging.users where user_id <> {user} order by all")
    recsys.forget([USER], [ITEM], data=data, warehouse=warehouse)
    queries = {}
    for relation, columns in tables(warehouse).items():
        ids = {column: user if column == "user_id" else item for column in columns if column in ID_COLUMNS}
        conditions = [f"{column} = {number}" for column, number in ids.items()]
        if conditions:
            queries[relation] = f"select count(*) from {relation} where {' or '.join(conditions)}"
    assert of_each(warehouse, queries) == dict.fromkeys(queries, 0)
    assert rows(warehouse, "from staging.users order by all") == before


def test_lists_close_the_gap_of_an_item(data, warehouse):
    item = number(warehouse, "item", ITEM)
    assert rows(warehouse, f"select 1 from marts.recommendations where item_id = {item}")
    recsys.forget(items=[ITEM], data=data, warehouse=warehouse)
    query = "select max(rank) = count(*), min(rank) from marts.recommendations group by user_id"
    assert set(rows(warehouse, query)) == {(True, 1)}


def test_data_keep_the_order_of_rows_and_an_even_number_of_test_items(data):
    before = pq.read_table(data / "ratings.parquet").to_pylist()
    ids = {row["original_id"]: row["user_id"] for row in pq.read_table(data / "users.parquet").to_pylist()}
    items = {row["original_id"]: row["item_id"] for row in pq.read_table(data / "items.parquet").to_pylist()}
    recsys.forget([USER, OTHER], [ITEM], data=data)
    gone = {ids[USER], ids[OTHER]}
    kept = [row for row in before if row["user_id"] not in gone and row["item_id"] != items[ITEM]]
    files = {name: data / parquet.file_of(parquet.metadata(data), name) for name in parquet.COLUMNS}
    assert pq.read_table(files["ratings"]).to_pylist() == kept
    of_users: dict[int, list[int]] = {}
    for row in pq.read_table(files["candidates"]).to_pylist():
        of_users.setdefault(row["user_id"], []).append(row["track_id"])
    assert of_users and all(len(tracks) % 2 == 0 for tracks in of_users.values())
    counts = parquet.metadata(data)["counts"]
    assert counts["ratings"] == len(kept)
    assert (counts["users"], counts["tracks"], counts["test_users"]) == (22, 19, len(of_users))


def test_the_next_build_is_as_one_from_the_data_that_are_left(data, warehouse, tmp_path):
    recsys.forget([USER, OTHER], [ITEM], data=data, warehouse=warehouse)
    build_sql(data, warehouse, tune=True)
    build_sql(data, tmp_path / "anew.duckdb")
    assert digests(warehouse) == digests(tmp_path / "anew.duckdb")
    assert found_in(tmp_path) == []


def test_data_that_come_back_are_built_again(imported, built, data, warehouse):
    """The files are those of the last build, but the warehouse no longer has all of their rows."""
    recsys.forget(USER, data=data, warehouse=warehouse)
    assert digests(warehouse) != digests(built)
    build_sql(imported, warehouse)
    assert digests(warehouse) == digests(built)


def test_forgetting_again_with_the_warehouse_completes_what_a_crash_left(data, warehouse):
    recsys.forget(USER, data=data)
    recsys.forget(USER, data=data, warehouse=warehouse)
    assert found_in(data.parent, (USER,)) == []
    with pytest.raises(UnknownIdError):
        recsys.forget(USER, data=data, warehouse=warehouse)


def test_an_append_removes_what_a_warehouse_still_has_of_forgotten_users(data, warehouse):
    """A new user may have the integer id of a forgotten one, and gets no rows of that one."""
    (last, text) = rows(warehouse, "select user_id, original_id from staging.users order by 1 desc limit 1")[
        0
    ]
    recsys.forget([text], [ITEM], data=data)
    new = pd.DataFrame([("new-1", "novel-wvkq-5", 4, 1_700_000_000)], columns=HEADER.split(","))
    recsys.append(new, data=data, warehouse=warehouse)
    assert rows(warehouse, f"select original_id from staging.users where user_id = {last}") == [("new-1",)]
    found = f"select value from staging.ratings where user_id = {last}"
    assert rows(warehouse, found) == [(4.0,)]
    assert rows(warehouse, "select count(*) from recommend('new-1', 3)") == [(3,)]
    assert found_in(data.parent, (text, ITEM, NAME)) == []
    build_sql(data, data.parent / "anew.duckdb", selected=["staging.ratings"])
    compared = "select user_id, item_id, value from staging.ratings order by all"
    assert rows(warehouse, compared) == rows(data.parent / "anew.duckdb", compared)


def test_unknown_ids_are_refused_with_the_nearest_ones_and_nothing_changes(data, warehouse):
    before = contents(data.parent)
    with pytest.raises(
        UnknownIdError, match="no user 'visitor-qzxj-70' in .*; did you mean '.*'visitor-qzxj-7' or"
    ):
        recsys.forget([USER, "visitor-qzxj-70"], data=data, warehouse=warehouse)
    with pytest.raises(UnknownIdError, match="no item 'novel-wvkq-33' in .*; did you mean .*'novel-wvkq-3'"):
        recsys.forget(items="novel-wvkq-33", data=data, warehouse=warehouse)
    assert contents(data.parent) == before


def test_what_cannot_be_forgotten_is_refused_and_nothing_changes(data, warehouse, small_data, tmp_path):
    before = contents(data.parent)
    with pytest.raises(UsageError, match="give users to forget, or items"):
        recsys.forget(data=data)
    with pytest.raises(UsageError, match="no data that recsys import wrote"):
        recsys.forget("100", data=small_data)
    with pytest.raises(UsageError, match="no warehouse at"):
        recsys.forget(USER, data=data, warehouse=tmp_path / "none.duckdb")
    everyone = [row["original_id"] for row in pq.read_table(data / "users.parquet").to_pylist()]
    with pytest.raises(UsageError, match="no rating would be left"):
        recsys.forget(everyone, data=data, warehouse=warehouse)
    assert contents(data.parent) == before


def test_submissions_are_refused_where_test_items_go(data):
    (data / "submissions").mkdir()
    with pytest.raises(UsageError, match="submissions: has a line for each test item"):
        recsys.forget(USER, data=data)


def test_a_build_that_reads_the_data_keeps_them(data):
    reader = os.open(data, os.O_RDONLY)
    fcntl.flock(reader, fcntl.LOCK_SH)
    with pytest.raises(UsageError, match="a build reads these data; try again when it has ended"):
        recsys.forget(USER, data=data)
    os.close(reader)
    recsys.forget(USER, data=data)


def test_a_warehouse_of_a_cluster_is_refused_with_the_build_that_does_it(data, warehouse):
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update marts.build set value = 'spark' where name = 'engine'")
    with pytest.raises(
        UsageError, match="which a cluster wrote; forget without --warehouse, then rebuild it"
    ):
        recsys.forget(USER, data=data, warehouse=warehouse)


def test_an_album_is_forgotten_and_its_items_stay(data, warehouse):
    album = rows(warehouse, "select album_id from staging.albums order by 1")[0][0]
    text = rows(warehouse, f"select original_id from staging.items where item_id = {album}")[0][0]
    tracks = rows(warehouse, "select count(*) from staging.tracks")
    recsys.forget(items=text, data=data, warehouse=warehouse)
    assert rows(warehouse, "select count(*) from staging.tracks") == tracks
    assert rows(warehouse, f"select count(*) from staging.tracks where album_id = {album}") == [(0,)]
    assert found_in(data, (text,)) == []
    build_sql(data, warehouse)
    assert rows(warehouse, "select count(*) from staging.tracks") == tracks


def test_a_removal_can_build_at_once(data, warehouse):
    recsys.forget(OTHER, data=data, warehouse=warehouse, rebuild=True)
    assert found_in(data.parent, (OTHER,)) == []
    assert rows(warehouse, "select count(*) from staging.users") == [(23,)]
    reporter = build_sql(data, warehouse)
    assert reporter.finished_models == {}
    with pytest.raises(UsageError, match="give the warehouse to build"):
        recsys.forget(USER, data=data, rebuild=True)
