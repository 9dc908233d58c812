"""A denoising autoencoder of users' ratings, which predicts the album of each candidate.

It follows AutoRec (Sedhain et al., 2015) with the corruption of collaborative denoising autoencoders (Wu et
al., 2016): half of a user's ratings are hidden, and the network predicts them from the others. Two things
differ. Hidden ratings are joined by sampled negatives with the target 0, because a candidate is asked for
both: does the user meet it *and* like it. The decoder's vector of an album is the sum of its own and its
artist's, so that an album with few ratings, or none, falls back on its artist.

A prediction is on the scale of ratings, 0 to 100: the expected rating, with an unrated item counted as 0, if
rated and unrated were equally likely beforehand. The logistic loss with the rating as its target makes it an
expectation, without a label and without a scaling step.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from recsys.learners.autoencoder import workers
from recsys.learners.autoencoder.batches import Inputs
from recsys.learners.autoencoder.network import Autoencoder
from recsys.learners.autoencoder.training import AutoencoderSettings, fit
from recsys.learners.common.settings import parse
from recsys.learners.common.vectors import Items, Vectors, positions
from recsys.project.contract import Context, Relation, Rows, proven

# Candidates scored at a time, which bounds memory.
_CHUNK = 4096

_PREDICTIONS = proven(
    pa.schema(
        {
            "user_id": pa.int32(),
            "track_id": pa.int32(),
            "prediction": pa.float64(),
            "source": pa.string(),
        }
    ),
    ("user_id", "track_id"),
)


def fit_predict(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, Rows]:
    """Train on ``ratings`` and predict the album of each candidate.

    Ratings and candidates are read in batches; users' vectors stay on disk until a step reads them.

    Parameters
    ----------
    inputs : mapping of str to Relation
        ``ratings`` (user_id, item_id, rating), ratings of 0 to 100, ``items`` (item_id, parent_id,
        draw_count) and ``candidates`` (user_id, track_id, item_id, parent_id).
    settings : mapping
        Keys of `AutoencoderSettings`.
    context : Context
        Device, cluster, scratch folder and progress reports.

    Returns
    -------
    mapping of str to rows
        ``features.autoencoder`` (user_id, track_id, prediction, source): prediction of 0 to 100, from the
        'album', only its 'artist', or neither ('global', the mean target).
        ``features.autoencoder_curve``: the losses of each epoch.

    Raises
    ------
    UnavailableError
        The device or the wanted workers are not available, or a worker fails.

    References
    ----------
    Sedhain et al., "AutoRec: Autoencoders Meet Collaborative Filtering", 2015.
    Wu et al., "Collaborative Denoising Auto-Encoders for Top-N Recommender Systems", 2016.
    """
    chosen = parse(AutoencoderSettings, settings)
    items = Items.of(inputs["items"].arrow())
    folder = Path(tempfile.mkdtemp(prefix="autoencoder-", dir=context.shared or context.scratch))
    vectors = Vectors.of(inputs["ratings"], items, folder)
    worker_count = workers.count(chosen.workers, context)
    if worker_count > 1:
        model, curve = workers.fit(worker_count, folder, items, settings, context)
    else:
        with single_thread(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(chosen.seed)
            model, curve = fit(vectors, items, chosen, context)

    def predictions() -> Iterator[pa.RecordBatch]:
        try:
            yield from predict(model, vectors, items, inputs["candidates"].batches(16 * _CHUNK))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    return {
        "features.autoencoder": pa.RecordBatchReader.from_batches(_PREDICTIONS, predictions()),
        "features.autoencoder_curve": curve,
    }


def predict(
    model: Autoencoder, vectors: Vectors, items: Items, candidates: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Predict the candidates, batch by batch.

    Parameters
    ----------
    model : Autoencoder
    vectors : Vectors
    items : Items
    candidates : iterable of pyarrow.RecordBatch
        ``user_id``, ``track_id``, ``item_id``, ``parent_id``.

    Yields
    ------
    pyarrow.RecordBatch
        ``user_id``, ``track_id``, ``prediction`` (0 to 100), ``source``.
    """
    for batch in candidates:
        item, parent = (
            positions(items.ids, batch[name].fill_null(-1).to_numpy()) for name in ("item_id", "parent_id")
        )
        rows = positions(vectors.users, batch["user_id"].to_numpy())
        with single_thread():
            scores = [
                _scores(model, vectors, *(part[begin : begin + _CHUNK] for part in (rows, item, parent)))
                for begin in range(0, len(rows), _CHUNK)
            ]
        prediction = 100.0 / (1.0 + np.exp(-np.concatenate([[], *scores])))
        source = np.where(item < len(items), "album", np.where(parent < len(items), "artist", "global"))
        columns = [batch["user_id"], batch["track_id"], pa.array(prediction), pa.array(source, pa.string())]
        yield pa.RecordBatch.from_arrays(columns, schema=_PREDICTIONS)


@torch.no_grad()
def _scores(
    model: Autoencoder, vectors: Vectors, rows: np.ndarray, item: np.ndarray, parent: np.ndarray
) -> np.ndarray:
    """Return the log odds of candidates given by rows of users, items and parents."""
    users, owners = np.unique(rows, return_inverse=True)
    codes = model.encode(Inputs.of(vectors, users))[model.tensor(owners)]
    return model.score(codes, *model.decoders(item, parent)).cpu().numpy()


@contextmanager
def single_thread() -> Iterator[None]:
    """Run PyTorch on one thread: with two, scores differ in the fifth decimal from run to run."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
