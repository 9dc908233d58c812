"""Blend submission files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from recsys.cli.groups import command
from recsys.cli.options import OneOf, json_option


@command("recsys ensemble submissions --scores scores.csv --candidates testItem2.txt --out blend.csv")
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--scores", type=click.Path(path_type=Path), required=True, help="CSV file of file,accuracy.")
@click.option("--candidates", type=click.Path(path_type=Path), required=True, help="Test file.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Submission file to write.")
@click.option(
    "--method",
    type=OneOf(["least-squares", "vote", "average"]),
    default="least-squares",
    show_default=True,
    help="How to combine the files.",
)
@click.option("--skip-invalid", is_flag=True, help="Leave out and list files that cannot be used.")
@json_option
def ensemble(as_json: bool, **given: Any) -> None:
    """Blend submission files by their known scores.

    Needs only the files in DIRECTORY, no ratings.
    """
    from recsys.cli.console import console, print_json, show
    from recsys.cli.layout import is_ascii
    from recsys.cli.tables.models import ensemble_table
    from recsys.learners.ensembles.files import run

    outcome = run(**given)
    for name, complaint in outcome.skipped:
        print(f"Left out {name}: {complaint}", file=sys.stderr)
    for warning in outcome.warnings:
        print(f"Warning: {warning}", file=sys.stderr)
    if as_json:
        print_json(outcome.as_json())
        return
    show("Blended files", ensemble_table(outcome))
    either_way = "+/-" if is_ascii() else "±"
    console().print(
        f"{given['out']}: {outcome.candidates:,} test items of {outcome.users:,} users, "
        f"method {outcome.method}, "
        f"expected accuracy {outcome.accuracy:.4f} {either_way} {outcome.uncertainty:.4f}"
    )
