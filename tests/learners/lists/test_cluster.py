"""Lists on a cluster: the workers' lists are those of one process, and Spark's factors find known structure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from recsys.backends.spark import session as spark_session
from recsys.engine.folds import InMemoryRelation
from recsys.learners.lists import cluster, ials, learner
from recsys.learners.lists.interactions import Interactions
from recsys.learners.lists.weighting import weights
from recsys.project.contract import Context
from tests.learners.lists.worlds import random_table, table
from tests.relations import held, read

pytest.importorskip("pyspark", reason="the extra 'spark' is not installed")


@dataclass(frozen=True)
class OnCluster(InMemoryRelation):
    """A relation that the workers read too."""

    def frame(self, context: Context) -> Any:
        return spark_session.frame(context, self.arrow())


@dataclass(frozen=True)
class OnlyOnCluster(OnCluster):
    """A relation of the data's size, which doesn't fit into this process."""

    def frame(self, context: Context) -> Any:
        return spark_session.frame(context, self.table)

    def arrow(self) -> pa.Table:
        raise AssertionError("came to this process")


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    yield Context(
        scratch=tmp_path_factory.mktemp("scratch"), threads=2, memory_bytes=2 << 30, has_frames=True
    )
    spark_session.stop()


def known(users: int = 40, items: int = 60) -> pa.Table:
    """Interactions as ``lists.interactions`` has them."""
    found = random_table(users, items)
    narrow = {name: found[name].cast(pa.int32()) for name in ("user_id", "item_id")}
    zeros = pa.array(np.zeros(found.num_rows, np.int64))
    return pa.table(
        {**{name: narrow.get(name, found[name]) for name in found.column_names}, "value": found["rating"]}
    ).append_column("time", zeros)


def inputs(history: pa.Table, chosen: str) -> dict[str, pa.Table]:
    """Return the inputs of lists: users with a history and a new one, factors, and a held-out item."""
    everything = Interactions.from_table(history)
    model = ials.fit(everything, ials.IalsParameters("grades", 4, 0.3, 0.02, 3), threads=1)
    ids = pa.array(everything.item_ids, pa.int32())
    users = pa.array([*everything.user_ids, 9999], pa.int32())
    settings = [("factors", key, str(value)) for key, value in vars(model.parameters).items()]
    return {
        "interactions": history,
        "items": pa.table(
            {
                "item_id": ids,
                "like_count": everything.like_counts,
                "interaction_count": everything.rater_counts,
            }
        ),
        "users": pa.table({"user_id": users}),
        "held_out": pa.table({"user_id": users[:1], "item_id": ids[-1:]}),
        "chosen": pa.Table.from_arrays(
            [pa.array(column) for column in zip(*settings, strict=True)], schema=learner.SETTINGS
        ),
        "model": pa.table({"model": [chosen]}),
        "factors": model.to_tables()["item_factors"],
        "popularity": pa.table(
            {"item_id": ids, "score": pa.array(everything.like_counts).cast(pa.float64())}
        ),
        "both": pa.table({"model": ["factors", "popularity"], "weight": [0.7, 0.3]}),
    }


MODELS = {
    "popularity": {"kind": "item_scores"},
    "factors": {"kind": "factors"},
    "both": {"kind": "blend"},
}
SETTINGS = {"models": MODELS, "length": 7, "solver": "auto"}


@pytest.mark.parametrize("chosen", ["popularity", "factors", "both"])
def test_workers_make_the_lists_that_one_process_makes(context: Context, chosen: str) -> None:
    given = inputs(known(), chosen)
    alone = read(learner.recommend(held(given), SETTINGS, replace(context, has_frames=False)))
    there = {name: OnCluster(one) for name, one in given.items()}
    there |= {name: OnlyOnCluster(given[name]) for name in ("interactions", "users")}
    frame = learner.recommend(there, SETTINGS, context)["marts.recommendations"]
    found, expected = (
        made.sort_by([("user_id", "ascending"), ("rank", "ascending")]).to_pylist()
        for made in (frame.toArrow(), alone["marts.recommendations"])
    )
    assert len(expected) == 41 * 7
    for one, other in zip(found, expected, strict=True):
        assert one == {**other, "score": pytest.approx(other["score"], abs=1e-9)}


def test_lists_are_made_here_where_a_worker_lacks_python(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "PACKAGES", ("no_such_package",))
    messages: list[str] = []
    told = replace(context, report=lambda fraction, message: messages.append(message))
    there = {name: OnCluster(one) for name, one in inputs(known(), "popularity").items()}
    made = read(learner.recommend(there, SETTINGS, told))["marts.recommendations"]
    assert made.num_rows == 41 * 7
    assert "workers without Python and no_such_package: lists are made here" in messages


def test_factors_of_spark_find_the_two_tastes(context: Context) -> None:
    rng = np.random.default_rng(1)
    rows, columns = np.nonzero(rng.random((60, 40)) < 0.5)
    same = rows % 2 == columns % 2
    rows, columns = rows[same].astype(np.int32), columns[same].astype(np.int32)
    ones = np.ones(len(rows))
    history = table(rows, columns, 100 * ones, ones > 0, np.arange(len(rows)))
    parameters = ials.IalsParameters("ones", 2, 0.1, 0.01, 10)
    settings = [("ials", key, str(value)) for key, value in vars(parameters).items()]
    given = {
        "interactions": OnlyOnCluster(history),
        "items": OnCluster(pa.table({"item_id": np.arange(40, dtype=np.int32)})),
        "chosen": OnCluster(
            pa.Table.from_arrays(
                [pa.array(part) for part in zip(*settings, strict=True)], schema=learner.SETTINGS
            )
        ),
    }
    learned = learner.fit_ials(given, {"model": "ials", "solver": "auto"}, context)["lists.ials"].toArrow()
    learned = learned.sort_by("item_id").combine_chunks()
    factors = learned["factors"].combine_chunks().flatten().to_numpy().reshape(40, 2)
    model = ials.IalsModel(learned["item_id"].to_numpy().astype(np.int64), factors, parameters)
    scores = model.scores(Interactions.from_table(history))
    alike = np.add.outer(np.arange(60), np.arange(40)) % 2 == 0
    assert scores[alike].min() > 0.5
    assert abs(scores[~alike]).max() < 0.1


@pytest.mark.parametrize("weighting", ["ones", "likes", "grades"])
def test_strengths_are_those_of_one_process(context: Context, weighting: str) -> None:
    history = known()
    strengths = cluster.strengths(spark_session.frame(context, history), weighting).toArrow()
    expected = weights(Interactions.from_table(history), weighting).data
    ordered = strengths.sort_by([("user_id", "ascending"), ("item_id", "ascending")])
    np.testing.assert_allclose(ordered["strength"].to_numpy(), expected, rtol=1e-6)
