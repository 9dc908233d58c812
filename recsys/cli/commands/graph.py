"""Print which model reads which."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click


@click.command()
@click.option("--format", "shape", type=click.Choice(["text", "mermaid", "svg"]), default="text")
@click.option("--out", type=click.Path(path_type=Path), help="Write to a file instead of the screen.")
@click.option("--sql", type=click.Path(path_type=Path, file_okay=False), help="Another folder of models.")
def graph(shape: str, out: Path | None, sql: Path | None) -> None:
    """Print which model reads which.

    \b
    Example: recsys graph --format svg --out lineage.svg
    """
    from recsys.docs_site import lineage
    from recsys.outputs import replacing
    from recsys.project import Project
    from recsys.sources.directory import OPTIONAL

    project = Project.load(sql, present=OPTIONAL)
    edges = {name: project.parents(rendered) for name, rendered in project.graph().items()}
    draw: Callable[..., str] = getattr(lineage, shape)
    text = draw(edges)
    if out is None:
        print(text)
    else:
        with replacing(out, [project.root]) as unfinished:
            unfinished.write_text(text, encoding="utf-8")
