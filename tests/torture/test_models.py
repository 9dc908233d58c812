"""A model cannot write to the warehouse, nor read what no fingerprint covers; a refusal changes nothing."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import duckdb
import pytest

from recsys.errors import BuildError
from recsys.project.files import shipped
from tests.conftest import SMALL
from tests.given import build_sql, headed, write_directory

QUERY = "select user_id, track_id, 1.0 as score\nfrom {{ ref('staging.candidates') }}"
PROMISES = {"key": "user_id, track_id", "rows": "staging.candidates"}
BAD = {
    "a second statement": (
        f"{QUERY}\n; update {{{{ ref('features.candidates') }}}} set artist_score = 50",
        8,
    ),
    "a statement before": (f"delete from {{{{ ref('staging.labels') }}}};\n{QUERY}", 6),
    "an insertion in a query": (
        "with a as (insert into {{ ref('staging.labels') }} values (1, 1, 1) returning user_id)\n" + QUERY,
        6,
    ),
    "an attached file": (f"attach 'other.db';\n{QUERY}", 6),
    "a setting": (f"{QUERY};\nset threads = 1", 8),
    "a copy": (f"{QUERY};\n\ncopy (select 1) to 'written.csv'", 9),
    "a random number": (QUERY.replace("1.0", "random()"), 6),
    "a clock": (QUERY.replace("1.0", "epoch(now())"), 6),
    "a file": (f"{QUERY}\nleft join read_csv('secret.csv') as x on true", 8),
    "a file in quotes": (f"{QUERY}\nleft join 'secret.csv' as x on true", 8),
    "a file without quotes": (f"{QUERY}\nleft join secret.csv as x on true", 8),
    "a setting of the session": (QUERY.replace("1.0", "current_setting('threads')::double"), 6),
    "a sample": (f"{QUERY}\nusing sample 10", 6),
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(shipped(), tmp_path_factory.mktemp("models") / "sql"))


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(("text", "line"), BAD.values(), ids=BAD)
def test_a_model_that_is_no_plain_query_is_refused_by_its_place(
    text, line, models, small_data, small_warehouse, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    Path("secret.csv").write_text("x\n1\n")
    warehouse = Path(shutil.copy(small_warehouse, tmp_path / "w.duckdb"))
    before, siblings = digest(warehouse), {*tmp_path.iterdir()}
    model = models / "scores" / "mine.sql"
    model.write_text(headed(text, **PROMISES))
    try:
        with pytest.raises(BuildError) as caught:
            build_sql(small_data, warehouse, sql=models)
    finally:
        model.unlink()
    assert str(caught.value).startswith(f"{model}:{line}: ")
    assert "\n" not in str(caught.value)
    assert digest(warehouse) == before
    assert {*tmp_path.iterdir()} - siblings <= {tmp_path / ".w.duckdb.lock"}


@pytest.mark.parametrize("query", ["query('select random() as x')", "query_table('secret.csv')"])
def test_a_macro_that_a_model_reads_is_held_to_the_same(query, models, small_data, tmp_path):
    macro, outer = (models / "internal" / f"{name}.sql" for name in ("drawn", "outer"))
    model = models / "scores" / "mine.sql"
    macro.write_text(headed(f"select x\nfrom {query}", arguments="n", key="none"))
    outer.write_text(headed("from {{ ref('internal.drawn') }}(n)", arguments="n", key="none"))
    model.write_text(headed(f"{QUERY}, {{{{ ref('internal.outer') }}}}(1)", **PROMISES))
    try:
        with pytest.raises(BuildError) as caught:
            build_sql(small_data, tmp_path / "w.duckdb", sql=models)
    finally:
        for path in (macro, outer, model):
            path.unlink()
    assert str(caught.value).startswith(f"{macro}:")
    assert str(caught.value).endswith("expected relations by ref(), and scores.mine reads this macro")


def test_a_plain_model_is_built(models, tmp_path):
    data, warehouse = write_directory(tmp_path / "data", SMALL), tmp_path / "w.duckdb"
    model = models / "scores" / "mine.sql"
    model.write_text(headed(QUERY, **PROMISES))
    try:
        build_sql(data, warehouse, sql=models)
    finally:
        model.unlink()
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        assert connection.execute("select count(*), sum(score) from scores.mine").fetchall() == [(6, 6.0)]
