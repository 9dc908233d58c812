"""The SQL box: what runs, what is refused, and that nothing runs on."""

from __future__ import annotations

import io
import re
import shutil
import time
from pathlib import Path

import duckdb
import pytest
from pyarrow import parquet
from starlette.testclient import TestClient

from recsys.backends.duckdb.connection import reading
from recsys.errors import UsageError
from recsys.serving import sandbox
from recsys.serving.sandbox import Answer, Limits, Order, QueryRefusedError, Sandbox, download, run
from recsys.serving.sandbox_process import single_select
from recsys.ui.column_summaries import column_summaries
from recsys.ui.query_plot import plot_of
from recsys.ui.schema import header_of

LIMITS = Limits(rows=3, seconds=60)


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
    with duckdb.connect() as connection, pytest.raises(UsageError, match="run one SELECT"):
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
    with pytest.raises(QueryRefusedError, match=r"run one SELECT|syntax error|not found"):
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


def test_columns_of_numbers_are_known(explored_warehouse: Path) -> None:
    sql = "select 1 as i, 1.5::double as d, 2.5::decimal(4, 1) as e, 'x' as t, [1] as l, interval 1 day as v"
    assert run(explored_warehouse, sql, LIMITS).kinds == ["number"] * 3 + ["other"] * 3


def test_a_result_is_sorted_as_a_whole_before_it_is_cut(explored_warehouse: Path) -> None:
    box = Sandbox(explored_warehouse, LIMITS)
    sql = "select range as n, 'x' as t from range(10) -- all of them"
    assert [row[0] for row in box.run(sql, Order(1, is_descending=True)).rows] == ["9", "8", "7"]
    assert [row[0] for row in box.run(sql, Order(1)).rows] == ["0", "1", "2"]
    with pytest.raises(QueryRefusedError, match="column 3: the result has 2 columns"):
        box.run(sql, Order(3))


def test_a_column_is_summarized(explored_warehouse: Path) -> None:
    answer = Sandbox(explored_warehouse, Limits(seconds=60)).summary(
        "select unnest([1, 2, 3, null]) as n, 'x' as t;"
    )
    n, t = column_summaries(answer)
    assert (n.name, n.type, n.low, n.high, n.mean, n.null_percentage) == ("n", "INTEGER", "1", "3", "2", 25.0)
    assert n.quartiles is not None and n.quartiles.median == 50.0
    assert (t.low, t.mean, t.quartiles) == ("x", None, None)


def test_a_process_that_waits_answers_from_the_file_as_it_is_when_asked(
    explored_warehouse: Path, named_warehouse: Path, tmp_path: Path
) -> None:
    """A build may publish between the start of the process and the query."""
    file = tmp_path / "published.duckdb"
    shutil.copyfile(explored_warehouse, file)
    box = Sandbox(file, LIMITS)
    box.prepare()
    shutil.copyfile(named_warehouse, tmp_path / "next.duckdb")
    (tmp_path / "next.duckdb").replace(file)
    assert box.run("select noun from staging.dataset").rows == [["item"]]
    box.close()


def test_a_waiting_process_ends_with_its_sandbox(explored_warehouse: Path) -> None:
    box = Sandbox(explored_warehouse, LIMITS)
    box.prepare()
    waiting = box._ready
    assert waiting is not None and waiting._process.poll() is None
    box.close()
    assert waiting._process.poll() is not None


def test_a_download_is_the_whole_result(explored_warehouse: Path) -> None:
    sql = "select range as n, 'a,b' as t, [range] as l from range(5)"
    text = download(explored_warehouse, sql, LIMITS, "csv").decode()
    assert text.splitlines() == ["n,t,l", *(f'{n},"a,b",[{n}]' for n in range(5))]
    packed = download(explored_warehouse, sql, LIMITS, "parquet")
    assert parquet.read_table(io.BytesIO(packed)).to_pylist()[4] == {"n": 4, "t": "a,b", "l": [4]}


@pytest.mark.parametrize(
    ("sql", "limits", "reason"),
    [
        ("drop table x", LIMITS, "run one SELECT"),
        ("from range(9)", Limits(seconds=60, download_rows=8), "may have 8 rows"),
        ("select repeat('x', 99999) from range(40)", Limits(seconds=60, download_bytes=1 << 20), "1 MiB"),
        ("select * from read_text('/etc/passwd')", LIMITS, "disabled"),
    ],
)
def test_a_download_is_refused_with_a_reason(
    explored_warehouse: Path, sql: str, limits: Limits, reason: str
) -> None:
    with pytest.raises(QueryRefusedError, match=reason):
        download(explored_warehouse, sql, limits, "csv")


