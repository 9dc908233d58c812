"""The network of the autoencoder: from what a user rated to the user's score of any item."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, embedding, embedding_bag

from recsys.learners.autoencoder.batches import Batch, Inputs, distinct
from recsys.learners.autoencoder.embedding import RowTable


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

    def loss(self, batch: Batch, entries: float | None = None) -> tuple[Tensor, Tensor]:
        """Mean logistic loss over a batch's entries, 0 if it has none, and their log-odds.

        Where the batch is a part of one of more ``entries``, its part of their mean.
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
        """Log-odds of entries, given each one's code, vector and bias."""
        return (vectors * codes).sum(dim=1) + biases[:, 0] + self.base

    def distinct(self, items: np.ndarray) -> tuple[Tensor, Tensor]:
        return tuple(map(self.tensor, distinct(items, len(self.parents))))

    def tensor(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(values).to(self.hidden.weight.device)
