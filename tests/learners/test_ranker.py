"""The ranker on its own: what it learns from, what it gives, and data that is too poor for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from recsys.errors import UnavailableError
from recsys.learners.ranking.learner import RankerSettings, fit_predict, folds
from recsys.project.contract import Context
from tests.given import build_sql, write_directory
from tests.relations import held, read

SETTINGS = RankerSettings(
    folds=3,
    repeats=2,
    trees=20,
    leaves=7,
    leaf_examples=5,
    learning_rate=0.2,
    feature_share=1.0,
    patience=5,
    fewest_users=10,
    importance_users=50,
    seed=1,
)


def pairs(users: int, seed: int) -> tuple[pa.Table, np.ndarray]:
    """Six tracks a user: ``told`` says which are liked, ``noise`` nothing, ``never`` has no value at all."""
    rng = np.random.default_rng(seed)
    label = np.tile([1, 0], users * 3)
    told = np.where(rng.random(len(label)) < 0.1, np.nan, label + rng.normal(0, 0.3, len(label)))
    table = pa.table(
        {
            "user_id": np.repeat(np.arange(users), 6),
            "track_id": np.arange(len(label)),
            "told": pa.array(told, from_pandas=True),
            "noise": rng.normal(size=len(label)),
            "never": pa.nulls(len(label), pa.float64()),
        }
    )
    return table, label


def ranked(users: int = 60, threads: int = 2, settings: RankerSettings = SETTINGS) -> dict[str, pa.Table]:
    validation, label = pairs(users, 1)
    labels = validation.select(["user_id", "track_id"]).append_column("label", pa.array(label))
    inputs = held({"candidates": pairs(30, 2)[0], "validation": validation, "labels": labels})
    return read(fit_predict(inputs, vars(settings), Context(scratch=Path(), threads=threads)))


def test_it_finds_what_tells_and_scores_both_sets() -> None:
    tables = ranked()
    label = np.tile([1, 0], 90)
    score = tables["scores.ranker"]["score"].to_numpy()
    assert ((score > 0) == label).mean() > 0.85
    held_out_scores = tables["validation.scores_ranker"]["score"].to_numpy()
    assert ((held_out_scores > 0) == np.tile([1, 0], 180)).mean() > 0.85
    rows = tables["features.ranker_importance"].to_pylist()
    importance = {row["feature"]: row["importance"] for row in rows}
    assert importance["told"] > 0.8
    assert importance["never"] == 0
    assert sum(importance.values()) == pytest.approx(1)


def test_the_number_of_threads_changes_nothing() -> None:
    assert ranked(threads=1) == ranked(threads=3)


def test_scores_add_up_from_the_table_of_trees() -> None:
    tables, candidates = ranked(), pairs(30, 2)[0].to_pylist()
    nodes = {
        (row["model"], row["tree"], row["node"]): row for row in tables["features.ranker_trees"].to_pylist()
    }
    roots = [key for key in nodes if key[2] == 0]
    models = {model for model, _, _ in roots}
    assert models == set(range(6))
    for candidate, score in zip(candidates, tables["scores.ranker"]["score"].to_pylist(), strict=True):
        leaves = [leaf(nodes, root, candidate) for root in roots]
        assert sum(leaves) / len(models) == pytest.approx(score, abs=1e-9)


def leaf(nodes: dict[tuple[int, int, int], dict], at: tuple[int, int, int], candidate: dict) -> float:
    """The value of the leaf that a candidate reaches."""
    node = nodes[at]
    if node["value"] is not None:
        return node["value"]
    value = candidate[node["feature"]]
    is_left = node["null_is_left"] if value is None else value <= node["threshold"]
    return leaf(nodes, (*at[:2], node["left_node"] if is_left else node["right_node"]), candidate)


def test_the_seed_changes_scores_less_the_more_divisions_are_averaged() -> None:
    def spread(repeats: int) -> float:
        found = [
            ranked(settings=replace(SETTINGS, repeats=repeats, seed=seed))["scores.ranker"][
                "score"
            ].to_numpy()
            for seed in range(0, 60, 10)
        ]
        scores = np.array([(one - one.mean()) / one.std() for one in found])
        return float(scores.std(axis=0).mean())

    assert spread(4) < 0.8 * spread(1)


def test_users_stay_together_in_folds_of_equal_size() -> None:
    user = np.repeat(np.arange(10), 6)
    fold = folds(user, SETTINGS, seed=1)
    assert all(len(set(fold[user == one])) == 1 for one in range(10))
    assert sorted(np.bincount(fold[::6])) == [3, 3, 4]
    assert (folds(user, SETTINGS, seed=2) != fold).any()


def test_too_few_validation_users_are_said_in_one_line() -> None:
    with pytest.raises(UnavailableError, match=r"^ranker needs 10 users .* the data has 4$"):
        ranked(users=4)


FIVE_ITEMS = {
    "trackData2.txt": "1|10|20|30\n2|10|20\n",
    "albumData2.txt": "10|20\n",
    "artistData2.txt": "20\n",
    "genreData2.txt": "30\n",
    "testItem2.txt": "7|2\n1\n2\n",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "history",
    ["7|0\n", "7|1\n10\t50\n", "7|3\n10\t50\n20\t50\n30\t50\n8|2\n1\t50\n10\t50\n"],
    ids=["no rating", "one user", "all alike"],
)
def test_a_catalogue_of_five_items_is_scored_and_the_ranker_left_out(tmp_path: Path, history: str) -> None:
    data = write_directory(tmp_path / "data", {**FIVE_ITEMS, "trainItem2.txt": history})
    models = ("content", "item_neighbours")
    build_sql(data, tmp_path / "w.duckdb", selected=[f"+scores.{model}" for model in models])
    with duckdb.connect(str(tmp_path / "w.duckdb"), read_only=True) as connection:
        for model in models:
            rows = connection.execute(f"select track_id, score from scores.{model} order by 1").fetchall()
            assert [track for track, _ in rows] == [1, 2]
            assert all(np.isfinite(score) and score >= 0 for _, score in rows)
