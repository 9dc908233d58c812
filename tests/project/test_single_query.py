"""A model's text is one SELECT that reads nothing outside the graph; everything else is refused by its place."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.project.single_query import COMPUTED, KINDS, OF_FILES, ON_CALL, OUTSIDE, complaint, trailing_sql

STATEMENTS = {
    "select 1 as x; select 2 as x": (15, "a second statement (SELECT)"),
    "select 'é' as x;\n\n  update t set x = 1": (20, "a second statement (UPDATE)"),
    "select 1 as x;; drop table t": (16, "a second statement (DROP)"),
    "-- how; why\n/* ; */ insert into t values (1)": (20, "INSERT: expected one query (SELECT)"),
    "create table u as select 1": (0, "CREATE: expected one query (SELECT)"),
    "set threads = 1": (0, "SET: expected one query (SELECT)"),
    "pragma database_list": (0, "PRAGMA: expected one query (SELECT)"),
    "attach 'x.db'": (0, "ATTACH: expected one query (SELECT)"),
    "copy t to 'x.csv'": (0, "COPY: expected one query (SELECT)"),
    "call pragma_version()": (0, "CALL: expected one query (SELECT)"),
    "explain select 1": (0, "EXPLAIN: expected one query (SELECT)"),
    "pivot t on x using sum(x)": (0, "PIVOT without IN (...): expected one query (SELECT)"),
    "describe t": (0, "DESCRIBE, SHOW or SUMMARIZE: expected one query (SELECT)"),
    "with a as (insert into t values (1) returning x) select * from a": (0, "INSERT inside a query"),
    "with a as (delete from t) select 1 as x": (0, "DELETE inside a query"),
    "with a as (update t set x = 2 returning x) select * from a": (0, "UPDATE inside a query"),
    "": (0, "no query: expected one SELECT"),
    "-- a comment": (0, "no query: expected one SELECT"),
}
UNSTABLE = {
    "select random() as x": (7, "random gives a random value"),
    "select 'é', uuid()": (12, "uuid gives a random value"),
    "select x from t order by\nrandom()": (25, "random gives a random value"),
    "select list_transform([1], lambda x: x + random())": (41, "random gives a random value"),
    "select x from (select now() as x)": (22, "now depends on the time of the build"),
    "select current_timestamp as x": (7, "current_timestamp depends on the time of the build"),
    "select x from t where y > current_date": (26, "current_date depends on the time of the build"),
    "select age(x) from t": (7, "age of one date depends on the time of the build"),
    "select current_setting('threads')": (7, "current_setting depends on a setting of the session"),
    "select getenv('HOME')": (7, "getenv depends on a setting of the session"),
    "select getvariable('x')": (7, "getvariable depends on a setting of the session"),
    "select nextval('s')": (7, "nextval depends on what ran before"),
    "from t using sample 10 rows": (0, "a sample, which differs from build to build"),
    "select * from t tablesample 10%": (14, "a sample, which differs from build to build"),
    "select * from duckdb_settings()": (14, "duckdb_settings reads something that is no relation"),
    "select * from duckdb_tables": (14, "duckdb_tables is the catalog"),
    "select * from information_schema.tables": (14, "information_schema.tables is the catalog"),
    "from query('select random()')": (5, "query reads something that is no relation"),
}
FILES = {
    "from read_csv('x.csv')": (5, "read_csv reads files"),
    "from t, read_parquet(['x'])": (8, "read_parquet reads files"),
    "from main.read_text('x')": (5, "read_text reads files"),
    "from glob('*')": (5, "glob reads files"),
    "select * from 'x.csv'": (14, "reads the file 'x.csv'"),
    'select * from "x.parquet"': (14, "reads the file 'x.parquet'"),
    "select * from x.csv": (14, "reads the file 'x.csv'"),
    "select * from a, x.CSV.gz": (17, "reads the file 'x.CSV.gz'"),
    'select * from "x" . json': (14, "reads the file 'x.json'"),
    "select * from t join /* here */ 'a/b.json' on true": (32, "reads the file 'a/b.json'"),
}
FINE = (
    "select 1 as x",
    "select 1 as x;",
    "select 1 as x; ;",
    "from t",
    "values (1)",
    "(select 1 as x)",
    "-- what; why\nwith a as (select x from t) select * from a union all select 2",
    "with recursive a as (select 1 as x union all select x + 1 from a where x < 3) select * from a",
    "select 'random(); drop table t' as x -- now()",
    "select random as x, now from (select 1 as random, 2 as now)",
    "select t.current_date from t",
    'with "a.csv" as (select 1 as x) select * from "a.csv"',
    "select age(x, y) from t",
    "from t pivot (sum(x) for y in (1, 2))",
    "select unnest([1, 2]) as x",
    "select csv.json from features.csv, lists.json as csv",
    "select x from other.names, scratch.features.parquet",
    "select x from t, range(3)",
    "select md5(concat(x, ' ', 7)) from t",
)


@pytest.mark.parametrize(("text", "expected"), {**STATEMENTS, **UNSTABLE, **FILES}.items())
def test_a_text_is_refused_by_its_place(text, expected):
    found = complaint(text)
    assert found is not None
    place, message = expected
    assert found.message.startswith(message)
    assert found.offset == place
    assert "\n" not in found.message


@pytest.mark.parametrize("text", FINE)
def test_a_reproducible_query_is_fine(text):
    assert complaint(text) is None


@pytest.mark.parametrize("text", FILES)
def test_staging_reads_files(text):
    assert complaint(text, reads_files=True) is None


@pytest.mark.parametrize("text", [*STATEMENTS, *UNSTABLE])
def test_staging_is_held_to_all_else(text):
    assert complaint(text, reads_files=True) is not None


def test_a_macro_may_read_what_its_arguments_name():
    assert complaint("from query(format('from staging.a({})', x))", is_macro=True) is None


def test_sql_behind_a_learner_is_refused():
    assert trailing_sql("-- key: x\n-- written by recsys.learners.a(b)") is None
    found = trailing_sql("-- written by recsys.learners.a(b)\n\nselect 1")
    assert found is not None
    assert found.offset == 36


class TestTheEnginesOwnFunctions:
    """What this release of the engine has, so that another release cannot add what is not looked for."""

    @staticmethod
    def names(where):
        found = duckdb.sql(f"select distinct lower(function_name) from duckdb_functions() where {where}")
        return {name for (name,) in found.fetchall()}

    def test_all_whose_result_differs_from_call_to_call_are_known(self):
        by_time_zone = self.names("stability = 'CONSISTENT_WITHIN_QUERY' and len(parameters) > 0")
        volatile = self.names("stability = 'VOLATILE'") - {"error"}
        unstable = self.names("stability = 'CONSISTENT_WITHIN_QUERY'") - by_time_zone
        assert volatile | unstable <= KINDS.keys()

    def test_all_macros_over_these_are_known(self):
        words = "|".join(sorted(KINDS.keys() - {"version", "stats"}))
        over = self.names(
            f"function_type = 'macro' and regexp_matches(macro_definition, '(?i)\\b({words}|duckdb_\\w+)\\b')"
        )
        assert over - {"user"} <= KINDS.keys()

    def test_each_table_function_computes_or_is_refused(self):
        functions = self.names("function_type in ('table', 'table_macro')")
        assert not {name for name in functions - COMPUTED if not OUTSIDE.fullmatch(name)} - {
            "duckdb_logs_parsed"
        }
        assert COMPUTED & {name for name in COMPUTED if OUTSIDE.fullmatch(name)} == set()
        assert functions > ON_CALL

    def test_readers_of_files_are_those_that_staging_may_use(self):
        assert OF_FILES.fullmatch("read_csv")
        assert not OF_FILES.fullmatch("read_duckdb")


PIECES = st.sampled_from(
    [
        *(
            "select 1 as x",
            "from t",
            "select x from t",
            "update t set x = 9",
            "delete from t",
            "drop table t",
        ),
        *("insert into t values (5)", "with a as (", ")", "(", ";", " ; ", "--", "\n", "/*", "*/", "'", '"'),
        *("$$", "returning x", "select * from a", "union all", "create table u as", "copy t to '/dev/null'"),
        *(
            "set threads = 1",
            "pragma version",
            "values (1)",
            ", ",
            "é",
            "e'\\''",
            "begin",
            "commit",
            "as (x)",
        ),
        *("explain", "describe t", "with no data", "into", "truncate t", "checkpoint", "call", "execute a"),
    ]
)


QUERIES = st.sampled_from([*FINE, "with a as (select x from t) select * from a", "from t order by x limit 1"])
TEXTS = st.one_of(
    st.lists(PIECES, min_size=1, max_size=9),
    st.tuples(QUERIES, PIECES, PIECES),
    st.tuples(st.sampled_from(["", "(", "with b as ("]), QUERIES, PIECES, QUERIES),
).map(" ".join)


def check_text(text: str) -> bool:
    """Return whether a text is accepted; if so, assert that it is one SELECT, and changes nothing."""
    try:
        if complaint(text) is not None:
            return False
    except duckdb.Error:
        return False
    with duckdb.connect() as connection:
        connection.execute("create table t as select 1 as x")
        (statement,) = connection.extract_statements(text)
        assert statement.type == duckdb.StatementType.SELECT
        before = connection.execute("from duckdb_tables() select table_name, sql").fetchall()
        try:
            connection.execute(f"create table made as\n{text}").fetchall()
        except duckdb.Error:
            pass
        else:
            connection.execute("drop table made")
        assert connection.execute("from duckdb_tables() select table_name, sql").fetchall() == before
        assert connection.execute("from t").fetchall() == [(1,)]
    return True


@pytest.mark.slow
@settings(max_examples=1500, deadline=None, derandomize=True)
@given(TEXTS)
def test_what_is_accepted_is_one_select_that_changes_nothing(text):
    check_text(text)


def test_the_pieces_make_texts_of_both_kinds():
    assert check_text("with a as ( select 1 as x ) select * from a")
    assert not check_text("with a as ( delete from t returning x ) select * from a")
