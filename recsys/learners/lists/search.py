"""Pattern search over grids of hyperparameters, as generators, so that several searches can take turns.

Hooke and Jeeves, "Direct search solution of numerical and statistical problems", JACM 1961, on ordered
values: from the best point so far each axis is tried a stride up and down; where nothing is better the stride
is halved. A value without an order that is clearly worse is not tried again at other points, and a gain that
is next to nothing counts as none.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

GAIN = 0.001  # of the quality: what is less is no gain
CLEARLY_WORSE = 0.05  # of the quality: a value without an order that loses more is not tried again

Point = dict[str, Any]


@dataclass(frozen=True)
class Axis:
    """Values of one hyperparameter: ``ordered`` ones are tried by strides, others one by one."""

    name: str
    values: tuple[Any, ...]
    ordered: bool = True

    def moves(self, stride: int) -> tuple[int, ...]:
        """Return the steps to try: a stride up and down, or to each of the other values."""
        return (stride, -stride) if self.ordered else tuple(range(1, len(self.values)))

    def moved(self, point: Point, move: int) -> Point | None:
        """Return a point some places further along the axis; None outside of it."""
        place = self.values.index(point[self.name]) + move
        if not self.ordered:
            place %= len(self.values)
        return {**point, self.name: self.values[place]} if 0 <= place < len(self.values) else None


def climb(start: Mapping[str, Any], axes: tuple[Axis, ...], stride: int = 2) -> Generator[Point, float, None]:
    """Yield points to be judged, and receive their quality (higher is better); the first is ``start``.

    Each point is yielded once. The search ends where no neighbour of the best point is better.
    """
    best = dict(start)
    quality = yield dict(best)
    judged, retired = {_key(best, axes)}, set()
    while stride:
        improved = False
        for axis in axes:
            for move in axis.moves(stride):
                while (point := axis.moved(best, move)) and _key(point, axes) not in judged:
                    if (axis.name, point[axis.name]) in retired:
                        break
                    judged.add(_key(point, axes))
                    found = yield dict(point)
                    if not axis.ordered and quality - found > CLEARLY_WORSE * abs(quality):
                        retired.add((axis.name, point[axis.name]))
                    if not found > quality + GAIN * abs(quality):
                        break
                    best, quality, improved = point, found, True
        stride = stride if improved else stride // 2


def _key(point: Point, axes: tuple[Axis, ...]) -> tuple[Any, ...]:
    return tuple(point[axis.name] for axis in axes)
