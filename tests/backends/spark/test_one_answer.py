"""A warehouse that Spark built gives the same lists and explanations through every interface."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import numpy as np
import pytest

import recsys
from recsys.backends.duckdb.connection import reading
from recsys.serving.explain import score
from recsys.serving.recommender import Recommender, RecommendRequest
from tests.serving.imported import Answers, in_common


@pytest.fixture
def answers(
    on_spark: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Answers:
    return Answers(Path(shutil.copyfile(on_spark, tmp_path / "spark.duckdb")), monkeypatch, capsys)


def users_of(warehouse: Path) -> list[int]:
    """Random users."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        known = connection.execute("select user_id from lists.users order by user_id").fetchall()
    return [int(user) for (user,) in np.random.default_rng(2).choice(known, 2, replace=False)]


def test_every_interface_gives_the_same_list(answers: Answers) -> None:
    for user in users_of(answers.warehouse):
        found = {name: in_common(rows) for name, rows in answers.recommend(str(user), 5).items()}
        assert len(found["SQL"]) == 5
        for name, rows in found.items():
            assert rows == found["SQL"], (user, name)


def test_lists_on_request_and_their_parts_are_computed_over_the_store(answers: Answers) -> None:
    with reading(answers.warehouse) as connection:
        recommender = Recommender(connection, answers.warehouse)
        for model in recommender.models:
            for user in users_of(answers.warehouse):
                (listed,) = recommender.blocks(RecommendRequest(3, model, diversity=0.2), [user])
                for row in listed.to_pylist():
                    parts = recommender.explain(user, row["item_id"], model)
                    assert score(parts) == pytest.approx(row["score"], abs=1e-9), (model, user)
    with recsys.open(answers.warehouse) as warehouse:
        chosen = warehouse.recommend(user, 3, where="interactions > 0").to_arrow_table()
    assert chosen.num_rows == 3
