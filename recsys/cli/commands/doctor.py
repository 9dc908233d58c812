"""Check whether this machine has what the program needs."""

from __future__ import annotations

from pathlib import Path

import click

from recsys.cli.groups import command
from recsys.cli.options import json_option, warehouse_option


@command("recsys doctor")
@warehouse_option
@json_option
def doctor(warehouse: Path, as_json: bool) -> None:
    """Check this machine and say what to fix.

    Checks Python, packages, models, Java, disk, memory, cores and the warehouse. Exit status 0: this machine
    has what `recsys build --sql-only` needs.
    """
    from recsys.cli.console import print_json, show
    from recsys.cli.machine import checks
    from recsys.cli.tables.checks import doctor_table

    found = checks(warehouse)
    if as_json:
        print_json([vars(check) for check in found])
    else:
        show("Doctor", doctor_table(found))
    if not all(check.ok for check in found if check.is_needed):
        raise click.exceptions.Exit(1)
