"""An embedding table with a lazy Adam step over the rows that were read.

Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015, in its lazy form: the moments of a row
decay only when a step reads it. With 90,000 items, dense gradients take most of a step, and PyTorch's own
SparseAdam half of it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from recsys.learners.autoencoder import embedding_kernels
from recsys.learners.autoencoder.process_group import ALONE, Peers

DECAYS = 0.9, 0.999
EPSILON = 1e-8


class RowTable(nn.Module):
    """Hold ``weight`` (rows + 1, columns), normally distributed at first; the last row, "none", is zero."""

    weight: Tensor
    mean: Tensor
    square: Tensor

    def __init__(self, rows: int, columns: int, deviation: float) -> None:
        super().__init__()
        self.register_buffer("weight", torch.zeros(rows + 1, columns))
        self.weight[:rows].normal_(std=deviation)
        for name in ("mean", "square"):
            self.register_buffer(name, torch.zeros(rows + 1, columns), persistent=False)
        self.read: tuple[Tensor, Tensor] | None = None

    def forward(self, rows: Tensor) -> Tensor:
        """Return the vectors of distinct rows; with gradients enabled, the next `step` updates them."""
        vectors = self.weight.index_select(0, rows)
        if torch.is_grad_enabled():
            self.read = rows, vectors.requires_grad_()
        return vectors

    @torch.no_grad()
    def step(self, number: int, rate: float, peers: Peers = ALONE) -> None:
        """Update the rows that were read, with the gradients of all peers; ``number`` counts from 1."""
        if self.read is None or self.read[1].grad is None:
            return
        rows, gradient = peers.gather(self.read[0], self.read[1].grad)
        slow, slower = DECAYS
        rate, unit = rate / (1 - slow**number), (1 - slower**number) ** -0.5
        tables = self.weight, self.mean, self.square
        if self.weight.is_cpu:
            embedding_kernels.move(
                *(part.numpy() for part in (rows, gradient, *tables)), slow, slower, rate, unit, EPSILON
            )
        else:
            self._move(rows, gradient, rate, unit)
        self.weight[-1] = 0.0
        self.read = None

    def _move(self, rows: Tensor, gradient: Tensor, rate: float, unit: float) -> None:
        """Do the same as `embedding_kernels.move`, on any device."""
        slow, slower = DECAYS
        mean = self.mean[rows].lerp_(gradient, 1 - slow)
        square = self.square[rows].mul_(slower).addcmul_(gradient, gradient, value=1 - slower)
        self.mean[rows], self.square[rows] = mean, square
        self.weight[rows] -= rate * mean / (square.sqrt() * unit + EPSILON)
