"""List the models and their formulas."""

from __future__ import annotations

from pathlib import Path

import click

from recsys.cli.groups import command
from recsys.cli.options import json_option, warehouse_option, wide_option
from recsys.errors import RecsysError
from recsys.report.paper import CITATION


@command("recsys models", epilog=CITATION)
@click.option("--markdown", "as_markdown", is_flag=True, help="Print the Markdown table of docs/models.md.")
@warehouse_option
@wide_option
@json_option
def models(as_markdown: bool, warehouse: Path, wide: bool, as_json: bool) -> None:
    """List the models and their formulas.

    --wide adds the SQL or the learner that makes each model, its inputs and, for the Cup's data, its
    published accuracy.
    """
    from recsys.cli.console import print_json, show
    from recsys.cli.tables.models import models_table
    from recsys.docs_site.model_table import list_models, markdown
    from recsys.docs_site.model_table import models as listed
    from recsys.project import Project
    from recsys.sources.directory import OPTIONAL

    project = Project.load(present=OPTIONAL)
    rows, lists = listed(project), list_models(project)
    if as_json:
        kinds = {"lists": lists, "scores": rows}
        print_json([{"kind": kind, **row} for kind, found in kinds.items() for row in found])
    elif as_markdown:
        print(markdown(rows))
    else:
        is_compared = _is_compared(warehouse)
        note = CITATION if wide and is_compared else ""
        show("List models, which recommend from all items", models_table(lists, wide, False))
        title = "\nModels that score the test items of a user"
        show(title, models_table(rows, wide, is_compared), note)


def _is_compared(warehouse: Path) -> bool:
    """Return whether published figures apply to the data of a warehouse; True without a warehouse."""
    from recsys.backends.duckdb.connection import reading
    from recsys.serving.leaderboard import is_compared

    try:
        with reading(warehouse) as connection:
            return is_compared(connection)
    except RecsysError:
        return True
