"""The table of models, from the headers in ``sql/scores`` and the graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recsys.project import Project

HEADINGS = ("model", "made by", "formula", "reads", "published")


def models(project: Project) -> list[dict[str, Any]]:
    """Return a row per model: its creator, formula, inputs and published accuracy."""
    return [
        _model(project, name)
        for name in sorted(project.enabled, key=lambda name: (_published(project, name) or 1.0, name))
        if name.startswith("scores.")
    ]


def list_models(project: Project) -> list[dict[str, Any]]:
    """Return a row per list model, as `models` does, without a published accuracy."""
    names = [name for name in project.enabled if project.models[name].list_kind]
    return [_model(project, name) for name in sorted(names) if not project.models[name].original]


def _published(project: Project, name: str) -> float | None:
    accuracy = project.parameters.values.get("published", {}).get(name.split(".")[1])
    return None if accuracy is None else float(accuracy)


def _model(project: Project, name: str) -> dict[str, Any]:
    rendered = project.render(name)
    header = rendered.model.header
    summary, formula = header.get("summary"), header.get("formula") or header["units"]
    return {
        "model": rendered.model.stem,
        "made by": f"recsys.{rendered.call.module}" if rendered.call else "SQL",
        "formula": f"{summary} Formula: {formula}" if summary else formula,
        "reads": list(rendered.refs),
        "published": _published(project, name),
    }


def markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """Format the table for the README."""
    lines = [f"| {' | '.join(HEADINGS)} |", "|---|---|---|---|---|"]
    for row in rows:
        reads = ", ".join(f"`{relation}`" for relation in row["reads"])
        published = "-" if row["published"] is None else f"{row['published']:.3f}"
        formula = row["formula"].replace("|", "\\|")
        lines.append(f"| `{row['model']}` | {row['made by']} | {formula} | {reads} | {published} |")
    return "\n".join(lines)
