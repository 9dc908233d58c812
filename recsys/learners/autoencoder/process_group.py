"""The training processes: this one alone, or several that each take a part of every step's examples.

All have the same weights. Each draws its own examples, and all apply the sum of their gradients. A table's
gradient is exchanged as the rows that a step has read.
"""

from __future__ import annotations

import torch
import torch.distributed
from torch import Tensor


class Peers:
    """Train in one process. ``rank`` is its number among ``count``."""

    rank = 0
    count = 1

    def total(self, number: float) -> float:
        """Return the sum over the processes."""
        return number

    def broadcast(self, number: float) -> float:
        """Return the first process's number."""
        return number

    def gather(self, rows: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor]:
        """Return the distinct rows (n) with a gradient in any process, and the summed gradient (n, k)."""
        return rows, gradient

    def sum_gradients(self, module: torch.nn.Module) -> None:
        """Replace the gradients of a module by their sums over the processes."""


ALONE = Peers()


class Group(Peers):
    """Train in the processes that ``torch.distributed`` has connected."""

    def __init__(self) -> None:
        self.rank, self.count = torch.distributed.get_rank(), torch.distributed.get_world_size()

    def total(self, number: float) -> float:
        """Return the sum over the processes."""
        summed = torch.tensor(number, dtype=torch.float64)
        torch.distributed.all_reduce(summed)
        return float(summed)

    def broadcast(self, number: float) -> float:
        """Return the first process's number."""
        found = torch.tensor(number, dtype=torch.float64)
        torch.distributed.broadcast(found, 0)
        return float(found)

    def gather(self, rows: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor]:
        """Return the distinct rows (n) with a gradient in any process, and the summed gradient (n, k)."""
        sizes = [torch.zeros(1, dtype=torch.int64) for _ in range(self.count)]
        torch.distributed.all_gather(sizes, torch.tensor([len(rows)]))
        lengths = [int(size) for size in sizes]
        found, place = torch.unique(torch.cat(self._all_gather(rows, lengths)), return_inverse=True)
        summed = gradient.new_zeros(len(found), gradient.shape[1])
        return found, summed.index_add_(0, place, torch.cat(self._all_gather(gradient, lengths)))

    def _all_gather(self, part: Tensor, lengths: list[int]) -> list[Tensor]:
        """Return each process's part; parts are padded to one length for the exchange."""
        padded = part.new_zeros(max(lengths), *part.shape[1:])
        padded[: len(part)] = part
        parts = [torch.empty_like(padded) for _ in lengths]
        torch.distributed.all_gather(parts, padded)
        return [one[:length] for one, length in zip(parts, lengths, strict=True)]

    def sum_gradients(self, module: torch.nn.Module) -> None:
        """Replace the gradients of a module by their sums over the processes."""
        for parameter in module.parameters():
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
            torch.distributed.all_reduce(parameter.grad)
