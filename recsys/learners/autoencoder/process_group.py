"""Who learns together: this process alone, or several that each take a part of every step's examples.

All have the same weights: each draws examples of its own, and all move by the sum of their gradients.
A table's gradient travels as the rows that a step has read, and no others.
"""

from __future__ import annotations

import torch
import torch.distributed
from torch import Tensor


class Peers:
    """One process, which shares with nobody. ``rank`` is its number among ``count``."""

    rank = 0
    count = 1

    def total(self, number: float) -> float:
        """The sum of what each process has."""
        return number

    def first(self, number: float) -> float:
        """What the first process has."""
        return number

    def gathered(self, rows: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor]:
        """The distinct rows (n) that any process has a gradient (n, k) of, and its sum over the processes."""
        return rows, gradient

    def add_up(self, module: torch.nn.Module) -> None:
        """Give the parameters of a module the sum of the gradients of all processes."""


ALONE = Peers()


class Group(Peers):
    """The processes that ``torch.distributed`` has brought together."""

    def __init__(self) -> None:
        self.rank, self.count = torch.distributed.get_rank(), torch.distributed.get_world_size()

    def total(self, number: float) -> float:
        summed = torch.tensor(number, dtype=torch.float64)
        torch.distributed.all_reduce(summed)
        return float(summed)

    def first(self, number: float) -> float:
        found = torch.tensor(number, dtype=torch.float64)
        torch.distributed.broadcast(found, 0)
        return float(found)

    def gathered(self, rows: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor]:
        sizes = [torch.zeros(1, dtype=torch.int64) for _ in range(self.count)]
        torch.distributed.all_gather(sizes, torch.tensor([len(rows)]))
        lengths = [int(size) for size in sizes]
        found, place = torch.unique(torch.cat(self._all(rows, lengths)), return_inverse=True)
        summed = gradient.new_zeros(len(found), gradient.shape[1])
        return found, summed.index_add_(0, place, torch.cat(self._all(gradient, lengths)))

    def _all(self, part: Tensor, lengths: list[int]) -> list[Tensor]:
        """Each process's part, of its length; they travel as tensors of one length."""
        padded = part.new_zeros(max(lengths), *part.shape[1:])
        padded[: len(part)] = part
        parts = [torch.empty_like(padded) for _ in lengths]
        torch.distributed.all_gather(parts, padded)
        return [one[:length] for one, length in zip(parts, lengths, strict=True)]

    def add_up(self, module: torch.nn.Module) -> None:
        for parameter in module.parameters():
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
            torch.distributed.all_reduce(parameter.grad)
