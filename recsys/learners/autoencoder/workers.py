"""Training of the autoencoder on the workers of a cluster, by Spark's TorchDistributor.

Each worker runs one process with a copy of the network. It reads the users of its part of a step from the
files of the vectors on shared storage. Workers need Python with ``recsys[learners,spark]``.
"""

from __future__ import annotations

import logging
import os
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch

from recsys.backends.spark import session as spark_session
from recsys.errors import UnavailableError
from recsys.learners.autoencoder import training
from recsys.learners.autoencoder.network import Autoencoder
from recsys.learners.autoencoder.process_group import Group
from recsys.learners.common.settings import parse
from recsys.learners.common.vectors import Items, Vectors
from recsys.project.contract import Context

PACKAGES = ("torch", "numba", "pandas", "pyarrow")  # TorchDistributor needs pandas
BASE = "base log odds"  # key among the weights
LOOPBACK = ("127.0.0.1", "localhost")
VOCABULARY, NETWORK, CURVE, FAILURE = "vocabulary.npz", "network.npz", "curve.parquet", "failure-{}.txt"


def count(wanted: int, context: Context) -> int:
    """Return the number of processes to train with.

    Parameters
    ----------
    wanted : int
        Processes, or 0 for one per worker that has the packages.
    context : Context

    Returns
    -------
    int

    Raises
    ------
    UnavailableError
        Fewer workers than wanted have the packages.
    """
    if wanted == 1 or not context.has_frames:
        return 1
    able = wanted or spark_session.executors(spark_session.session(context))
    if able < 2 or spark_session.have_packages(PACKAGES, context, able):
        return max(1, able)
    if not wanted:
        context.report(0.0, f"workers without Python and {', '.join(PACKAGES)}: training on this machine")
        return 1
    lacking = f"a worker lacks this Python version with {', '.join(PACKAGES)}"
    raise UnavailableError(f"autoencoder.workers={wanted}: {lacking}; install recsys[learners,spark] there")


def fit(
    count: int, folder: Path, items: Items, settings: Mapping[str, Any], context: Context
) -> tuple[Autoencoder, pa.Table]:
    """Train with ``count`` processes; otherwise like `recsys.learners.autoencoder.training.fit`.

    Parameters
    ----------
    count : int
    folder : Path
        Files of the vectors, on storage shared by the workers.
    items : Items
    settings : mapping
        Keys of `AutoencoderSettings`.
    context : Context

    Returns
    -------
    model : Autoencoder
    curve : pyarrow.Table

    Raises
    ------
    UnavailableError
        A worker fails.
    """
    from pyspark.ml.torch.distributor import TorchDistributor

    np.savez(folder / VOCABULARY, ids=items.ids, parents=items.parents, draws=items.draws)
    context.report(0.0, f"{count} workers are training")
    with spark_session.spark_failures():
        spark_session.session(context)
        together = TorchDistributor(num_processes=count, local_mode=False, use_gpu=False)
        together.logger.setLevel(logging.ERROR)
        together.run(train, str(folder), dict(settings))
    for failure in folder.glob(FAILURE.format("*")):
        raise UnavailableError(f"a worker failed to train: {failure.read_text().strip().splitlines()[-1]}")
    chosen = parse(training.AutoencoderSettings, settings)
    with np.load(folder / NETWORK) as stored:
        weights = {name: torch.from_numpy(stored[name]) for name in stored.files}
    model = Autoencoder(items.parents, chosen.hidden, chosen.dropout, float(weights.pop(BASE)))
    model.load_state_dict(weights)
    return model.eval(), pq.read_table(folder / CURVE)


def train(folder: str, settings: dict[str, Any]) -> None:
    """Run one training process: the first writes the model, a failing one writes its error.

    Parameters
    ----------
    folder : str
        Files of the vectors; also receives the model.
    settings : dict
        Keys of `AutoencoderSettings`.
    """
    place = Path(folder)
    try:
        _train(place, settings)
    except Exception:
        rank = os.environ.get("RANK", "0")
        (place / FAILURE.format(rank)).write_text(traceback.format_exc())


def _train(folder: Path, settings: Mapping[str, Any]) -> None:
    if os.environ.get("MASTER_ADDR") in LOOPBACK:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo")
    try:
        with np.load(folder / VOCABULARY) as stored:
            items = Items(stored["ids"], stored["parents"], stored["draws"])
        chosen, peers = parse(training.AutoencoderSettings, settings), Group()
        torch.manual_seed(chosen.seed)
        context = Context(scratch=folder, device="cpu")
        model, curve = training.fit(Vectors.open(folder, items), items, chosen, context, peers)
        if peers.rank == 0:
            weights: dict[str, Any] = {name: part.numpy() for name, part in model.state_dict().items()}
            np.savez(folder / NETWORK, **weights | {BASE: model.base})
            pq.write_table(curve, folder / CURVE)
        torch.distributed.barrier()
    finally:
        torch.distributed.destroy_process_group()
