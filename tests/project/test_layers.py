"""The layers of the shipped models point one way."""

from __future__ import annotations

import pytest

from recsys.project import LAYERS, Project
from recsys.project.model import may_read

CUP = ("test", "train", "labels", "truth", "tracks", "albums", "artists", "genres", "submissions")
PARQUET = ("ratings", "candidates", "items", "users", "tracks", "albums", "artists", "genres", "labels")


@pytest.mark.parametrize("present", [CUP, PARQUET], ids=["cup", "parquet"])
def test_no_model_reads_a_layer_above_its_own(present: tuple[str, ...]) -> None:
    project = Project.load(present=present)
    own = [name for name, model in project.models.items() if not model.substitutes]
    reads = [
        (name, ref)
        for name in own
        for ref in project.render(name).refs
        if not project.writers[ref].substitutes and project.models[name].materialized != "check"
    ]
    assert len(reads) > 200
    assert [pair for pair in reads if not may_read(*(project.writers[one].layer for one in pair))] == []


def test_a_layer_may_read_itself_and_those_before_it() -> None:
    assert may_read("marts", "staging")
    assert may_read("marts", "marts")
    assert not may_read("learned", "marts")
    assert not may_read("validation", "learned")
    assert may_read("features", "scores")  # stacked models
    assert may_read("scratch", "marts")  # a schema without an order


def test_macros_come_last() -> None:
    assert LAYERS[-2:] == ("internal", "main")
