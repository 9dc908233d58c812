"""A denoising autoencoder over users' rating vectors, asked for the album that a user has not rated.

After AutoRec (Sedhain et al. 2015), with the corruption of collaborative denoising autoencoders (Wu et al.
2016): half of a user's ratings are hidden, and the network predicts the hidden ones from the others. Two
things differ. A hidden rating is joined by items that the user never rated, with the target 0, since the
question about a candidate is whether the user would meet *and* like it. And the decoder's vector of an album
is the sum of its own and its artist's, so that an album with few ratings, or none, leans on its artist.

A prediction is on the scale of ratings, 0..100: the rating expected from the user, an item never met counting
as 0, when rated and unrated are taken to be equally likely beforehand. The logistic loss with the rating
itself as its target makes it an expectation, without a label and without a scaling step afterwards.
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

# Candidates scored at a time: bounds the memory of the vectors that are encoded at once.
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
    """Train on ``ratings``, whose items ``items`` describes, and predict the album of each candidate.

    ``candidates`` are (user_id, track_id, item_id, parent_id). ``features.autoencoder`` says in ``source``
    what a prediction rests on: the 'album', only its 'artist', or neither ('global', the mean target).
    ``features.autoencoder_curve`` has the losses of each epoch. Ratings and candidates are read in pieces,
    and what is known of a user lies on the disk until a step asks for it.
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
            yield from predicted(model, vectors, items, inputs["candidates"].batches(16 * _CHUNK))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    return {
        "features.autoencoder": pa.RecordBatchReader.from_batches(_PREDICTIONS, predictions()),
        "features.autoencoder_curve": curve,
    }


def predicted(
    model: Autoencoder, vectors: Vectors, items: Items, candidates: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """``candidates (user_id, track_id, item_id, parent_id)`` with their ``prediction`` and its ``source``."""
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
    users, owners = np.unique(rows, return_inverse=True)
    codes = model.encode(Inputs.of(vectors, users))[model.tensor(owners)]
    return model.score(codes, *model.decoders(item, parent)).cpu().numpy()


@contextmanager
def single_thread() -> Iterator[None]:
    """Float sums in one order: two threads give scores that differ in the fifth decimal from run to run."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
