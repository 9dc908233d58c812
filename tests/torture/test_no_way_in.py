"""Names and values with quotes, SQL and Jinja in them are data."""

from __future__ import annotations

import ast
import contextlib
from pathlib import Path

import duckdb
import pytest

import recsys
from recsys.backends.duckdb.connection import reading
from recsys.errors import UsageError
from recsys.identifiers import quoted_relation
from recsys.project import Project
from recsys.serving import submission
from tests.commands import recsys as command
from tests.conftest import SMALL
from tests.given import build_sql, write_directory

HOSTILE = (
    "it's",
    'a "b"',
    "x'; drop table staging.ratings; --",
    "{{ 7 * 7 }}{% raw %}",
    "$train",
    "a*b",
    "[ab]?",
    "line=5",
    "first=1",
    "..",
    "~",
    "-x",
    "a\nb",
    "naïve 音楽",
)


FOLDERS = (
    "it's/a \"b\"/x'; drop table staging.ratings; --/$train",
    "{{ 7 * 7 }}{% raw %}/~/-x/a\nb/naïve 音楽",
    "line=5/first=1",
    "a*b",
    "[ab]",
    "a?b",
)


@pytest.mark.parametrize("name", FOLDERS, ids=repr)
def test_a_folder_of_any_name_is_read_and_nothing_else(tmp_path, small_warehouse, name):
    """Beside it are folders that it would match as a pattern, and that hold other ratings."""
    decoy = {**SMALL, "trainItem2.txt": "100|1\n10\t1\n"}
    for other in ("aXb", "a", "b"):
        write_directory(tmp_path / other, decoy)
    data = write_directory(tmp_path / name, SMALL)
    warehouse = tmp_path / name.replace("?", "") / "w.duckdb"
    build_sql(data, warehouse, selected=("+priors.overall",))
    with reading(warehouse) as found, reading(small_warehouse) as expected:
        query = "from priors.overall"
        assert found.sql(query).fetchall() == expected.sql(query).fetchall()


def test_a_warehouse_that_duckdb_would_write_elsewhere_is_refused(tmp_path, small_data):
    """To DuckDB what follows a question mark are parameters."""
    with pytest.raises(UsageError, match="has a question mark in its path; give another file"):
        build_sql(small_data, tmp_path / "w?access_mode=read_only")


@pytest.mark.parametrize("name", HOSTILE, ids=repr)
def test_a_model_name_is_looked_up_not_run(small_warehouse, tmp_path, name):
    before = small_warehouse.read_bytes()
    with reading(small_warehouse) as connection:
        with pytest.raises(UsageError, match="no such model"):
            submission.write(connection, name, tmp_path / "out.csv")
        with contextlib.suppress(duckdb.InvalidInputException):
            assert connection.execute("from submission($1)", [name]).fetchall() == []
    with pytest.raises(ValueError, match="not a relation name"):
        quoted_relation(f"scores.{name}")
    assert small_warehouse.read_bytes() == before


@pytest.mark.parametrize("name", HOSTILE, ids=repr)
def test_a_selection_is_a_pattern_of_names(tmp_path, small_data, name):
    with pytest.raises(UsageError, match="no such model"):
        build_sql(small_data, tmp_path / "w.duckdb", selected=(name,))


@pytest.mark.parametrize("value", HOSTILE, ids=repr)
def test_a_parameter_is_a_literal(value):
    """A choice takes nothing but what is listed, a number nothing but a number."""
    with pytest.raises(UsageError, match="(?s)bayes.confidence=.*give a number"):
        Project.load(overrides=(f"bayes.confidence={value}",))
    with pytest.raises(UsageError, match="no such parameter|give PARAMETER=VALUE"):
        Project.load(overrides=(f"{value}=1",))
    with pytest.raises(UsageError, match="ensemble.method="):
        Project.load(overrides=(f"ensemble.method={value}",))


@pytest.mark.parametrize("value", ["1 or 1=1", "1; drop table x", "[1]", "true", "''", "0x", "1\ny = 2"])
def test_a_number_parameter_takes_a_number(value):
    with pytest.raises(UsageError, match="give a number"):
        Project.load(overrides=(f"bayes.confidence={value}",))


@pytest.mark.parametrize("argument", ["1 or 1=1", "1;select 1", "'", "9" * 30, "1.5", "0x1"])
@pytest.mark.parametrize("name", ["explain", "recommend"])
def test_an_id_is_a_number(small_warehouse, argument, name):
    words = [argument, "1"] if name == "explain" else [argument]
    done = command(name, *words, "--warehouse", small_warehouse)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_nothing_unpickles():
    """Saved models are arrays and numbers: nothing that is loaded can run code."""
    suspicious = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
    for path in sorted(Path(recsys.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not _modules(node) & suspicious, f"{path}:{getattr(node, 'lineno', 0)}"
            assert not _runs_code(node), f"{path}:{getattr(node, 'lineno', 0)}"


def _modules(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name.split(".")[0] for alias in node.names}
    return {(node.module or "").split(".")[0]} if isinstance(node, ast.ImportFrom) else set()


def _runs_code(node: ast.AST) -> bool:
    """A call of torch.load, numpy's load of objects, eval or exec, or a subprocess through a shell."""
    if not isinstance(node, ast.Call):
        return False
    keywords = {word.arg for word in node.keywords if getattr(word.value, "value", None) is True}
    called = ast.unparse(node.func)
    return called in ("torch.load", "eval", "exec", "os.system") or bool(keywords & {"allow_pickle", "shell"})
