"""One meaning: every interface gives the same lists and the same parts of a score."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import recsys
from tests.backends.spark.stored import stored
from tests.serving.imported import Answers, in_common, users_of

KINDS = ("stars", "counts", "likes")


@pytest.fixture(params=[f"{kind} {place}" for kind in KINDS for place in ("file", "store")])
def answers(
    request: pytest.FixtureRequest,
    films: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Answers:
    """The answers from a file, and from a file as a cluster leaves it, whose relations are in a store."""
    kind, place = request.param.split()
    warehouse = films(kind)
    return Answers(
        warehouse if place == "file" else stored(warehouse, tmp_path / f"{kind}.duckdb"), monkeypatch, capsys
    )


def test_every_interface_gives_the_same_list_to_random_users(answers: Answers) -> None:
    for user in users_of(answers.warehouse, 2, seed=3):
        found = {name: in_common(rows) for name, rows in answers.recommend(user, 8).items()}
        assert len(found["SQL"]) == 8
        for name, rows in found.items():
            assert rows == found["SQL"], (user, name)


def test_visitors_get_a_list(answers: Answers) -> None:
    """A visitor without an interaction, and one with a single interaction, get a list."""
    with recsys.open(answers.warehouse) as warehouse:
        for values in ({}, {"f3": 1}):
            rows = warehouse.recommend_for(values, k=5).to_arrow_table().to_pylist()
            assert [row["rank"] for row in rows] == [1, 2, 3, 4, 5]
            assert not {row["item"] for row in rows} & values.keys()
