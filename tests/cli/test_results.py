"""``recsys sql --csv`` and ``--json`` for other programs: DuckDB's own text, JSON objects, in pieces."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys

import duckdb
import pytest

from tests.commands import recsys

VALUES = {
    "1": ("1", 1),
    "1.50::decimal(5, 2)": ("1.50", 1.5),
    "1e20::double": ("1e+20", 1e20),
    "true": ("true", True),
    "null": ("", None),
    "'nan'::double": ("nan", None),
    "[1, null, 3]": ("[1, NULL, 3]", [1, None, 3]),
    "[1.5, '-infinity'::double]": ("[1.5, -inf]", [1.5, None]),
    "{'a': 1, 'b': [date '2020-01-02']}": ("{'a': 1, 'b': [2020-01-02]}", {"a": 1, "b": ["2020-01-02"]}),
    "map {'k': 1}": ("{k=1}", {"k": 1}),
    "'\\xAA\\x01'::blob": ("\\xAA\\x01", "\\xAA\\x01"),
    "interval 3 days": ("3 days", "3 days"),
    "timestamp '2020-01-02 10:00'": ("2020-01-02 10:00:00", "2020-01-02 10:00:00"),
    "170141183460469231731687303715884105727::hugeint": (str(2**127 - 1), 2**127 - 1),
    "'{\"q\": 1}'::json": ('{"q": 1}', {"q": 1}),
    "'a \"b\", é' || chr(10)": ('a "b", é\n', 'a "b", é\n'),
    "'NaN'": ("NaN", "NaN"),
}


@pytest.fixture(scope="module")
def sql(small_warehouse):
    def run(query, *words):
        done = recsys("sql", query, "--warehouse", small_warehouse, *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_csv_has_the_engines_own_text(sql):
    found = sql(f"select {', '.join(VALUES)}", "--csv")
    _, row = csv.reader(io.StringIO(found, newline=""))
    assert row == [text for text, _ in VALUES.values()]
    for value, text in zip(VALUES, row, strict=True):
        assert text == (duckdb.sql(f"select cast({value} as varchar)").fetchall()[0][0] or "")


def test_json_has_objects_and_nothing_that_json_does_not_know(sql):
    columns = ", ".join(f"{value} as c{number}" for number, value in enumerate(VALUES))
    (row,) = json.loads(sql(f"select {columns}", "--json"), parse_constant=pytest.fail)
    assert [*row.values()] == [value for _, value in VALUES.values()]
    assert [*row] == [f"c{number}" for number in range(len(VALUES))]


@pytest.mark.parametrize("count", [0, 1, 2, 10_001])
def test_json_is_one_array(sql, count):
    found = json.loads(sql(f"""select range as "it's" from range({count})""", "--json"))
    assert found == [{"it's": number} for number in range(count)]


def test_csv_keeps_columns_of_one_name(sql):
    assert sql("select 1 as a, 2 as a", "--csv") == "a,a\n1,2\n"


@pytest.mark.parametrize("form", ["--json", "--csv"])
def test_a_large_result_is_written_in_pieces(small_warehouse, form):
    """Half a million rows took some 600 MB of memory when all were converted before the first was written."""
    query = "select range as a, 'text ' || range as b, [range, range] as c from range(500000)"
    code = (
        "import re, sys; from pathlib import Path; from recsys.cli import program\n"
        f"sys.argv = ['recsys', 'sql', {query!r}, '--warehouse', {str(small_warehouse)!r}, {form!r}]\n"
        "program.run()\n"
        "peak = re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]\n"
        "print(int(peak) // 1024, file=sys.stderr)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True
    )
    assert int(found.stderr.split()[-1]) < 350
