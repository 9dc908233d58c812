"""Write the lineage as text, and as a Mermaid flowchart."""

from __future__ import annotations

from collections.abc import Sequence

from recsys.docs_site.lineage.layers import Edges, by_layer, stem


def text(edges: Edges) -> str:
    """Return a line per model, ``layer.stem <- its parents``, under a heading per layer."""
    blocks = []
    for layer, models in by_layer(edges).items():
        width = max(map(len, models))
        lines = [f"  {model:<{width}}{_parents(edges[model])}".rstrip() for model in models]
        blocks.append("\n".join([layer, *lines]))
    return "\n\n".join(blocks) + "\n"


def _parents(parents: Sequence[str]) -> str:
    return f"  <- {', '.join(parents)}" if parents else ""


def mermaid(edges: Edges) -> str:
    """Return a Mermaid flowchart with layers as subgraphs."""
    lines = ["flowchart LR"]
    for layer, models in by_layer(edges).items():
        lines.append(f"    subgraph {layer}_layer [{layer}]")
        lines += [f'        {_node(model)}["{stem(model)}"]' for model in models]
        lines.append("    end")
    lines += [
        f"    {_node(parent)} --> {_node(model)}" for model, parents in edges.items() for parent in parents
    ]
    return "\n".join(lines) + "\n"


def _node(model: str) -> str:
    return model.replace(".", "__")
