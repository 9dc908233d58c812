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

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from scipy.stats import rankdata
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, embedding, embedding_bag

from recsys.errors import UnavailableError
from recsys.learners.row_table import RowTable
from recsys.learners.settings import parse
from recsys.learners.vectors import Batch, Inputs, Items, Sampler, Vectors, ahead, distinct, positions
from recsys.project.contract import Context, Relation

# Candidates scored at a time: bounds the memory of the vectors that are encoded at once.
_CHUNK = 4096

_CURVE = pa.schema(
    {
        "epoch": pa.int32(),
        "train_loss": pa.float64(),
        "validation_loss": pa.float64(),
        "validation_auc": pa.float64(),
        "is_kept": pa.bool_(),
    }
)


@dataclass(frozen=True)
class AutoencoderSettings:
    """``patience`` epochs without a better validation loss end the training; the best epoch is kept."""

    hidden: int
    dropout: float
    hidden_share: float
    negatives: int
    input_limit: int
    batch_users: int
    learning_rate: float
    epochs: int
    patience: int
    validation_share: float
    seed: int


@dataclass(frozen=True)
class Epoch:
    """One pass over the training users; AUC is NULL where the held-out ones have nothing to order."""

    epoch: int
    train_loss: float
    validation_loss: float
    validation_auc: float | None


