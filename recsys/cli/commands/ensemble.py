"""Blend submission files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from recsys.cli.options import json_option


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--scores", type=click.Path(path_type=Path), required=True, help="file,score lines.")
@click.option("--candidates", type=click.Path(path_type=Path), required=True, help="The test file.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The submission to write.")
@click.option("--method", default="least-squares", show_default=True, help="least-squares, vote or average.")
@click.option("--skip-invalid", is_flag=True, help="Leave files out that cannot be used, and list them.")
@json_option
def ensemble(as_json: bool, **given: Any) -> None:
    """Blend submission files by their known scores.

    The files in DIRECTORY are all that is needed, no ratings.

    \b
    Example: recsys ensemble submissions --scores scores.csv --candidates testItem2.txt --out blend.csv
    """
    from recsys.cli.console import console, print_json, show
    from recsys.cli.layout import is_ascii
    from recsys.cli.tables import ensemble_table
    from recsys.learners.ensembles.files import run

    outcome = run(**given)
    for name, complaint in outcome.skipped:
        print(f"left out {name}: {complaint}", file=sys.stderr)
    for warning in outcome.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    if as_json:
        print_json(outcome.as_json())
        return
    show("Inputs of the blend", ensemble_table(outcome))
    either_way = "+/-" if is_ascii() else "±"
    console().print(
        f"{given['out']}: {outcome.candidates:,} candidates of {outcome.users:,} users by {outcome.method}, "
        f"expected accuracy {outcome.accuracy:.4f} {either_way} {outcome.uncertainty:.4f}"
    )
