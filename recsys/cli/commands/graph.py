"""Print which model reads which."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recsys.cli.groups import command
from recsys.cli.options import WAREHOUSE_VARIABLE, OneOf, models_folder_option

if TYPE_CHECKING:
    from recsys.project import Project


@command("recsys graph --format svg --out lineage.svg")
@click.option(
    "--format",
    "shape",
    type=OneOf(["text", "mermaid", "svg"]),
    default="text",
    show_default=True,
    help="Format of the graph.",
)
@click.option("--out", type=click.Path(path_type=Path), help="File to write instead of printing.")
@click.option(
    "--warehouse",
    type=click.Path(path_type=Path),
    envvar=WAREHOUSE_VARIABLE,
    show_envvar=True,
    help="Show only the models of this warehouse.",
)
@models_folder_option
def graph(shape: str, out: Path | None, warehouse: Path | None, sql: Path | None) -> None:
    """Print which model reads which.

    Shows every model, or with --warehouse those that its last build made.
    """
    from recsys.docs_site.lineage.svg import svg
    from recsys.docs_site.lineage.text import mermaid, text
    from recsys.outputs import replacing

    project = _project(warehouse, sql)
    edges = {name: project.parents(rendered) for name, rendered in project.graph().items()}
    draw = {"text": text, "mermaid": mermaid, "svg": svg}[shape]
    drawing = draw(edges)
    if out is None:
        print(drawing)
    else:
        with replacing(out, [project.root]) as unfinished:
            unfinished.write_text(drawing, encoding="utf-8")


def _project(warehouse: Path | None, sql: Path | None) -> Project:
    """Return the models of a warehouse as it was built, or all models."""
    from recsys.backends.duckdb.connection import reading
    from recsys.docs_site.facts import Facts
    from recsys.project import Project
    from recsys.sources.directory import OPTIONAL

    if warehouse is None:
        return Project.load(sql, present=OPTIONAL)
    with reading(warehouse) as connection:
        return Facts.of(connection).project(sql)
