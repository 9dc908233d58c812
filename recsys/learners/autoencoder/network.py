"""The autoencoder's network: from a user's ratings to the user's score of any item."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, embedding, embedding_bag

from recsys.learners.autoencoder.batches import Batch, Inputs, distinct
from recsys.learners.autoencoder.embedding import RowTable


class Autoencoder(nn.Module):
    """Encode a user's rated items and score any item.

    Each item has three vectors: for being rated, for the deviation from the user's mean, and for the output.
    The last row of each table stands for "none" and stays zero. A step reads each row that it needs once, so
    its gradient has only those rows.
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
        """Return the users' codes (users, hidden)."""
        rows, items = self.distinct(inputs.items)
        offsets, weights = self.tensor(inputs.offsets), self.tensor(inputs.deviations)
        rated = embedding_bag(items, self.rated(rows), offsets, mode="sum")
        how = embedding_bag(items, self.deviation(rows), offsets, mode="sum", per_sample_weights=weights)
        # A sum of independent vectors grows like the root of their number.
        total = (rated + how) / torch.sqrt(self.tensor(inputs.counts)[:, None] + 1.0)
        code = self.dropout(torch.tanh(total))
        return code + torch.tanh(self.hidden(code))

    def decoders(self, items: np.ndarray, parents: np.ndarray) -> tuple[Tensor, Tensor]:
        """Return vectors (items, hidden) and biases (items, 1): the sums of each item's and its artist's."""
        rows, places = self.distinct(np.concatenate([items, parents]))
        own, artists = places[: len(items)], places[len(items) :]
        vectors, biases = self.output(rows), self.bias(rows)
        return tuple(embedding(own, table) + embedding(artists, table) for table in (vectors, biases))

    def loss(self, batch: Batch, entries: float | None = None) -> tuple[Tensor, Tensor]:
        """Return the mean logistic loss over a batch's entries, 0 if it has none, and their log odds.

        Where the batch is one part of ``entries``, return its part of their mean.
        """
        items, places = distinct(batch.items, len(self.parents))
        vectors, biases = (
            embedding(self.tensor(places), table) for table in self.decoders(items, self.parents[items])
        )
        codes = embedding(self.tensor(batch.owners), self.encode(batch.inputs))
        scores = self.score(codes, vectors, biases)
        targets = self.tensor(batch.targets)
        total = binary_cross_entropy_with_logits(scores, targets, reduction="sum")
        return total / max(1, entries or len(targets)), scores

    def score(self, codes: Tensor, vectors: Tensor, biases: Tensor) -> Tensor:
        """Return the log odds of entries, given each one's code, vector and bias."""
        return (vectors * codes).sum(dim=1) + biases[:, 0] + self.base

    def distinct(self, items: np.ndarray) -> tuple[Tensor, Tensor]:
        """Return the distinct items and each item's place among them, as tensors."""
        return tuple(map(self.tensor, distinct(items, len(self.parents))))

    def tensor(self, values: np.ndarray) -> Tensor:
        """Move an array to the network's device."""
        return torch.from_numpy(values).to(self.hidden.weight.device)