class Autoencoder(nn.Module):
    """From the items a user rated, and how, to the user's score of any item.

    Each item has three vectors: that it was rated, how it deviates from the user's mean, and its output. The
    last row of each table stands for "none" and stays zero. A step takes from a table the rows that it needs,
    each once, and so its gradient has no other rows.
    """

    def __init__(self, parents: np.ndarray, hidden: int, dropout: float, base: float) -> None:
        super().__init__()
        none = len(parents)
        self.parents = np.append(parents, none)
        self.rated, self.deviation, self.output = (RowTable(none, hidden, 0.05) for _ in range(3))
        self.bias = RowTable(none, 1, 0.0)
        self.hidden = nn.Linear(hidden, hidden)
        self.dropout = nn.Dropout(dropout)
        self.base = base

    def encode(self, inputs: Inputs) -> Tensor:
        """The users' codes (users, hidden)."""
        rows, items = self.distinct(inputs.items)
        offsets, weights = self.tensor(inputs.offsets), self.tensor(inputs.deviations)
        rated = embedding_bag(items, self.rated(rows), offsets, mode="sum")
        how = embedding_bag(items, self.deviation(rows), offsets, mode="sum", per_sample_weights=weights)
        # By the root of the count: a sum of independent vectors grows like it.
        total = (rated + how) / torch.sqrt(self.tensor(inputs.counts)[:, None] + 1.0)
        code = self.dropout(torch.tanh(total))
        return code + torch.tanh(self.hidden(code))

    def decoders(self, items: np.ndarray, parents: np.ndarray) -> tuple[Tensor, Tensor]:
        """Vectors (items, hidden) and biases (items, 1): each item's and its artist's together."""
        rows, places = self.distinct(np.concatenate([items, parents]))
        own, artists = places[: len(items)], places[len(items) :]
        vectors, biases = self.output(rows), self.bias(rows)
        return tuple(embedding(own, table) + embedding(artists, table) for table in (vectors, biases))

    def loss(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Mean logistic loss over a batch's entries, 0 if it has none, and their log-odds."""
        items, places = distinct(batch.items, len(self.parents))
        vectors, biases = (
            embedding(self.tensor(places), table) for table in self.decoders(items, self.parents[items])
        )
        codes = embedding(self.tensor(batch.owners), self.encode(batch.inputs))
        scores = self.score(codes, vectors, biases)
        targets = self.tensor(batch.targets)
        total = binary_cross_entropy_with_logits(scores, targets, reduction="sum")
        return total / max(1, len(targets)), scores

    def score(self, codes: Tensor, vectors: Tensor, biases: Tensor) -> Tensor:
        """Log-odds of entries, given each one's code, vector and bias."""
        return (vectors * codes).sum(dim=1) + biases[:, 0] + self.base

    def distinct(self, items: np.ndarray) -> tuple[Tensor, Tensor]:
        return tuple(map(self.tensor, distinct(items, len(self.parents))))

    def tensor(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(values).to(self.hidden.weight.device)


class Steps:
    """Steps of Adam: lazily on the tables, on the rest as ever."""

    def __init__(self, model: Autoencoder, rate: float) -> None:
        self.tables = [part for part in model.modules() if isinstance(part, RowTable)]
        self.rest = torch.optim.Adam(model.parameters(), lr=rate, fused=True)
        self.rate, self.number = rate, 0

    def take(self, loss: Tensor) -> None:
        """One step down the ``loss``."""
        self.number += 1
        self.rest.zero_grad()
        loss.backward()
        self.rest.step()
        for table in self.tables:
            table.step(self.number, self.rate)


def fit_score(
    inputs: Mapping[str, Relation], settings: Mapping[str, Any], context: Context
) -> Mapping[str, pa.Table]:
    """Train on ``ratings``, whose items ``items`` describes, and predict the album of each candidate.

    ``candidates`` are (user_id, track_id, item_id, parent_id). ``features.autoencoder`` says in ``source``
    what a prediction rests on: the 'album', only its 'artist', or neither ('global', the mean target).
    ``features.autoencoder_curve`` has the losses of each epoch.
    """
    chosen = parse(AutoencoderSettings, settings)
    items, candidates = Items.of(inputs["items"].arrow()), inputs["candidates"].arrow()
    vectors = Vectors.of(inputs["ratings"].arrow(), items, candidates["user_id"].to_numpy())
    with torch.random.fork_rng(devices=[]), _single_thread():
        torch.manual_seed(chosen.seed)
        model, curve = fit(vectors, items, chosen, context)
        predictions = predict(model, vectors, items, candidates)
    return {"features.autoencoder": predictions, "features.autoencoder_curve": curve}


def fit(
    vectors: Vectors, items: Items, settings: AutoencoderSettings, context: Context
) -> tuple[Autoencoder, pa.Table]:
    """The network of the epoch with the lowest validation loss, and the curve over all epochs."""
    rng = np.random.default_rng(settings.seed)
    sampler = Sampler(vectors, items, settings.hidden_share, settings.negatives, settings.input_limit)
    shuffled = rng.permutation(len(vectors.users))
    held_out = max(1, round(settings.validation_share * len(shuffled)))
    validation, training = sampler.draw(shuffled[:held_out], rng), shuffled[held_out:]
    model = Autoencoder(items.parents, settings.hidden, settings.dropout, _base(validation))
    model = model.to(_device(context.device))
    steps = Steps(model, settings.learning_rate)
    best, weights, curve = 0, model.state_dict(), []
    for number in range(1, settings.epochs + 1):
        loss = _train(model, steps, sampler, rng.permutation(training), settings, rng)
        curve.append(Epoch(number, loss, *_validate(model, validation)))
        context.report(number / settings.epochs, f"validation loss {curve[-1].validation_loss:.4f}")
        if curve[-1].validation_loss < min((epoch.validation_loss for epoch in curve[:-1]), default=np.inf):
            best, weights = number, deepcopy(model.state_dict())
        if number - best >= settings.patience:
            break
    model.load_state_dict(weights)
    return model.eval(), _curve_table(curve, best)


def predict(model: Autoencoder, vectors: Vectors, items: Items, candidates: pa.Table) -> pa.Table:
    """``candidates (user_id, track_id, item_id, parent_id)`` with their ``prediction`` and its ``source``."""
    item, parent = (
        positions(items.ids, candidates[name].fill_null(-1).to_numpy()) for name in ("item_id", "parent_id")
    )
    rows = positions(vectors.users, candidates["user_id"].to_numpy())
    scores = np.empty(len(rows), dtype=np.float64)
    order = np.argsort(rows, kind="stable")
    for chunk in np.split(order, range(_CHUNK, len(order), _CHUNK)):
        scores[chunk] = _scores(model, vectors, rows[chunk], item[chunk], parent[chunk])
    source = np.where(item < len(items), "album", np.where(parent < len(items), "artist", "global"))
    predictions = candidates.select(["user_id", "track_id"])
    predictions = predictions.append_column("prediction", pa.array(100.0 / (1.0 + np.exp(-scores))))
    return predictions.append_column("source", pa.array(source))


@torch.no_grad()
def _scores(
    model: Autoencoder, vectors: Vectors, rows: np.ndarray, item: np.ndarray, parent: np.ndarray
) -> np.ndarray:
    users, owners = np.unique(rows, return_inverse=True)
    codes = model.encode(Inputs.of(vectors, users))[model.tensor(owners)]
    return model.score(codes, *model.decoders(item, parent)).cpu().numpy()


def _train(
    model: Autoencoder,
    steps: Steps,
    sampler: Sampler,
    rows: np.ndarray,
    settings: AutoencoderSettings,
    rng: np.random.Generator,
) -> float:
    """One epoch over the users ``rows``; the mean of the batches' losses."""
    model.train()
    losses = []
    size = settings.batch_users
    batches = (sampler.draw(rows[start : start + size], rng) for start in range(0, len(rows), size))
    for batch in ahead(batches):
        loss, _ = model.loss(batch)
        steps.take(loss)
        losses.append(loss.item())
    return float(np.mean(losses)) if losses else 0.0


@torch.no_grad()
def _validate(model: Autoencoder, batch: Batch) -> tuple[float, float | None]:
    """The loss on held-out users, and how often a liked entry scores above another one (AUC)."""
    model.eval()
    loss, scores = model.loss(batch)
    liked = batch.targets > 0.5
    pairs = int(liked.sum()) * int((~liked).sum())
    if not pairs:
        return loss.item(), None
    lowest = liked.sum() * (liked.sum() + 1) / 2
    return loss.item(), float((rankdata(scores.cpu().numpy())[liked].sum() - lowest) / pairs)


def _curve_table(curve: list[Epoch], best_epoch: int) -> pa.Table:
    rows = [asdict(epoch) | {"is_kept": epoch.epoch == best_epoch} for epoch in curve]
    return pa.Table.from_pylist(rows, schema=_CURVE)


def _base(batch: Batch) -> float:
    """The log-odds of the mean target: what the network says before it has learned anything."""
    mean = float(np.clip(batch.targets.mean(), 0.01, 0.99)) if len(batch.targets) else 0.5
    return float(np.log(mean / (1.0 - mean)))


def _device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise UnavailableError("--device cuda: PyTorch finds no CUDA device, --device cpu does without")
    return torch.device(name)


@contextmanager
def _single_thread() -> Iterator[None]:
    """Float sums in one order: two threads give scores that differ in the fifth decimal from run to run."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
