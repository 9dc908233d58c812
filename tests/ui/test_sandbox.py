"""The SQL box: what runs, what is refused, and that nothing runs on."""

from __future__ import annotations

import time
from pathlib import Path

import duckdb
import pytest
from starlette.testclient import TestClient

from recsys.engine.duckdb import reading
from recsys.errors import UsageError
from recsys.ui import sandbox
from recsys.ui.sandbox import Limits, QueryRefusedError, run
from recsys.ui.sandboxed import single_select

LIMITS = Limits(rows=3, seconds=20)


@pytest.mark.parametrize(
    ("sql", "first"),
    [
        ("select 1 + 1 as two", ["2"]),
        ("from staging.genres order by genre_id", ["30"]),
        ("values (null, 'a')", [None, "a"]),
        ("select model from marts.leaderboard where model = 'adaptive';", ["adaptive"]),
        ("-- a comment\nwith t as (select 7 as n) select n from t", ["7"]),
    ],
)
def test_a_select_is_answered(explored_warehouse: Path, sql: str, first: list[str | None]) -> None:
    assert run(explored_warehouse, sql, LIMITS).rows[0] == first


def test_rows_and_cells_are_cut(explored_warehouse: Path) -> None:
    answer = run(explored_warehouse, "select range as n, repeat('x', 1000) as long from range(10)", LIMITS)
    assert (len(answer.rows), answer.is_cut, answer.columns) == (3, True, ["n", "long"])
    assert all(len(row[1] or "") == LIMITS.cell + 1 for row in answer.rows)
    assert not run(explored_warehouse, "from range(3)", LIMITS).is_cut


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "-- nothing but a comment",
        "select 1; select 2",
        "select 1; drop table marts.leaderboard",
        "drop table marts.leaderboard",
        "create table x as select 1",
        "create temp table x as select 1",
        "insert into staging.genres values (1)",
        "update staging.genres set genre_id = 0",
        "delete from staging.genres",
        "attach 'x.duckdb'",
        "copy staging.genres to 'x.csv'",
        "copy (select 1) to 'x.csv'",
        "export database 'x'",
        "install httpfs",
        "load httpfs",
        "set threads = 1",
        "reset lock_configuration",
        "pragma database_list",
        "call pragma_version()",
        "checkpoint",
        "explain analyze select 1",
        "prepare x as select 1",
        "begin transaction",
        "use memory",
    ],
)
def test_all_but_one_select_is_refused(sql: str) -> None:
    with duckdb.connect() as connection, pytest.raises(UsageError, match="expected one SELECT"):
        single_select(connection, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "select 1; select 2",
        "copy staging.genres to '{folder}/x.csv'",
        "selec 1",
        "select nothing from marts.leaderboard",
    ],
)
def test_a_refusal_comes_back_as_a_reason_and_leaves_nothing(
    explored_warehouse: Path, tmp_path: Path, sql: str
) -> None:
    with pytest.raises(QueryRefusedError, match=r"expected one SELECT|syntax error|not found"):
        run(explored_warehouse, sql.format(folder=tmp_path), LIMITS)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_text('{file}')",
        "select * from read_csv('{file}')",
        "from '{file}'",
        "select * from glob('{folder}/*')",
        "select * from read_blob('{folder}/*')",
        "select * from sniff_csv('{file}')",
        "select * from query('from read_text(''{file}'')')",
        "select * from read_duckdb('{folder}/other.duckdb', table_name = 'x')",
        "select * from read_text('http://127.0.0.1:1/')",
    ],
)
def test_files_can_be_neither_read_nor_listed(explored_warehouse: Path, tmp_path: Path, sql: str) -> None:
    file = tmp_path / "secret.txt"
    file.write_text("a secret")
    with duckdb.connect(str(tmp_path / "other.duckdb")) as other:
        other.execute("create table x as select 'a secret' as y")
    with reading(explored_warehouse, guarded=True) as connection:
        statement = single_select(connection, sql.format(file=file, folder=tmp_path))
        with pytest.raises(duckdb.Error, match=r"disabled|does not exist|not found"):
            connection.execute(statement).fetchall()


def test_a_file_cannot_be_read_through_the_sandbox_either(explored_warehouse: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("a secret")
    with pytest.raises(QueryRefusedError, match="disabled"):
        run(explored_warehouse, f"select * from read_text('{tmp_path}/secret.txt')", LIMITS)


def test_a_query_is_stopped_at_its_time_limit(explored_warehouse: Path) -> None:
    """This one runs on for a minute after DuckDB's own interrupt."""
    sql = "select max(text) from (select repeat('x', 1000000) || range as text from range(100000))"
    begun = time.monotonic()
    with pytest.raises(QueryRefusedError, match="may take 2 seconds"):
        run(explored_warehouse, sql, Limits(seconds=2))
    assert time.monotonic() - begun < 15


@pytest.mark.parametrize(
    "sql", ["select list_sum(range(2000000000))", "select sum(length(repeat('x', 2000000000))) from range(4)"]
)
def test_a_query_is_stopped_at_its_memory_limit(explored_warehouse: Path, sql: str) -> None:
    with pytest.raises(QueryRefusedError, match=r"[Mm]emory"):
        run(explored_warehouse, sql, Limits(seconds=60, memory=2 << 30))


def test_the_page_runs_a_query_and_shows_a_refusal(client: TestClient) -> None:
    answer = client.post("/sql", data={"query": "select '<b>' as tag, null as nothing"})
    assert answer.status_code == 200
    assert "<td>&lt;b&gt;</td>" in answer.text and "NULL" in answer.text
    refused = client.post("/sql", data={"query": "drop table x"})
    assert (refused.status_code, sandbox.Limits().rows) == (400, 200)
    assert "expected one SELECT" in refused.text
    assert client.post("/sql", content=b"\xff&query").status_code == 400
