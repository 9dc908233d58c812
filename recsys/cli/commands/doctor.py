"""Check whether this machine has what the program needs."""

from __future__ import annotations

from pathlib import Path

import click

from recsys.cli.options import json_option, warehouse_option


@click.command()
@warehouse_option
@json_option
def doctor(warehouse: Path, as_json: bool) -> None:
    """Check this machine, and say what to do.

    Python, packages, models, Java, disk, memory and the warehouse are looked at. The exit status is 0 if what
    `recsys build --sql-only` needs is there.

    \b
    Example: recsys doctor
    """
    from recsys.cli.console import print_json, show
    from recsys.cli.machine import checks
    from recsys.cli.tables import doctor_table

    found = checks(warehouse)
    if as_json:
        print_json([vars(check) for check in found])
    else:
        show("Doctor", doctor_table(found))
    if not all(check.ok for check in found if check.is_needed):
        raise click.exceptions.Exit(1)
