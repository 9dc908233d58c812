"""From a file to lists: what an import holds out stays out of lists, and play counts tell tastes apart."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import recsys
from tests.given import build_sql
from tests.serving.imported import ITEMS, write


@pytest.mark.parametrize("split", ["time", "random"])
def test_no_list_has_what_the_user_rated_or_what_was_held_out(tmp_path: Path, split: str) -> None:
    write(tmp_path, "stars", 7)
    recsys.import_ratings(
        tmp_path / "ratings.csv", tmp_path / "held", items=tmp_path / "films.csv", holdout=2, split=split
    )
    build_sql(tmp_path / "held", tmp_path / "w.duckdb", overrides=("tuning.seconds=0",))
    with (tmp_path / "ratings.csv").open(newline="") as file:
        rated = {(row["user"], row["item"]) for row in csv.DictReader(file)}
    with recsys.open(tmp_path / "w.duckdb") as warehouse:
        known = warehouse.sql("select count(*) from staging.ratings").fetchall()[0][0]
        held_out = warehouse.sql("select count(*) from staging.held_out").fetchall()[0][0]
        assert held_out > 20 and known == len(rated) - held_out
        models = [model for (model,) in warehouse.list_leaderboard().select("model").fetchall()]
        for model in (None, *models):
            lists = warehouse.recommend(k=ITEMS, model=model).select('"user", item').fetchall()
            assert len(lists) > 1000
            assert rated.isdisjoint(lists), model


def test_lists_of_play_counts_without_a_flag_are_far_from_popularity(tmp_path: Path) -> None:
    """A file as Last.fm's: two count lines, no header, plays from 1 to hundreds of thousands, five tastes."""
    rng = np.random.default_rng(3)
    rows = []
    for user in range(100):
        chance = np.where(np.arange(60) % 5 == user % 5, 8.0, 1.0)
        chosen = rng.choice(60, 12, replace=False, p=chance / chance.sum())
        rows += [f"{user}\t{item}\t{1 + int(rng.lognormal(5, 2.5))}" for item in chosen]
    (tmp_path / "plays.dat").write_text("\n".join(["60", str(len(rows)), *rows, ""]))
    found = recsys.import_ratings(tmp_path / "plays.dat", tmp_path / "data")
    assert found.feedback == "counts"
    build_sql(tmp_path / "data", tmp_path / "w.duckdb", overrides=("tuning.seconds=0",))
    with recsys.open(tmp_path / "w.duckdb") as warehouse:
        board = {row["model"]: row for row in warehouse.list_leaderboard().to_dicts()}
        reasons = warehouse.recommend(k=5).to_arrow_table()["reason"].to_pylist()
    (chosen,) = (row for row in board.values() if row["is_chosen"])
    assert chosen["ndcg"] > 2 * board["popularity"]["ndcg"] > 0
    assert sum(bool(reason) for reason in reasons) > 0.9 * len(reasons)
