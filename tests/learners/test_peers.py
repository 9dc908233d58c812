"""Processes that learn together move as one that learns alone, and Spark's workers are such processes."""

from __future__ import annotations

import logging
import multiprocessing
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from pyspark.ml.torch import distributor

from recsys.backends.spark import session as spark_session
from recsys.engine.folds import InMemoryRelation
from recsys.errors import UnavailableError
from recsys.learners.autoencoder import learner as autoencoder
from recsys.learners.autoencoder import workers
from recsys.learners.autoencoder.batches import Batch, Inputs
from recsys.learners.autoencoder.network import Autoencoder
from recsys.learners.autoencoder.process_group import ALONE, Group, Peers
from recsys.learners.autoencoder.training import Optimizer
from recsys.learners.common.vectors import Items, Vectors
from recsys.project.contract import Context
from tests.backends.spark.standalone import free_port
from tests.learners.test_autoencoder import SETTINGS, world
from tests.relations import held

USERS = np.arange(41)  # an odd number: one process has more of them
STEPS = 3


def shown(vectors: Vectors, rows: np.ndarray) -> Batch:
    """Every rating of these users is known, and asked for."""
    ratings = vectors.ratings[rows]
    owners = np.repeat(np.arange(len(rows)), np.diff(ratings.indptr))
    return Batch(Inputs.of(vectors, rows), owners, ratings.indices.astype(np.int64), ratings.data)


def moved(vectors: Vectors, items: Items, peers: Peers) -> list[np.ndarray]:
    """The weights after some steps on the same users; each process has a part of them."""
    torch.manual_seed(5)
    model = Autoencoder(items.parents, 8, 0.0, 0.1)
    optimizer = Optimizer(model, 0.02, peers)
    for _ in range(STEPS):
        batch = shown(vectors, USERS[peers.rank :: peers.count])
        optimizer.step(model.loss(batch, peers.total(len(batch.targets)))[0])
    return [part.numpy() for part in model.state_dict().values()]


def of_a_group(rank: int, folder: Path, items: Items, answers: Any) -> None:
    torch.distributed.init_process_group("gloo", f"file://{folder / 'meeting'}", rank=rank, world_size=2)
    answers.put((rank, moved(Vectors.open(folder, items), items, Group())))
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()


def test_two_processes_move_as_one_does(tmp_path: Path) -> None:
    tables = world()
    items = Items.of(tables["items"])
    with torch.random.fork_rng(devices=[]):
        alone = moved(Vectors.of(InMemoryRelation(tables["ratings"]), items, tmp_path), items, ALONE)
    spawning = multiprocessing.get_context("spawn")
    answers = spawning.Queue()
    process = spawning.Process(target=of_a_group, args=(1, tmp_path, items, answers))
    process.start()
    with torch.random.fork_rng(devices=[]):
        of_a_group(0, tmp_path, items, answers)
    found = dict(answers.get(timeout=120) for _ in range(2))
    process.join()
    for one, other, both in zip(alone, found[0], found[1], strict=True):
        assert np.array_equal(other, both)
        assert other == pytest.approx(one, abs=1e-5)


@pytest.fixture
def cluster(context: Context, tmp_path: Path) -> Context:
    """Two threads of this machine that Spark takes for workers."""
    return replace(context, has_frames=True, shared=tmp_path)


def test_workers_of_spark_learn_together(cluster: Context) -> None:
    made = autoencoder.fit_predict(held(world()), SETTINGS | {"workers": 2, "epochs": 3}, cluster)
    predictions = made["features.autoencoder"].read_all()
    curve = made["features.autoencoder_curve"]
    assert isinstance(curve, pa.Table)
    losses = curve["validation_loss"].to_pylist()
    assert len(losses) == 3
    assert losses[-1] < losses[0]
    assert predictions["source"].to_pylist() == ["album", "artist", "global", "album"]
    assert list((cluster.shared or Path()).iterdir()) == []


class InThisProcess:
    """Stands for the distributor of Spark: it runs the function of the workers here, as the only one of them."""

    def __init__(self, **_: object) -> None:
        self.logger = logging.getLogger(__name__)

    def run(self, function: Callable[..., None], *arguments: object) -> None:
        settings = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port(), "RANK": 0, "WORLD_SIZE": 1}
        with pytest.MonkeyPatch.context() as patch:
            for name, value in settings.items():
                patch.setenv(name, str(value))
            function(*arguments)


def test_a_worker_that_fails_is_told_of_in_a_line(cluster: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings are looked at where the training is: a share of dropout that is none fails there."""
    monkeypatch.setattr(distributor, "TorchDistributor", InThisProcess)
    with pytest.raises(UnavailableError, match=r"a worker failed to train: \w+Error: .*"):
        autoencoder.fit_predict(held(world()), SETTINGS | {"workers": 2, "dropout": 2.0}, cluster)


def test_workers_without_the_packages_fail_or_are_not_used(
    cluster: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "PACKAGES", ("a_package_that_is_missing",))
    with pytest.raises(UnavailableError, match=r"autoencoder.workers=2: .* install recsys\[learners,spark\]"):
        workers.count(2, cluster)
    monkeypatch.setattr(spark_session, "executors", lambda session: 2)
    assert workers.count(0, cluster) == 1


def test_one_machine_trains_alone(context: Context, cluster: Context) -> None:
    assert [workers.count(wanted, context) for wanted in (0, 1, 2)] == [1, 1, 1]
    assert [workers.count(wanted, cluster) for wanted in (0, 1)] == [1, 1]
