"""``recsys evaluate``: one row per list model, by the split of the build or by another one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb
import pytest

from tests.commands import recsys
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
    rows = judged(*words)
    assert [row["model"] for row in rows] == ["popularity"]
    assert all(row.pop("seconds") > 0 for row in rows)
    assert [{**row, "seconds": None} for row in judged(*words)] == [{**row, "seconds": None} for row in rows]
    assert warehouse.read_bytes() == before


def test_another_split_judges_the_models_of_the_warehouse_and_marks_its_own(warehouse: Path) -> None:
    before = {row["model"]: row["is_chosen"] for row in judged("--warehouse", warehouse)}
    assert "ease" not in before  # of a build with SQL models alone
    for words in (("--split", "random"), ("-k", 3), ("--cold", "items")):
        rows = judged(*words, "--warehouse", warehouse)
        assert {row["model"]: row["is_chosen"] for row in rows} == before, words


def test_another_split_keeps_the_parameters_of_the_build(tmp_path: Path) -> None:
    data = write_directory(tmp_path / "data", files())
    build_sql(
        data, tmp_path / "w.duckdb", overrides=("validation.list_users=11",), unwanted=("lists.neighbours",)
    )
    rows = judged("--split", "random", "--warehouse", tmp_path / "w.duckdb")
    assert {row["users"] for row in rows} == {11}
    assert {row["model"] for row in rows} >= {"popularity", "item_knn"}
    assert "neighbours" not in {row["model"] for row in rows}


def test_an_unknown_model_is_refused_in_one_line(warehouse: Path) -> None:
    done = recsys("evaluate", "--model", "magic", "--warehouse", warehouse)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "magic: no such list model; choose from " in done.stderr


def test_longer_lists_find_more(warehouse: Path) -> None:
    ten = {row["model"]: row["recall"] for row in judged("--warehouse", warehouse)}
    more = {row["model"]: row["recall"] for row in judged("-k", 20, "--warehouse", warehouse)}
    assert more.keys() == ten.keys()
    assert all(more[model] >= ten[model] for model in ten)
    assert sum(more.values()) > sum(ten.values())


def test_the_table_has_every_measure_whole_at_80_columns(warehouse: Path) -> None:
    done = recsys("evaluate", "--warehouse", warehouse, COLUMNS="80")
    rows = {row["model"]: row for row in judged("--warehouse", warehouse)}
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    heading = next(line for line in lines if line.startswith("list model"))
    measures = ["NDCG", "interval", "recall", "@50", "MRR", "coverage", "popular", "group"]
    assert heading.split() == ["list", "model", *measures]
    shown = next(line for line in lines if line.startswith("popularity")).removeprefix("popularity").split()
    row = rows["popularity"]
    names = ("recall", "recall_50", "mrr", "coverage", "popular_share")
    figures = [f"{row[name]:.3f}" for name in names]
    bounds = f"{row['lower']:.3f}-{row['upper']:.3f}"
    assert shown[-8:] == [f"{row['ndcg']:.4f}", bounds, *figures, row["group_letter"]]


def test_a_dumb_terminal_does_not_cut_wide_tables(warehouse: Path) -> None:
    words = ("leaderboard", "--wide", "--warehouse", warehouse)
    done = recsys(*words, TERM="dumb", FORCE_COLOR="1")  # which makes the output a terminal
    assert done.stdout == recsys(*words).stdout


def test_users_with_few_interactions_are_judged_next_to_the_others(warehouse: Path) -> None:
    done = recsys("evaluate", "--cold", "users", "--warehouse", warehouse)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "no judged user has 5 interactions or fewer left" in done.stderr


def test_items_that_are_held_out_are_found_by_their_attributes(warehouse: Path) -> None:
    rows = {row["model"]: row for row in judged("--cold", "items", "--warehouse", warehouse)}
    assert {"popularity", "attributes"} <= rows.keys()
    assert rows["attributes"]["ndcg"] > rows["popularity"]["ndcg"]
    both = recsys("evaluate", "--cold", "items", "--split", "time", "--warehouse", warehouse)
    assert (both.returncode, both.stderr.count("\n")) == (2, 1)
    assert "give --split or --cold items" in both.stderr


def test_diversity_is_shown_with_what_it_costs(warehouse: Path) -> None:
    words = ("--model", "item_knn", "--model", "popularity", "--warehouse", warehouse)
    plain = {row["model"]: row for row in judged(*words)}
    diverse = {row["model"]: row for row in judged("--diversity", "0.8", *words)}
    assert diverse.keys() == plain.keys() == {"item_knn", "popularity"}
    for model, row in diverse.items():
        assert row["plain_ndcg"] == pytest.approx(plain[model]["ndcg"])
        assert row["ndcg"] != pytest.approx(row["plain_ndcg"])
    shown = recsys("evaluate", "--diversity", "0.8", *words).stdout
    change = f"{diverse['item_knn']['ndcg'] - diverse['item_knn']['plain_ndcg']:+.4f}"
    assert re.search(rf"item_knn .*{re.escape(change)}", shown)
    assert max(map(len, shown.splitlines())) <= 80
    both = recsys("evaluate", "--cold", "items", "--diversity", "0.5", "--warehouse", warehouse)
    assert (both.returncode, both.stderr) == (2, "Error: give --diversity or --cold, not both\n")


def test_the_table_names_the_users_that_judged(warehouse: Path) -> None:
    done = recsys("leaderboard", "--warehouse", warehouse)
    assert re.search(r"Judged on held-out likes of \d+ users, not seen by any", " ".join(done.stdout.split()))
    heading = next(line for line in done.stdout.splitlines() if line.startswith("list model"))
    columns = ["list model", "NDCG@10", "recall@10", "coverage", "95 % interval", "group", "seconds"]
    assert re.split(r"  +", heading.strip()) == columns
    assert max(map(len, done.stdout.splitlines())) <= 80