def test_the_page_runs_a_query_and_shows_a_refusal(client: TestClient) -> None:
    answer = client.post("/sql", data={"query": "select '<b>' as tag, null as nothing"})
    assert answer.status_code == 200
    assert ">&lt;b&gt;</td>" in answer.text and "NULL" in answer.text
    refused = client.post("/sql", data={"query": "drop table x"})
    assert (refused.status_code, sandbox.Limits().rows) == (400, 200)
    assert "run one SELECT" in refused.text
    assert client.post("/sql", content=b"\xff&query").status_code == 400


def test_a_query_in_the_address_runs_unless_another_site_led_here(client: TestClient) -> None:
    query = {"query": "select user_id, 1 / 3 as third from staging.ratings where user_id = 100 limit 1"}
    own = client.get("/sql", params=query).text
    assert '<a href="/ids/user/100">100</a>' in own and ">0.333333</td>" in own
    assert (
        'id="answer"' not in client.get("/sql", params=query, headers={"sec-fetch-site": "cross-site"}).text
    )


def test_a_file_is_served_on_this_sites_own_wish(client: TestClient) -> None:
    query = {"query": "select 42 as answer", "form": "csv"}
    answer = client.get("/sql/download", params=query)
    assert (answer.content, answer.headers["content-type"]) == (
        b"answer\r\n42\r\n",
        "text/csv; charset=utf-8",
    )
    assert 'filename="result.csv"' in answer.headers["content-disposition"]
    foreign = client.get("/sql/download", params=query, headers={"sec-fetch-site": "cross-site"})
    assert foreign.status_code == 403
    assert client.get("/sql/download", params={**query, "form": "exe"}).status_code == 400
    assert client.get("/sql/download", params={**query, "query": "drop"}).status_code == 400


def test_the_page_describes_relations_and_macros(client: TestClient) -> None:
    assert 'data-opens="/sql/relations/priors"' in client.get("/sql").text
    assert f"<dd>{header_of('priors.items')['grain']}</dd>" in client.get("/sql/relations/priors").text
    assert client.get("/sql/relations/nothing").status_code == 404
    words = client.get("/sql/words.json").json()
    assert words["tables"]["priors.items"] == ["item_id", "rating_count", "rating_mean", "bayes_mean"]
    assert {"name": "taste", "call": "taste(the_user)"}.items() <= next(
        one for one in words["macros"] if one["name"] == "taste"
    ).items()


def test_the_page_is_small_until_a_layer_is_opened(client: TestClient) -> None:
    page = client.get("/sql").text
    assert len(page) < 16_000 and page.count("<") < 500


def test_a_result_is_shown_in_rows_and_as_columns_or_a_plot_when_asked(client: TestClient) -> None:
    query = {"query": "select unnest([3, 1, 2]) as n, 'a' as t"}
    rows = client.get("/sql", params=query).text
    assert 'id="plot"' not in rows and "&amp;sort=1#result" in rows
    ordered = client.get("/sql", params={**query, "sort": "1", "desc": "1"}).text
    assert 'aria-sort="descending"' in ordered
    cells = re.findall(r"<td>(\d)</td>", ordered)
    assert cells == ["3", "2", "1"]
    assert 'id="columns"' in client.get("/sql", params={**query, "view": "columns"}).text
    assert 'id="plot"' in client.get("/sql", params={**query, "view": "plot"}).text
    assert client.get("/sql", params={**query, "sort": "9"}).status_code == 400


def answered(columns: dict[str, str], *rows: list[str | None]) -> Answer:
    return Answer([*columns], [*columns.values()], [*rows], False, 0.0)


def test_a_plot_is_of_the_first_measure_by_what_names_the_rows() -> None:
    answer = answered({"user_id": "number", "n": "number", "m": "number"}, ["7", "1", "5"], ["8", "3", None])
    bars = plot_of(answer, None, None)
    assert (bars.x, bars.y, bars.is_bars, bars.rows) == ("user_id", "n", True, [("7", 1.0), ("8", 3.0)])
    points = plot_of(answer, "n", "m")
    assert (points.is_bars, points.rows) == (False, [(1.0, 5.0)])
    assert plot_of(answer, "nothing", "none").y == "n"


@pytest.mark.parametrize("rows", [[], [["a", "1"]], [["a", None], ["b", None]]])
def test_there_is_no_plot_without_two_rows_and_a_number(rows: list[list[str | None]]) -> None:
    assert plot_of(answered({"a": "other", "n": "number"}, *rows), None, None) is None
    assert plot_of(answered({"a": "other"}, ["x"], ["y"]), None, None) is None
