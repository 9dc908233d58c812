"""``recsys evaluate``: one row per list model, by the split of the build or by another one."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from tests.cli.test_cli import recsys
from tests.given import build_sql, write_directory
from tests.serving.worlds import files


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evaluate")
    build_sql(write_directory(folder / "data", files()), folder / "w.duckdb")
    return folder / "w.duckdb"


def judged(*words: object) -> list[dict]:
    done = recsys("evaluate", *words, "--json")
    assert done.returncode == 0, done.stderr
    found: list[dict] = json.loads(done.stdout)
    return found


def test_it_prints_a_row_per_list_model_best_first(warehouse: Path) -> None:
    rows = judged("--warehouse", warehouse)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        models = {row[0] for row in connection.execute("select model from marts.list_leaderboard").fetchall()}
    assert {row["model"] for row in rows} == models >= {"popularity", "item_knn"}
    assert [row["ndcg"] for row in rows] == sorted((row["ndcg"] for row in rows), reverse=True)
    assert all(row["lower"] <= row["ndcg"] <= row["upper"] for row in rows)


def test_another_split_fits_and_judges_again(warehouse: Path) -> None:
    before = warehouse.read_bytes()
    words = ("--split", "random", "--model", "popularity", "--warehouse", warehouse)
    assert [row["model"] for row in judged(*words)] == ["popularity"]
    assert judged(*words) == judged(*words)
    assert warehouse.read_bytes() == before


def test_an_unknown_model_is_refused_in_one_line(warehouse: Path) -> None:
    done = recsys("evaluate", "--model", "magic", "--warehouse", warehouse)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "magic: no such list model; choose from " in done.stderr
