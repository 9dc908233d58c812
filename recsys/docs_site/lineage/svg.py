"""Draw the lineage as SVG."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from recsys.docs_site.lineage.layering import Layering, Place, layered
from recsys.docs_site.lineage.layers import Edges, columns_of_layers, stem

ROW_HEIGHT = 24.0
COLUMN_GAP = 34.0
BAND_GAP = 14.0  # extra gap between columns of different layers
TOP = 44.0
MARGIN = 16.0
BOX_HEIGHT = 19.0
CHARACTER_WIDTH = 6.8  # generous estimate for 11-pixel sans-serif text
STYLE = """
.lineage { font: 11px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
  --ink: #1f2933; --soft: #667380; --band: #f1f4f7; --box: #ffffff; --line: #a9b4c0; --lit: #2563c9; }
@media (prefers-color-scheme: dark) {
  .lineage { --ink: #e4e9ee; --soft: #98a5b3; --band: #1b232c; --box: #27313c; --line: #566473;
    --lit: #7fb2ff; } }
.lineage .ground { fill: transparent; }
.lineage .band { fill: var(--band); }
.lineage .layer { fill: var(--soft); font-weight: 600; letter-spacing: .06em; text-transform: uppercase; }
.lineage .edge { fill: none; stroke: var(--line); stroke-width: 1.1; }
.lineage .backward { stroke-dasharray: 4 3; }
.lineage .model rect { fill: var(--box); stroke: var(--line); }
.lineage .model text { fill: var(--ink); }
.lineage .model:hover rect, .lineage .model.lit rect { stroke: var(--lit); stroke-width: 1.8; }
.lineage .edge.lit { stroke: var(--lit); stroke-width: 1.8; }
.lineage .dim { opacity: .22; }
"""


def svg(edges: Edges) -> str:
    """Return a drawing with layers from left to right, which follows the reader's light or dark theme.

    A model that reads a later layer has a dashed line back to it. An edge has its ends as ``data-from`` and
    ``data-to``, for scripts that highlight it.
    """
    drawing = _Drawing(edges)
    width, height = drawing.size
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="lineage" role="img" aria-label="lineage of the '
            f'models" width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}">',
            f"<style>{STYLE}</style>",
            f'<rect class="ground" width="{width:.0f}" height="{height:.0f}"/>',
            *drawing.bands(),
            *drawing.edges(),
            *drawing.models(),
            "</svg>\n",
        ]
    )


@dataclass(frozen=True)
class _Column:
    """Hold the horizontal extent of a column, in pixels."""

    left: float
    width: float

    @property
    def right(self) -> float:
        """Return the right end."""
        return self.left + self.width


class _Drawing:
    """Compute positions in pixels and draw them."""

    def __init__(self, edges: Edges) -> None:
        self.parents = edges
        self.children = _children(edges)
        self.labels = columns_of_layers(edges)
        self.layering: Layering = layered(edges, {name: at for name, (_, at) in self.labels.items()})
        self.columns = self._columns()

    def _columns(self) -> list[_Column]:
        """Make each column as wide as its longest name, with a gap that is wider between layers."""
        names: dict[int, list[str]] = defaultdict(list)
        layer_of: dict[int, str] = {}
        for name, (layer, at) in self.labels.items():
            names[at].append(name)
            layer_of[at] = layer
        columns: list[_Column] = []
        left = MARGIN + BAND_GAP
        for at in range(len(names)):
            if at:
                left += COLUMN_GAP + (2 * BAND_GAP if layer_of[at] != layer_of[at - 1] else 0)
            columns.append(_Column(left, max(_label_width(name) for name in names[at])))
            left = columns[-1].right
        return columns

    @property
    def size(self) -> tuple[float, float]:
        """Return width and height."""
        placed = [*self.layering.places.values(), *self.layering.lanes.values()]
        lowest = max((place.row for place in placed), default=0.0)
        right = self.columns[-1].right if self.columns else 0.0
        return right + BAND_GAP + MARGIN, TOP + (lowest + 1) * ROW_HEIGHT + 2 * MARGIN

    def _y(self, place: Place) -> float:
        return TOP + MARGIN + (place.row + 0.5) * ROW_HEIGHT

    def bands(self) -> Iterator[str]:
        """Yield the background of each layer with its name."""
        span: dict[str, list[int]] = defaultdict(list)
        for layer, at in self.labels.values():
            span[layer].append(at)
        height = self.size[1] - 2 * MARGIN
        for layer, columns in span.items():
            left = self.columns[min(columns)].left - BAND_GAP
            width = self.columns[max(columns)].right + BAND_GAP - left
            yield (
                f'<rect class="band" x="{left:.0f}" y="{MARGIN:.0f}" width="{width:.0f}" '
                f'height="{height:.0f}" rx="8"/>'
            )
            name = left + BAND_GAP, MARGIN + 22
            yield f'<text class="layer" x="{name[0]:.0f}" y="{name[1]:.0f}">{escape(layer)}</text>'

    def models(self) -> Iterator[str]:
        """Yield a box with a name for each model."""
        for name in self.labels:
            place = self.layering.places[name]
            column, y = self.columns[place.column], self._y(place)
            yield (
                f'<g class="model" data-model="{escape(name)}"><title>{escape(self._title(name))}</title>'
                f'<rect x="{column.left:.0f}" y="{y - BOX_HEIGHT / 2:.1f}" width="{_label_width(name):.0f}" '
                f'height="{BOX_HEIGHT:.0f}" rx="4"/>'
                f'<text x="{column.left + 7:.0f}" y="{y + 3.8:.1f}">{escape(stem(name))}</text></g>'
            )

    def _title(self, name: str) -> str:
        reads, feeds = ", ".join(self.parents[name]), ", ".join(self.children[name])
        return "\n".join(
            [name, *([f"reads {reads}"] if reads else []), *([f"feeds {feeds}"] if feeds else [])]
        )

    def edges(self) -> Iterator[str]:
        """Yield a path for each edge."""
        for child, parents in self.parents.items():
            for parent in parents:
                kind = "edge" if self._goes_forward(parent, child) else "edge backward"
                yield (
                    f'<path class="{kind}" data-from="{escape(parent)}" data-to="{escape(child)}" '
                    f'd="{self._path(parent, child)}"/>'
                )

    def _goes_forward(self, parent: str, child: str) -> bool:
        return self.layering.places[parent].column < self.layering.places[child].column

    def _path(self, parent: str, child: str) -> str:
        """Return the path from the parent to the child, along the parent's lane between them."""
        start, end = self.layering.places[parent], self.layering.places[child]
        x, y = self.columns[start.column].left + _label_width(parent), self._y(start)
        pieces = [f"M{x:.0f} {y:.1f}"]
        if self._goes_forward(parent, child):
            pieces.append(f"H{self.columns[start.column].right:.0f}")
            x = self.columns[start.column].right
        for column in range(start.column + 1, end.column):
            left, right = self.columns[column].left, self.columns[column].right
            level = self._y(self.layering.lanes[parent, column])
            pieces.append(f"{_curve(x, y, left, level)}H{right:.0f}")
            x, y = right, level
        pieces.append(_curve(x, y, self.columns[end.column].left, self._y(end)))
        return "".join(pieces)


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    """Return a cubic curve that leaves and arrives horizontally."""
    reach = max(abs(to_x - x) / 2, 18.0)
    return f"C{x + reach:.0f} {y:.1f} {to_x - reach:.0f} {to_y:.1f} {to_x:.0f} {to_y:.1f}"


def _label_width(name: str) -> float:
    return len(stem(name)) * CHARACTER_WIDTH + 14


def _children(edges: Edges) -> dict[str, list[str]]:
    children: dict[str, list[str]] = {model: [] for model in edges}
    for model, parents in edges.items():
        for parent in parents:
            children[parent].append(model)
    return children
