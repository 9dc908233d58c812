"""Tables of models: what a build does with each, formulas, differences, weights of a blend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from recsys.cli.layout import Column, grid
from recsys.cli.tables.formatting import Row, formatted

if TYPE_CHECKING:
    from recsys.engine.plan import Step
    from recsys.learners.ensembles.files import BlendResult


def plan_table(steps: Sequence[Step]) -> Table:
    """Return the table of what a build would do with each model, and why."""
    headings = [Column(""), Column("model"), Column("why", is_prose=True)]
    return grid(
        headings, [["run" if step.runs else "keep", _planned(step), step.reason or ""] for step in steps]
    )


def _planned(step: Step) -> str:
    """Return the name of a model, marked where `recsys append` updates it without a build."""
    return f"{step.name} +" if step.rendered.model.incremental else step.name


def models_table(rows: Sequence[Row], wide: bool, is_compared: bool) -> Table:
    """Return the table of models and formulas; ``wide`` adds maker, inputs and published accuracy."""
    headings = [Column("model"), Column("formula", is_prose=True)]
    cells = [[row["model"], row["formula"]] for row in rows]
    if wide:
        headings += [Column("made by"), Column("reads", is_prose=True)]
        headings += [Column("published", is_right=True)] if is_compared else []
        for cell, row in zip(cells, rows, strict=True):
            published = [_share(row["published"])] if is_compared else []
            cell += [row["made by"], ", ".join(row["reads"]), *published]
    return grid(headings, cells, wide)


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def differences_table(rows: Sequence[Row], wide: bool) -> Table:
    """Return the table of differences between two warehouses, in full if ``wide``."""
    if wide:
        headings = [Column(name, is_prose=name not in ("kind", "name")) for name in rows[0]]
        return grid(headings, [[formatted(value) for value in row.values()] for row in rows], wide=True)
    headings = [Column("kind"), Column("name"), Column("difference", is_prose=True)]
    return grid(headings, [[row["kind"], row["name"], _difference(row)] for row in rows])


def _difference(row: Row) -> str:
    change = f"{formatted(row['before'])} -> {formatted(row['after'])}"
    return row["reason"] or change


def ensemble_table(outcome: BlendResult) -> Table:
    """Return the table of a blend: accuracy, accuracy expected from the other files, and weight."""
    headings = [Column("file")]
    headings += [Column(heading, is_right=True) for heading in ("accuracy", "expected", "weight")]
    cells = [
        [
            known.file,
            f"{known.accuracy:.4f}",
            "-" if known.foretold is None else f"{known.foretold:.4f}",
            "-" if known.weight is None else f"{known.weight:+.4f}",
            known.duplicate_of or "",
        ]
        for known in outcome.inputs
    ]
    return grid([*headings, Column("same as")], cells)
