"""Group the models of a lineage by layer, and give each a column."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from recsys.project import LAYERS

Edges = Mapping[str, Sequence[str]]


def stem(model: str) -> str:
    """Return the name of a model without its layer."""
    return model.split(".", maxsplit=1)[1]


def _layer_rank(layer: str) -> int:
    return LAYERS.index(layer) if layer in LAYERS else len(LAYERS)


def by_layer(edges: Edges) -> dict[str, list[str]]:
    """Return the models of each layer in the order of ``edges``, layers in pipeline order."""
    found: dict[str, list[str]] = defaultdict(list)
    for model in edges:
        found[model.split(".")[0]].append(model)
    return {layer: found[layer] for layer in sorted(found, key=_layer_rank)}


def columns_of_layers(edges: Edges) -> dict[str, tuple[str, int]]:
    """Return layer and column of each model; a layer has a column per step of its longest chain."""
    columns: dict[str, tuple[str, int]] = {}
    first = 0
    for layer, models in by_layer(edges).items():
        lengths: dict[str, int] = {}
        depths = {model: _chain(model, edges, set(models), lengths) - 1 for model in models}
        columns |= {model: (layer, first + depth) for model, depth in depths.items()}
        first += max(depths.values()) + 1
    return columns


def _chain(model: str, edges: Edges, layer: set[str], lengths: dict[str, int]) -> int:
    """Return the most models of a layer on a path through the graph that ends in this model.

    The path may leave the layer: a relation that reads scores comes after the features that they are made of.
    """
    if model not in lengths:
        longest = max((_chain(parent, edges, layer, lengths) for parent in edges[model]), default=0)
        lengths[model] = longest + (model in layer)
    return lengths[model]
