"""Training of the autoencoder: epochs over the users with early stopping on held-out users."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa
import torch
from scipy.stats import rankdata
from torch import Tensor
from torch.optim.adam import adam

from recsys.errors import UnavailableError
from recsys.learners.autoencoder.batches import Batch, Sampler, prefetch
from recsys.learners.autoencoder.embedding import DECAYS, EPSILON, RowTable
from recsys.learners.autoencoder.network import Autoencoder
from recsys.learners.autoencoder.process_group import ALONE, Peers
from recsys.learners.common.vectors import Items, Vectors
from recsys.project.contract import Context

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
    """Settings of `recsys.learners.autoencoder.learner.fit_predict`.

    Attributes
    ----------
    hidden : int
        Size of the code.
    dropout : float
        Share of the code that a step leaves out.
    hidden_share : float
        Share of a user's ratings that a step hides.
    negatives : int
        Sampled negatives per hidden rating.
    input_limit : int
        Ratings of a user per step, about.
    batch_users : int
        Users per step.
    learning_rate : float
    epochs : int
        Most epochs.
    patience : int
        Epochs without a better validation loss that end the training; the best epoch is kept.
    validation_share : float
        Share of the users that are held out.
    seed : int
    workers : int
        Processes of a cluster that train, 0 for all that can.
    """

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
    workers: int


@dataclass(frozen=True)
class Epoch:
    """Record one pass over the training users; AUC is None without pairs to order."""

    epoch: int
    train_loss: float
    validation_loss: float
    validation_auc: float | None


class Optimizer:
    """Apply Adam: lazily to the embedding tables, densely to the other parameters.

    The function behind `torch.optim.Adam` is called: the class imports a compiler for a second.
    """

    def __init__(self, model: Autoencoder, rate: float, peers: Peers) -> None:
        self.model, self.peers = model, peers
        self.tables = [part for part in model.modules() if isinstance(part, RowTable)]
        self.rest = list(model.parameters())
        self.means, self.squares = ([torch.zeros_like(one) for one in self.rest] for _ in range(2))
        self.steps = [torch.zeros((), device=one.device) for one in self.rest]
        self.rate, self.number = rate, 0

    def step(self, loss: Tensor) -> None:
        """Take one step down the ``loss``."""
        self.number += 1
        self.model.zero_grad()
        loss.backward()
        self.peers.sum_gradients(self.model)
        with torch.no_grad():
            adam(
                self.rest,
                [one.grad if one.grad is not None else torch.zeros_like(one) for one in self.rest],
                self.means,
                self.squares,
                [],
                self.steps,
                fused=True,
                amsgrad=False,
                beta1=DECAYS[0],
                beta2=DECAYS[1],
                lr=self.rate,
                weight_decay=0.0,
                eps=EPSILON,
                maximize=False,
            )
        for table in self.tables:
            table.step(self.number, self.rate, self.peers)


def fit(
    vectors: Vectors,
    items: Items,
    settings: AutoencoderSettings,
    context: Context,
    peers: Peers = ALONE,
) -> tuple[Autoencoder, pa.Table]:
    """Train with early stopping; keep the epoch with the lowest validation loss.

    With peers, each takes its part of the users of every step and draws examples for these only.

    Parameters
    ----------
    vectors : Vectors
    items : Items
    settings : AutoencoderSettings
    context : Context
    peers : Peers, default `ALONE`

    Returns
    -------
    model : Autoencoder
        In evaluation mode.
    curve : pyarrow.Table
        Losses and AUC of each epoch.

    Raises
    ------
    UnavailableError
        The device is not available.
    """
    rng = np.random.default_rng(settings.seed)
    sampler = Sampler(vectors, items, settings.hidden_share, settings.negatives, settings.input_limit)
    shuffled = rng.permutation(len(vectors.users))
    held_out = max(1, round(settings.validation_share * len(shuffled)))
    validation, training = sampler.draw(shuffled[:held_out], rng), shuffled[held_out:]
    draws = rng if peers.count == 1 else np.random.default_rng([settings.seed, peers.rank])
    model = Autoencoder(items.parents, settings.hidden, settings.dropout, _base(validation))
    model = model.to(_device(context.device))
    optimizer = Optimizer(model, settings.learning_rate, peers)
    best, weights, curve = 0, model.state_dict(), list[Epoch]()
    for number in range(1, settings.epochs + 1):
        loss = _train(optimizer, sampler, rng.permutation(training), settings, draws)
        curve.append(Epoch(number, loss, *_validate(model, validation, peers)))
        context.report(number / settings.epochs, f"validation loss {curve[-1].validation_loss:.4f}")
        if curve[-1].validation_loss < min((epoch.validation_loss for epoch in curve[:-1]), default=np.inf):
            best, weights = number, deepcopy(model.state_dict())
        if number - best >= settings.patience:
            break
    model.load_state_dict(weights)
    return model.eval(), _curve_table(curve, best)


def _train(
    optimizer: Optimizer,
    sampler: Sampler,
    rows: np.ndarray,
    settings: AutoencoderSettings,
    rng: np.random.Generator,
) -> float:
    """Train one epoch on the users ``rows``; return the mean loss of the batches."""
    model, peers, losses = optimizer.model.train(), optimizer.peers, []
    starts = range(0, len(rows), settings.batch_users)
    parts = (rows[start : start + settings.batch_users][peers.rank :: peers.count] for start in starts)
    for batch in prefetch(sampler.draw(part, rng) for part in parts):
        loss, _ = model.loss(batch, peers.total(len(batch.targets)))
        optimizer.step(loss)
        losses.append(peers.total(loss.item()))
    return float(np.mean(losses)) if losses else 0.0


@torch.no_grad()
def _validate(model: Autoencoder, batch: Batch, peers: Peers) -> tuple[float, float | None]:
    """Return loss and AUC on held-out users: how often a liked entry scores above another one.

    All peers use the loss of the first.
    """
    model.eval()
    own, scores = model.loss(batch)
    loss = peers.broadcast(own.item())
    liked = batch.targets > 0.5
    pairs = int(liked.sum()) * int((~liked).sum())
    if not pairs:
        return loss, None
    lowest = liked.sum() * (liked.sum() + 1) / 2
    return loss, float((rankdata(scores.cpu().numpy())[liked].sum() - lowest) / pairs)


def _curve_table(curve: list[Epoch], best_epoch: int) -> pa.Table:
    rows = [asdict(epoch) | {"is_kept": epoch.epoch == best_epoch} for epoch in curve]
    return pa.Table.from_pylist(rows, schema=_CURVE)


def _base(batch: Batch) -> float:
    """Return the log odds of the mean target, the network's output before training."""
    mean = float(np.clip(batch.targets.mean(), 0.01, 0.99)) if len(batch.targets) else 0.5
    return float(np.log(mean / (1.0 - mean)))


def _device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise UnavailableError("--device cuda: PyTorch finds no CUDA device; use --device cpu")
    return torch.device(name)
