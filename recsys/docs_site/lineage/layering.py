"""Lay out a lineage in rows, with few crossings and mostly straight edges.

The layered drawing of Sugiyama, Tagawa and Toda (1981): columns are given. Models are ordered within them by
the mean position of their neighbours, and then moved towards these neighbours as far as the order allows. All
edges of a model share one lane through the columns that they pass.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

SWEEPS = 24
LANE_HEIGHT = 0.45  # of a row

Vertex = tuple[str, int]  # a model, and its own column or one that its lane passes


@dataclass(frozen=True)
class Place:
    """Hold a column, and a row (a real number) counted from 0 at the top."""

    column: int
    row: float


@dataclass(frozen=True)
class Layering:
    """Hold the places of the models, and of each model's lane in the columns that its edges pass."""

    places: Mapping[str, Place]
    lanes: Mapping[Vertex, Place]


def layered(edges: Mapping[str, Sequence[str]], columns: Mapping[str, int]) -> Layering:
    """Find rows for models (``edges``: model to parents) with given columns."""
    grid = _Grid(edges, columns)
    grid.order()
    rows = grid.rows()
    places = {vertex: Place(vertex[1], row) for vertex, row in rows.items()}
    return Layering(
        {model: places[model, column] for model, column in columns.items()},
        {vertex: place for vertex, place in places.items() if columns[vertex[0]] != vertex[1]},
    )


class _Grid:
    def __init__(self, edges: Mapping[str, Sequence[str]], columns: Mapping[str, int]) -> None:
        self.own = columns
        self.before: dict[Vertex, list[Vertex]] = defaultdict(list)
        self.after: dict[Vertex, list[Vertex]] = defaultdict(list)
        members: dict[int, dict[Vertex, None]] = defaultdict(dict)
        for model, column in columns.items():
            members[column][model, column] = None
        for child, parents in edges.items():
            for parent in parents:
                self._connect(parent, child, members)
        self.columns = [list(members[column]) for column in sorted(members)]

    def _connect(self, parent: str, child: str, members: dict[int, dict[Vertex, None]]) -> None:
        """Route the parent's lane to the child's column; a backward edge does not affect the order."""
        for column in range(self.own[parent], self.own[child]):
            near = (parent, column)
            far = (parent if column + 1 < self.own[child] else child, column + 1)
            members[column + 1].setdefault(far)
            if far not in self.after[near]:
                self.after[near].append(far)
                self.before[far].append(near)

    def order(self) -> None:
        """Sweep over the columns back and forth, and keep the order with the fewest crossings."""
        best, fewest = self.columns, self._crossings()
        for sweep in range(SWEEPS):
            forward = sweep % 2 == 0
            neighbours = self.before if forward else self.after
            for column in self.columns if forward else reversed(self.columns):
                self._sort(column, neighbours)
            crossings = self._crossings()
            if crossings < fewest:
                best, fewest = [list(column) for column in self.columns], crossings
        self.columns = best

    def _sort(self, column: list[Vertex], neighbours: Mapping[Vertex, list[Vertex]]) -> None:
        position = self._positions()
        around = {vertex: [position[other] for other in neighbours[vertex]] for vertex in column}
        column.sort(key=lambda vertex: _mean(around[vertex] or [position[vertex]]))

    def _positions(self) -> dict[Vertex, float]:
        """Return each vertex's position as a share of its column, since columns differ in length."""
        return {
            vertex: (rank + 0.5) / len(column)
            for column in self.columns
            for rank, vertex in enumerate(column)
        }

    def _crossings(self) -> int:
        return sum(self._crossings_between(*pair) for pair in pairwise(self.columns))

    def _crossings_between(self, left: list[Vertex], right: list[Vertex]) -> int:
        rank = {vertex: place for place, vertex in enumerate(right)}
        ends = [rank[far] for near in left for far in sorted(self.after[near], key=rank.__getitem__)]
        return sum(first > second for place, first in enumerate(ends) for second in ends[place + 1 :])

    def rows(self) -> dict[Vertex, float]:
        """Move every vertex towards the mean row of its neighbours, column by column, until they settle."""
        rows = {vertex: float(rank) for column in self.columns for rank, vertex in enumerate(column)}
        for sweep in range(SWEEPS):
            for column in self.columns if sweep % 2 == 0 else reversed(self.columns):
                wanted = [self._wanted(vertex, rows) for vertex in column]
                heights = [self._height(vertex) for vertex in column]
                rows.update(zip(column, separate(wanted, heights), strict=True))
        top = min(rows.values(), default=0.0)
        return {vertex: row - top for vertex, row in rows.items()}

    def _wanted(self, vertex: Vertex, rows: Mapping[Vertex, float]) -> float:
        neighbours = (*self.before[vertex], *self.after[vertex])
        return _mean([rows[other] for other in neighbours] or [rows[vertex]])

    def _height(self, vertex: Vertex) -> float:
        return 1.0 if self.own[vertex[0]] == vertex[1] else LANE_HEIGHT


def separate(wanted: Sequence[float], heights: Sequence[float]) -> list[float]:
    """Return centres nearest to the wanted ones (least squares), in this order and without overlap.

    Isotonic regression by pooling adjacent violators, on the wanted centres less the room taken before them.
    """
    offsets = [0.0]
    for above, below in pairwise(heights):
        offsets.append(offsets[-1] + (above + below) / 2)
    blocks: list[tuple[float, int]] = []  # mean and size of each pooled block
    for want, offset in zip(wanted, offsets, strict=True):
        mean, size = want - offset, 1
        while blocks and blocks[-1][0] >= mean:
            before, count = blocks.pop()
            mean, size = (before * count + mean * size) / (count + size), count + size
        blocks.append((mean, size))
    pooled = [mean for mean, size in blocks for _ in range(size)]
    return [base + offset for base, offset in zip(pooled, offsets, strict=True)]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
